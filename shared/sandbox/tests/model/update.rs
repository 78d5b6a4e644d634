use reseal_sandbox::model::{
    Code, Encryption, Lock, ObjectRef, SeedEncryption, SeedKey, SeedObject, StorageClass,
};

use super::support::*;

#[test]
fn an_update_changes_the_encryption_and_nothing_else() {
    let mut world = World::new();
    let mut seed = decorated(VERSIONED, "k");
    seed.storage_class = StorageClass::Glacier;
    let version = world.seed(seed);
    let before = world.dump(VERSIONED).remove(0);
    world.pass_seconds(3600);
    let arn = world.new_key.clone();
    let object = ObjectRef::current(VERSIONED, "k").version(version);
    world.apply(update(object, &arn, Some(true))).expect("updated, archived or not");
    let after = world.dump(VERSIONED).remove(0);
    assert_eq!((after.encryption, after.bucket_key), (Some("SSE-KMS"), Some(true)));
    assert_eq!(after.kms_key.as_deref(), Some(arn.as_str()));
    let mut restored = after;
    restored.encryption = before.encryption;
    restored.kms_key = before.kms_key.clone();
    restored.bucket_key = before.bucket_key;
    assert_eq!(restored, before);
}

#[test]
fn an_omitted_bucket_key_means_off() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 5).encrypted(kms(OLD, true)));
    let arn = world.new_key.clone();
    world.apply(update(ObjectRef::current(PLAIN, "k"), &arn, None)).expect("updated");
    let encryption = world.look(PLAIN, "k").object.encryption.clone();
    assert!(matches!(encryption, Encryption::Kms { bucket_key: false, .. }));
}

#[test]
fn a_noncurrent_version_can_be_updated_in_place() {
    let mut world = World::new();
    let old = world.seed(SeedObject::new(VERSIONED, "k", 1).encrypted(SeedEncryption::SseS3));
    world.seed(SeedObject::new(VERSIONED, "k", 2).encrypted(SeedEncryption::SseS3));
    let arn = world.new_key.clone();
    let object = ObjectRef::current(VERSIONED, "k").version(old);
    world.apply(update(object, &arn, Some(true))).expect("updated");
    let dump = world.dump(VERSIONED);
    assert_eq!((dump[0].encryption, dump[1].encryption), (Some("SSE-S3"), Some("SSE-KMS")));
    assert_eq!(dump[0].size, Some(2), "the current version is still the current one");
}

#[test]
fn only_a_full_key_arn_will_do() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 5).encrypted(SeedEncryption::SseS3));
    let id = world.new_key.rsplit('/').next().expect("has an id").to_owned();
    let alias_arn = "arn:aws:kms:us-east-1:111122223333:alias/new".to_owned();
    for wrong in [id, NEW.to_owned(), alias_arn, String::new()] {
        let request = update(ObjectRef::current(PLAIN, "k"), &wrong, Some(true));
        let fault = world.apply(request).expect_err("must be refused");
        assert_eq!(fault.code, Code::InvalidRequest, "{wrong}");
        assert!(fault.message.contains("Amazon Resource Name"), "{fault}");
    }
}

#[test]
fn unencrypted_dsse_and_customer_encrypted_sources_are_refused() {
    let mut world = World::new();
    let arn = world.new_key.clone();
    let sources = [
        (SeedEncryption::None, "unencrypted"),
        (SeedEncryption::Dsse { key: OLD.to_owned() }, "DSSE-KMS or SSE-C"),
        (SeedEncryption::CustomerKey { key_md5: "x".to_owned() }, "DSSE-KMS or SSE-C"),
    ];
    for (encryption, word) in sources {
        world.seed(SeedObject::new(PLAIN, "k", 5).encrypted(encryption));
        let request = update(ObjectRef::current(PLAIN, "k"), &arn, Some(true));
        let fault = world.apply(request).expect_err("must be refused");
        assert_eq!(fault.code, Code::InvalidRequest);
        assert!(fault.message.contains(word), "{fault}");
    }
}

#[test]
fn locks_and_foreign_keys_are_denied_with_a_message_of_their_own() {
    let mut world = World::new();
    let mut seed = SeedObject::new(VERSIONED, "held", 5).encrypted(SeedEncryption::SseS3);
    seed.lock = Some(Lock { retention: None, legal_hold: true });
    world.seed(seed);
    let arn = world.new_key.clone();
    let held = update(ObjectRef::current(VERSIONED, "held"), &arn, Some(true));
    let fault = world.apply(held).expect_err("held");
    assert_eq!(fault.code, Code::AccessDenied);
    assert!(fault.message.contains("protected by S3 Object Lock"), "{fault}");

    let foreign = SeedKey {
        account: Some("444455556666".to_owned()),
        access: reseal_sandbox::model::KeyAccess::AnyAccount,
        ..SeedKey::default()
    };
    let foreign = world.model.seed_key(foreign, world.now).expect("seeded");
    world.seed(SeedObject::new(PLAIN, "k", 5).encrypted(SeedEncryption::SseS3));
    let request = update(ObjectRef::current(PLAIN, "k"), &foreign, Some(true));
    let fault = world.apply(request).expect_err("foreign");
    assert_eq!(fault.code, Code::AccessDenied);
    assert!(fault.message.contains("owned by the same account"), "{fault}");
}

#[test]
fn both_keys_must_be_usable() {
    use reseal_sandbox::model::KeyState;
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 5).encrypted(kms(OLD, false)));
    let arn = world.new_key.clone();
    let request = || update(ObjectRef::current(PLAIN, "k"), &arn, Some(true));
    world.model.set_key(NEW, Some(KeyState::Disabled), None).expect("known");
    assert_eq!(world.refusal(request()), Code::KmsDisabled);
    world.model.set_key(NEW, Some(KeyState::Enabled), None).expect("known");
    world.model.set_key(OLD, Some(KeyState::PendingDeletion), None).expect("known");
    assert_eq!(world.refusal(request()), Code::KmsInvalidState);
    world.model.set_key(OLD, Some(KeyState::Enabled), None).expect("known");
    world.apply(request()).expect("both fine again");
}

#[test]
fn a_missing_object_or_marker_is_no_such_key() {
    let mut world = World::new();
    let arn = world.new_key.clone();
    let gone = update(ObjectRef::current(PLAIN, "nothing"), &arn, Some(true));
    assert_eq!(world.refusal(gone), Code::NoSuchKey);
    world.put(VERSIONED, "k", "x");
    world.model.seed_marker(VERSIONED, "k", world.now).expect("hidden");
    let hidden = update(ObjectRef::current(VERSIONED, "k"), &arn, Some(true));
    assert_eq!(world.refusal(hidden), Code::NoSuchKey);
}
