use reseal_sandbox::model::{
    Code, Encryption, EncryptionRequest, KeyAccess, KeyChange, KeyState, KmsRequest, KmsResponse,
    ObjectRef, PutObject, ReadObject, Request, Response, SeedKey, SeedObject, SseAlgorithm,
};

use super::support::*;

fn encrypted(encryption: EncryptionRequest) -> Request {
    let mut put: PutObject = put(PLAIN, "k", "hello");
    put.attributes.encryption = encryption;
    Request::PutObject(put)
}

#[test]
fn ids_aliases_and_arns_all_end_as_the_full_arn() {
    let mut world = World::new();
    let arn = world.new_key.clone();
    let id = arn.rsplit('/').next().expect("has an id").to_owned();
    let alias_arn = "arn:aws:kms:us-east-1:111122223333:alias/new".to_owned();
    for reference in [arn.clone(), id, NEW.to_owned(), alias_arn] {
        world.write(encrypted(EncryptionRequest::kms(reference, false))).expect("written");
        let encryption = world.look(PLAIN, "k").object.encryption.clone();
        assert_eq!(encryption.kms_key().map(AsRef::as_ref), Some(arn.as_str()));
    }
}

#[test]
fn a_write_needs_a_usable_key() {
    let mut world = World::new();
    let states = [
        (KeyState::Disabled, Code::KmsDisabled),
        (KeyState::PendingDeletion, Code::KmsInvalidState),
        (KeyState::PendingImport, Code::KmsInvalidState),
        (KeyState::Unavailable, Code::KmsInvalidState),
    ];
    for (state, code) in states {
        world.model.set_key(NEW, Some(state), None).expect("known");
        assert_eq!(world.refusal(encrypted(EncryptionRequest::kms(NEW, true))), code);
    }
    let unknown = EncryptionRequest::kms("no-such-key", true);
    assert_eq!(world.refusal(encrypted(unknown)), Code::KmsNotFound);
}

#[test]
fn a_read_needs_the_sources_key_and_a_head_does_not() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 5).encrypted(kms(OLD, false)));
    world.model.set_key(OLD, Some(KeyState::Disabled), None).expect("known");
    let object = ObjectRef::current(PLAIN, "k");
    assert_eq!(
        world.refusal(Request::GetObject(ReadObject::whole(object.clone()))),
        Code::KmsDisabled
    );
    let copy = onto_itself(PLAIN, "k", EncryptionRequest::kms(NEW, true));
    assert_eq!(world.refusal(copying(copy)), Code::KmsDisabled);
    world.head(object).expect("HEAD decrypts nothing");
}

#[test]
fn keys_of_other_regions_accounts_and_kinds_are_refused() {
    let mut world = World::new();
    let mut seed = |key: SeedKey| world.model.seed_key(key, world.now).expect("seeded").to_string();
    let region = seed(SeedKey { region: Some("eu-west-1".to_owned()), ..SeedKey::default() });
    let account = SeedKey { account: Some("444455556666".to_owned()), ..SeedKey::default() };
    let open = seed(SeedKey { access: KeyAccess::AnyAccount, ..account.clone() });
    let account = seed(account);
    let nobody = seed(SeedKey { access: KeyAccess::Nobody, ..SeedKey::default() });
    let asymmetric = seed(SeedKey { spec: "RSA_2048".to_owned(), ..SeedKey::default() });
    for (key, code) in [
        (region, Code::KmsNotFound),
        (account, Code::AccessDenied),
        (nobody, Code::AccessDenied),
        (asymmetric, Code::KmsInvalidKeyUsage),
        ("arn:aws:kms:us-east-1:444455556666:key/unknown".to_owned(), Code::AccessDenied),
    ] {
        assert_eq!(world.refusal(encrypted(EncryptionRequest::kms(&key, true))), code, "{key}");
    }
    world.write(encrypted(EncryptionRequest::kms(open, true))).expect("shared with everybody");
}

#[test]
fn kms_without_a_key_means_the_one_that_aws_manages() {
    let mut world = World::new();
    let request =
        EncryptionRequest { algorithm: Some(SseAlgorithm::Kms), ..EncryptionRequest::default() };
    world.write(encrypted(request)).expect("written");
    let Response::Kms(KmsResponse::Key(key)) = world
        .apply(Request::Kms(KmsRequest::DescribeKey("alias/aws/s3".to_owned())))
        .expect("made")
    else {
        panic!("not a key");
    };
    assert_eq!(key.manager.as_str(), "AWS");
    let encryption = world.look(PLAIN, "k").object.encryption.clone();
    assert_eq!(encryption, Encryption::Kms { key: key.arn, bucket_key: false, context: None });
}

#[test]
fn contradictory_encryption_headers_are_refused() {
    let mut world = World::new();
    let aes_with_key = EncryptionRequest {
        algorithm: Some(SseAlgorithm::Aes256),
        ..EncryptionRequest::kms(NEW, true)
    };
    let key_alone = EncryptionRequest { algorithm: None, ..EncryptionRequest::kms(NEW, true) };
    let dsse_with_bucket_key =
        EncryptionRequest { bucket_key: Some(true), ..EncryptionRequest::dsse(NEW) };
    let both =
        EncryptionRequest { customer_key_md5: Some("x".to_owned()), ..EncryptionRequest::sse_s3() };
    for wrong in [aes_with_key, key_alone, dsse_with_bucket_key, both] {
        assert_eq!(world.refusal(encrypted(wrong.clone())), Code::InvalidArgument, "{wrong:?}");
    }
}

#[test]
fn key_states_follow_the_rules_of_kms() {
    let mut world = World::new();
    let mut ask = |request: KmsRequest| world.apply(Request::Kms(request)).map_err(|f| f.code);
    let change = |change| KmsRequest::SetState { key: "alias/new".to_owned(), change };
    ask(change(KeyChange::Disable)).expect("disabled");
    ask(change(KeyChange::Enable)).expect("enabled");
    assert_eq!(ask(change(KeyChange::CancelDeletion)), Err(Code::KmsInvalidStateException));
    let delete = |days| KmsRequest::ScheduleKeyDeletion { key: "alias/new".to_owned(), days };
    assert_eq!(ask(delete(6)), Err(Code::ValidationException));
    ask(delete(7)).expect("scheduled");
    assert_eq!(ask(change(KeyChange::Enable)), Err(Code::KmsInvalidStateException));
    ask(change(KeyChange::CancelDeletion)).expect("cancelled");
    let Ok(Response::Kms(KmsResponse::Key(key))) = ask(KmsRequest::DescribeKey(NEW.to_owned()))
    else {
        panic!("not a key");
    };
    assert_eq!(key.state, KeyState::Disabled, "a cancelled deletion leaves it disabled");
    assert_eq!(ask(KmsRequest::DescribeKey("alias/none".to_owned())), Err(Code::NotFoundException));
}
