//! Our model: behind the ports in process, and over HTTP behind the adapter.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use reseal_aws::{Settings, connect};
use reseal_core::ports::{Clock, Identity, KeyStatus};
use reseal_core::{BucketName, KeyArn, ObjectRef, Timestamp, VersionId};
use reseal_sandbox::SandboxPorts;
use reseal_sandbox::http::{ServerConfig, serve};
use reseal_sandbox::model::{
    Aspect, Caller, CreateBucket, Fault, KeyAccess, KeyScope, KeyState, Model, Moment, Ownership,
    Request, SeedKey, Settings as ModelSettings, Versioning,
};
use reseal_testkit::SimClock;
use reseal_testkit::conformance::object_store::{BucketKind, Doubt, Seed, Seeder, World, confront};

use crate::model_seeds::{everybody_is_let_in, seed_object};
use crate::{known, sentences};

const STRANGER: &str = "444455556666";

#[tokio::test]
async fn the_model_in_process() {
    let (model, clock) = (fresh(), Arc::new(SimClock::new()));
    let ports = Arc::new(SandboxPorts::new(Arc::clone(&model), clock.clone()));
    let seeder = Arc::new(ModelSeeder { model, clock, serial: AtomicU32::new(0) });
    let world = World { store: ports.clone(), keys: ports, seeder };
    confront(&world, &sentences(), known::IN_PROCESS).await;
}

#[tokio::test]
async fn the_sandbox_over_http() {
    let model = fresh();
    let server = serve(ServerConfig::default(), Arc::clone(&model), std::future::pending()).await;
    let aws = connect(&Settings::for_testing(&server.expect("serves").url())).await;
    let aws = aws.expect("connects");
    let owner = aws.identity().account().await.expect("an account");
    let clock = Arc::new(WallClock);
    let seeder = Arc::new(ModelSeeder { model, clock, serial: AtomicU32::new(0) });
    let world = World { store: Arc::new(aws.store(owner)), keys: Arc::new(aws.keys()), seeder };
    confront(&world, &sentences(), known::OVER_HTTP).await;
}

fn fresh() -> Arc<Mutex<Model>> {
    Arc::new(Mutex::new(Model::new(ModelSettings::default())))
}

/// The clock of the server, which has no other.
struct WallClock;

#[async_trait]
impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "the sandbox's server runs on real time")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        Timestamp::from_millis(i64::try_from(since.as_millis()).expect("before the end of time"))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.now().as_millis().unsigned_abs())
    }

    #[expect(clippy::disallowed_methods, reason = "the sandbox's server runs on real time")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Puts things into the model as no request could.
struct ModelSeeder {
    model: Arc<Mutex<Model>>,
    clock: Arc<dyn Clock>,
    serial: AtomicU32,
}

impl ModelSeeder {
    fn now(&self) -> Moment {
        Moment::from_millis(self.clock.now().as_millis())
    }

    fn fresh(&self, what: &str) -> String {
        format!("{what}-{}", self.serial.fetch_add(1, Ordering::Relaxed))
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Model, Moment) -> Result<T, Fault>,
    ) -> Result<T, Doubt> {
        let now = self.now();
        let mut model = self.model.lock().expect("no test panicked with it");
        change(&mut model, now).map_err(|fault| Doubt::CannotBeAsked(fault.to_string()))
    }

    fn seed_key(&self, seed: SeedKey) -> Result<KeyArn, Doubt> {
        let arn = self.change(|model, now| model.seed_key(seed, now))?;
        Ok(arn.parse().expect("the model's ARNs are ARNs"))
    }
}

#[async_trait]
impl Seeder for ModelSeeder {
    async fn bucket(&self, kind: BucketKind) -> Result<BucketName, Doubt> {
        let name = self.fresh("bucket");
        self.change(|model, now| {
            match kind {
                BucketKind::Locking => {
                    let bucket = CreateBucket {
                        bucket: name.clone(),
                        region: None,
                        ownership: None,
                        object_lock: true,
                    };
                    model.apply(&Caller::default(), Request::CreateBucket(bucket), now)?;
                }
                BucketKind::Plain => model.seed_bucket(&name, None, None, now),
                BucketKind::Versioned => {
                    model.seed_bucket(&name, None, Some(Versioning::Enabled), now);
                }
                BucketKind::WithAcls => {
                    model.seed_bucket(&name, None, None, now);
                    model.set_ownership(&name, Some(Ownership::ObjectWriter))?;
                }
                BucketKind::Foreign => {
                    let region = model.settings().region.clone();
                    let home = KeyScope { account: STRANGER.to_owned(), region };
                    model.seed_bucket(&name, Some(home), None, now);
                    let open = Request::PutBucketDocument {
                        bucket: name.clone(),
                        aspect: Aspect::Policy,
                        document: Some(everybody_is_let_in(&name)),
                    };
                    let owner = Caller { account: Some(STRANGER.to_owned()), ..Caller::default() };
                    model.apply(&owner, open, now)?;
                }
            }
            Ok(())
        })?;
        Ok(name.parse().expect("a bucket's name"))
    }

    async fn keep_versions(&self, bucket: &BucketName) -> Result<(), Doubt> {
        let bucket = bucket.as_str().to_owned();
        let request = Request::PutBucketVersioning { bucket, status: Versioning::Enabled };
        self.change(|model, now| model.apply(&Caller::default(), request, now)).map(|_| ())
    }

    async fn put(&self, seed: Seed) -> Result<ObjectRef, Doubt> {
        let object = ObjectRef {
            bucket: seed.bucket.clone(),
            key: seed.key.parse().expect("a key"),
            version: None,
        };
        let seed = seed_object(seed)?;
        let version = self.change(|model, now| model.seed_object(seed, now))?;
        Ok(object.at(Some(VersionId::new(version.to_string()))))
    }

    async fn delete(&self, object: &ObjectRef) -> Result<ObjectRef, Doubt> {
        let request = Request::DeleteObject(reseal_sandbox::model::ObjectRef {
            bucket: object.bucket.as_str().to_owned(),
            key: object.key.as_str().to_owned(),
            version: None,
        });
        let answer = self.change(|model, now| model.apply(&Caller::default(), request, now))?;
        let marker = match answer {
            reseal_sandbox::model::Response::Deleted(deleted) => deleted.version_id,
            other => return Err(Doubt::CannotBeAsked(format!("{other:?}"))),
        };
        Ok(object.at(marker.map(|id| VersionId::new(id.to_string()))))
    }

    async fn bytes(&self, object: &ObjectRef) -> Result<String, Doubt> {
        let lines =
            self.change(|model, _| Ok(model.dump(object.bucket.as_str(), None, usize::MAX)))?;
        let mut lines = lines.unwrap_or_default().into_iter();
        let version = object.version.as_ref().map(VersionId::as_str);
        let found = lines.find(|line| {
            line.key == object.key.as_str()
                && version.map_or(line.is_latest, |version| line.version_id == version)
        });
        let bytes = found.and_then(|line| line.fingerprint);
        bytes.ok_or_else(|| Doubt::CannotBeAsked(format!("{object} isn't there")))
    }

    async fn key(&self) -> Result<KeyArn, Doubt> {
        self.seed_key(SeedKey::default())
    }

    async fn foreign_key(&self) -> Result<KeyArn, Doubt> {
        let account = Some(STRANGER.to_owned());
        self.seed_key(SeedKey { account, access: KeyAccess::AnyAccount, ..SeedKey::default() })
    }

    async fn signing_key(&self) -> Result<KeyArn, Doubt> {
        let (spec, usage) = ("RSA_2048".to_owned(), "SIGN_VERIFY".to_owned());
        self.seed_key(SeedKey { spec, usage, ..SeedKey::default() })
    }

    async fn alias(&self, key: &KeyArn) -> Result<String, Doubt> {
        let alias = self.fresh("alias/a");
        let request = reseal_sandbox::model::KmsRequest::CreateAlias {
            alias: alias.clone(),
            key: key.as_str().to_owned(),
        };
        let request = Request::Kms(request);
        self.change(|model, now| model.apply(&Caller::default(), request, now))?;
        Ok(alias)
    }

    async fn set_key(&self, key: &KeyArn, status: KeyStatus) -> Result<(), Doubt> {
        let state = match status {
            KeyStatus::Enabled => KeyState::Enabled,
            KeyStatus::Disabled => KeyState::Disabled,
            KeyStatus::PendingDeletion => KeyState::PendingDeletion,
            KeyStatus::Unusable => KeyState::PendingImport,
        };
        self.change(|model, _| model.set_key(key.as_str(), Some(state), None)).map(|_| ())
    }

    async fn restores_take_long(&self, long: bool) -> Result<(), Doubt> {
        let millis = if long { 3_600_000 } else { 0 };
        self.change(|model, _| {
            model.set_restore_duration(millis);
            Ok(())
        })
    }

    async fn restores_are_done(&self) -> Result<(), Doubt> {
        Ok(())
    }
}
