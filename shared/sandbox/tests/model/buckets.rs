use reseal_sandbox::model::{Aspect, Caller, Code, KeyScope, Request, Response, Versioning};

use super::support::*;

#[test]
fn settings_that_nobody_made_have_their_own_errors() {
    let mut world = World::new();
    let mut ask = |aspect| {
        let request = Request::GetBucketDocument { bucket: PLAIN.to_owned(), aspect };
        world.apply(request).map(|_| ()).map_err(|fault| fault.code.as_str())
    };
    assert_eq!(ask(Aspect::OwnershipControls), Ok(()));
    assert_eq!(ask(Aspect::Notification), Ok(()));
    assert_eq!(ask(Aspect::RequestPayment), Ok(()));
    assert_eq!(ask(Aspect::ObjectLock), Err("ObjectLockConfigurationNotFoundError"));
    assert_eq!(ask(Aspect::Lifecycle), Err("NoSuchLifecycleConfiguration"));
    assert_eq!(ask(Aspect::Replication), Err("ReplicationConfigurationNotFoundError"));
    assert_eq!(ask(Aspect::Website), Err("NoSuchWebsiteConfiguration"));
    assert_eq!(ask(Aspect::Policy), Err("NoSuchBucketPolicy"));
    assert_eq!(ask(Aspect::PolicyStatus), Err("NoSuchBucketPolicy"));
    assert_eq!(ask(Aspect::PublicAccessBlock), Err("NoSuchPublicAccessBlockConfiguration"));
}

#[test]
fn a_setting_is_kept_as_it_came_until_it_is_removed() {
    let mut world = World::new();
    let (bucket, aspect) = (PLAIN.to_owned(), Aspect::Lifecycle);
    let document = Some("<LifecycleConfiguration/>".to_owned());
    let put = |document| Request::PutBucketDocument { bucket: bucket.clone(), aspect, document };
    let get = || Request::GetBucketDocument { bucket: bucket.clone(), aspect };
    world.apply(put(document.clone())).expect("kept");
    let Ok(Response::Document(kept, _)) = world.apply(get()) else { panic!("no document") };
    assert_eq!(kept, document);
    world.apply(put(None)).expect("removed");
    assert_eq!(world.refusal(get()), Code::NoSuchLifecycleConfiguration);
}

#[test]
fn buckets_are_made_once_and_removed_when_empty() {
    let mut world = World::new();
    let create = |name: &str| create_bucket(name);
    world.apply(create("brand-new")).expect("made");
    assert_eq!(world.refusal(create("brand-new")), Code::BucketAlreadyOwnedByYou);
    for wrong in ["ab", "Upper", "under_score", "-dash", "dots..dots"] {
        assert_eq!(world.refusal(create(wrong)), Code::InvalidBucketName, "{wrong}");
    }
    let home = KeyScope { account: "444455556666".to_owned(), region: "us-east-1".to_owned() };
    world.model.seed_bucket("theirs", Some(home), None, world.now);
    assert_eq!(world.refusal(create("theirs")), Code::BucketAlreadyExists);
    assert_eq!(world.refusal(Request::HeadBucket("theirs".to_owned())), Code::AccessDenied);
    let Ok(Response::Buckets(_, lines)) = world.apply(Request::ListBuckets) else {
        panic!("no list");
    };
    let names: Vec<_> = lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["brand-new", PLAIN, VERSIONED]);
    world.put("brand-new", "k", "x");
    let remove = || Request::DeleteBucket("brand-new".to_owned());
    assert_eq!(world.refusal(remove()), Code::BucketNotEmpty);
    let object = reseal_sandbox::model::ObjectRef::current("brand-new", "k");
    world.apply(Request::DeleteObject(object)).expect("emptied");
    world.apply(remove()).expect("removed");
    assert_eq!(world.refusal(remove()), Code::NoSuchBucket);
}

#[test]
fn versioning_tags_and_region_are_told() {
    let mut world = World::new();
    let bucket = || PLAIN.to_owned();
    let versioning = Request::GetBucketVersioning(bucket());
    assert_eq!(
        world.apply(versioning.clone()),
        Ok(Response::Versioning { status: None, mfa_delete: false })
    );
    let status = Versioning::Suspended;
    world.apply(Request::PutBucketVersioning { bucket: bucket(), status }).expect("set");
    assert_eq!(
        world.apply(versioning),
        Ok(Response::Versioning { status: Some(status), mfa_delete: false })
    );
    assert_eq!(world.refusal(Request::GetBucketTagging(bucket())), Code::NoSuchTagSet);
    let tags = vec![("__Inventory".to_owned(), "true".to_owned())];
    world
        .apply(Request::PutBucketTagging { bucket: bucket(), tags: tags.clone() })
        .expect("tagged");
    assert_eq!(world.apply(Request::GetBucketTagging(bucket())), Ok(Response::BucketTags(tags)));
    let location =
        world.model.apply(&Caller::default(), Request::GetBucketLocation(bucket()), world.now);
    assert_eq!(location, Ok(Response::Location("us-east-1".to_owned())));
}
