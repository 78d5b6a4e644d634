//! A populated sandbox and the adapters on it.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use reseal_aws::{Aws, S3Store, Settings, connect};
use reseal_core::ports::{Identity, ObjectStore};
use reseal_core::{KmsTarget, ObjectHead, ObjectKey, ObjectRef, Target};
use reseal_sandbox::http::{ServerConfig, serve};
use reseal_sandbox::model::{Model, Moment, SeedObject, Settings as ModelSettings};
use reseal_sandbox::population::{Plan, Summary, populate};

pub(crate) use reseal_sandbox::population::{BUCKET_A, BUCKET_B};

pub(crate) struct World {
    pub(crate) model: Arc<Mutex<Model>>,
    pub(crate) summary: Summary,
    pub(crate) aws: Aws,
    pub(crate) store: S3Store,
}

impl World {
    pub(crate) async fn new() -> Self {
        let mut model = Model::new(ModelSettings::default());
        let plan = Plan { objects: 120, seed: 7 };
        let summary = populate(&mut model, plan, now()).expect("populates");
        let model = Arc::new(Mutex::new(model));
        let shutdown = std::future::pending();
        let server = serve(ServerConfig::default(), Arc::clone(&model), shutdown).await;
        let settings = Settings::for_testing(&server.expect("serves").url());
        let aws = connect(&settings).await.expect("connects");
        let store = aws.store(aws.identity().account().await.expect("an account"));
        Self { model, summary, aws, store }
    }

    /// Changes the sandbox behind everybody's back.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Model) -> T) -> T {
        change(&mut self.model.lock().expect("no test panicked with it"))
    }

    pub(crate) fn seed(&self, seed: SeedObject) -> ObjectRef {
        let found = object(&seed.bucket, &seed.key);
        self.change(|model| model.seed_object(seed, now())).expect("seeded");
        found
    }

    pub(crate) async fn head(&self, object: &ObjectRef) -> ObjectHead {
        self.store.head(object).await.unwrap_or_else(|e| panic!("HEAD {object}: {e}"))
    }

    pub(crate) fn kms(&self) -> KmsTarget {
        KmsTarget { key: self.summary.new_key.parse().expect("an ARN"), bucket_key: true }
    }

    pub(crate) fn target(&self) -> Target {
        Target::SseKms(self.kms())
    }
}

pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Moment::from_millis(i64::try_from(since.as_millis()).expect("before the end of time"))
}

pub(crate) fn object(bucket: &str, key: &str) -> ObjectRef {
    ObjectRef {
        bucket: bucket.parse().expect("a bucket"),
        key: ObjectKey::new(key).expect("a key"),
        version: None,
    }
}
