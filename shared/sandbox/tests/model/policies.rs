use reseal_sandbox::model::{
    Aspect, Caller, Code, DeleteEntry, Directive, EncryptionRequest, Fault, Lock, LockMode, Moment,
    ObjectRef, ReadObject, Request, Response, RoleRules, SeedObject, StsRequest, StsResponse,
    WriteAttributes, canonical_id,
};
use serde_json::{Value, json};

use super::support::*;

const ROLE: &str = "arn:aws:iam::111122223333:role/reader";
const FOREIGN_ROLE: &str = "arn:aws:iam::444455556666:role/reader";

fn put_policy(statement: &Value) -> Request {
    let document = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
    let (bucket, aspect) = (PLAIN.to_owned(), Aspect::Policy);
    Request::PutBucketDocument { bucket, aspect, document: Some(document) }
}

/// A statement about everything in the bucket, for everybody, unless `more` says otherwise.
fn statement(effect: &str, action: &str, more: Value) -> Value {
    let mut statement = json!({
        "Effect": effect,
        "Principal": "*",
        "Action": action,
        "Resource": ["arn:aws:s3:::plain", "arn:aws:s3:::plain/*"],
    });
    if let Value::Object(more) = more {
        for (name, value) in more {
            statement[name] = value;
        }
    }
    statement
}

fn under(statement: &Value) -> World {
    let mut world = World::new();
    let mut seed = SeedObject::new(PLAIN, "k", 5);
    seed.tags = vec![("done".to_owned(), "yes".to_owned())];
    world.seed(seed);
    world.seed(SeedObject::new(PLAIN, "bare", 5));
    world.apply(put_policy(statement)).expect("a good policy");
    world
}

fn get(key: &str) -> Request {
    Request::GetObject(ReadObject::whole(ObjectRef::current(PLAIN, key)))
}

fn putting(change: impl FnOnce(&mut WriteAttributes)) -> Request {
    let mut put = put(PLAIN, "new", "x");
    change(&mut put.attributes);
    Request::PutObject(put)
}

fn code<T>(result: Result<T, Fault>) -> Option<Code> {
    result.err().map(|fault| fault.code)
}

fn acting_in(world: &mut World, role: &str) -> Caller {
    world.model.seed_role(role).expect("a role");
    let (role, session) = (role.to_owned(), "me".to_owned());
    let assume = Request::Sts(StsRequest::AssumeRole { role, session, seconds: 3600 });
    match world.apply(assume) {
        Ok(Response::Sts(StsResponse::Assumed(assumed))) => {
            world.model.recognise(&assumed.access_key, world.now).expect("just opened")
        }
        other => panic!("not assumed: {other:?}"),
    }
}

#[test]
fn a_denial_holds_for_everybody_and_names_itself() {
    let mut world = under(&statement("Deny", "s3:Get*", json!(null)));
    let fault = world.apply(get("k")).expect_err("denied");
    assert_eq!(fault.code, Code::AccessDenied);
    assert!(fault.message.contains("s3:GetObject on resource: \"arn:aws:s3:::plain/k\""));
    assert!(fault.message.contains("with an explicit deny in a resource-based policy"));
    let copy = copying(onto_itself(PLAIN, "k", EncryptionRequest::sse_s3()));
    assert_eq!(world.refusal(copy), Code::AccessDenied, "a copy reads its source");
    world.put(PLAIN, "other", "putting isn't getting");
    let policy = Request::GetBucketDocument { bucket: PLAIN.to_owned(), aspect: Aspect::Policy };
    world.apply(policy).expect("nobody locks himself out");
    let bucket = PLAIN.to_owned();
    world
        .apply(Request::PutBucketDocument { bucket, aspect: Aspect::Policy, document: None })
        .expect("removed");
    world.apply(get("k")).expect("as before");
}

#[test]
fn strangers_need_an_allowance_and_a_denial_beats_it() {
    let to_stranger = json!({ "Principal": { "AWS": format!("arn:aws:iam::{STRANGER}:root") } });
    let allow = statement("Allow", "s3:GetObject", to_stranger);
    let mut world = under(&allow);
    world.apply_as(STRANGER, get("k")).expect("allowed");
    assert_eq!(code(world.apply_as("999999999999", get("k"))), Some(Code::AccessDenied));
    let put = Request::PutObject(put(PLAIN, "k", "x"));
    assert_eq!(code(world.apply_as(STRANGER, put)), Some(Code::AccessDenied));
    let version = ObjectRef::current(PLAIN, "k").version("null");
    let by_version = Request::GetObject(ReadObject::whole(version));
    assert_eq!(code(world.apply_as(STRANGER, by_version)), Some(Code::AccessDenied));
    let deny = statement("Deny", "*", json!({ "Resource": "arn:aws:s3:::plain/k" }));
    world.apply(put_policy(&json!([allow, deny]))).expect("a good policy");
    assert_eq!(code(world.apply_as(STRANGER, get("k"))), Some(Code::AccessDenied));
    world.apply_as(STRANGER, get("bare")).expect("still allowed");
}

#[test]
fn principals_are_accounts_users_roles_sessions_and_canonical_ids() {
    let user = "arn:aws:iam::444455556666:user/sandbox";
    let session = "arn:aws:sts::444455556666:assumed-role/reader/me";
    let id = canonical_id(STRANGER);
    for (principal, as_user, as_role) in [
        (json!("*"), true, true),
        (json!({ "AWS": "*" }), true, true),
        (json!({ "AWS": STRANGER }), true, true),
        (json!({ "AWS": [user] }), true, false),
        (json!({ "AWS": ["999999999999", FOREIGN_ROLE] }), false, true),
        (json!({ "AWS": session }), false, true),
        (json!({ "CanonicalUser": &*id }), true, true),
        (json!({ "Service": "cloudfront.amazonaws.com" }), false, false),
    ] {
        let principal = json!({ "Principal": principal });
        let mut world = under(&statement("Allow", "s3:GetObject", principal.clone()));
        let role = acting_in(&mut world, FOREIGN_ROLE);
        assert_eq!(world.apply_as(STRANGER, get("k")).is_ok(), as_user, "{principal}");
        assert_eq!(world.model.apply(&role, get("k"), world.now).is_ok(), as_role, "{principal}");
    }
}

#[test]
fn uploads_can_be_made_to_name_their_encryption() {
    let with = |operator: &str, key: &str, value: Value| {
        let condition = json!({ "Condition": { operator: { key: value } } });
        statement("Deny", "s3:PutObject", condition)
    };
    let algorithm = "s3:x-amz-server-side-encryption";
    let key = "s3:x-amz-server-side-encryption-aws-kms-key-id";
    let plain = || putting(|_| {});
    let sse_s3 = || putting(|sent| sent.encryption = EncryptionRequest::sse_s3());
    let kms = || putting(|sent| sent.encryption = EncryptionRequest::kms(NEW, true));
    for (policy, allowed) in [
        (with("StringNotEquals", algorithm, json!("aws:kms")), [false, false, true]),
        // True of what isn't there, so it denies that: the suffix saves nobody here.
        (with("StringNotEqualsIfExists", algorithm, json!("aws:kms")), [false, false, true]),
        (with("StringEquals", algorithm, json!(["AES256", "aws:kms:dsse"])), [true, false, true]),
        (with("StringEqualsIfExists", algorithm, json!("AES256")), [false, false, true]),
        (with("Null", algorithm, json!("true")), [false, true, true]),
        (with("Null", algorithm, json!(false)), [true, false, false]),
        (with("StringLike", key, json!("alias/n?*")), [true, true, false]),
        (with("StringNotLike", key, json!("alias/o*")), [false, false, false]),
    ] {
        let mut world = under(&policy);
        let served = [plain(), sse_s3(), kms()].map(|request| world.apply(request).is_ok());
        assert_eq!(served, allowed, "{policy}");
    }
}

#[test]
fn the_parts_of_an_upload_are_what_its_beginning_said() {
    let algorithm = "s3:x-amz-server-side-encryption";
    let condition = json!({ "Condition": { "StringNotEquals": { algorithm: "aws:kms" } } });
    let mut world = under(&statement("Deny", "s3:PutObject", condition));
    let attributes = WriteAttributes {
        encryption: EncryptionRequest::kms(NEW, true),
        ..WriteAttributes::default()
    };
    let upload = world.begin(PLAIN, "k", attributes);
    let parts = world.copy_ranges(&upload, &[(0, 4)]);
    world.write(Request::CompleteUpload(complete(&upload, parts))).expect("completed");
    let (bucket, key) = (PLAIN.to_owned(), "k".to_owned());
    let create = Request::CreateUpload { bucket, key, attributes: Box::default() };
    assert_eq!(world.refusal(create), Code::AccessDenied);
}

#[test]
fn tags_decide_who_is_read_and_what_is_written() {
    let condition =
        json!({ "Condition": { "StringNotEquals": { "s3:ExistingObjectTag/done": "yes" } } });
    let guard = statement("Deny", "s3:GetObject", condition);
    let mut world = under(&guard);
    world.apply(get("k")).expect("tagged");
    assert_eq!(world.refusal(get("bare")), Code::AccessDenied);
    world.put(PLAIN, "bare", "uploads go on");
    let tags = vec![("done".to_owned(), "yes".to_owned())];
    let request = Request::PutTagging { object: ObjectRef::current(PLAIN, "bare"), tags };
    world.apply(request).expect("tagged");
    world.apply(get("bare")).expect("from now on");

    let condition =
        json!({ "Condition": { "StringEquals": { "s3:RequestObjectTag/done": "yes" } } });
    let mut world = under(&statement("Deny", "s3:PutObject*", condition));
    let marked = || vec![("done".to_owned(), "yes".to_owned())];
    assert_eq!(world.refusal(putting(|sent| sent.tags = marked())), Code::AccessDenied);
    world.apply(putting(|_| {})).expect("not marked");
    let object = ObjectRef::current(PLAIN, "bare");
    assert_eq!(world.refusal(Request::PutTagging { object, tags: marked() }), Code::AccessDenied);
    let mut copy = onto_itself(PLAIN, "bare", EncryptionRequest::sse_s3());
    copy.attributes.tags = marked();
    world.apply(copying(copy.clone())).expect("under COPY the request's tags don't count");
    copy.tagging = Directive::Replace;
    assert_eq!(world.refusal(copying(copy)), Code::AccessDenied);
}

#[test]
fn what_goes_with_a_write_or_a_copy_needs_its_own_permission() {
    for (action, refused) in [
        ("s3:PutObjectTagging", ["tagged", "copied"].as_slice()),
        ("s3:GetObjectTagging", &["copied"]),
        ("s3:PutObjectAcl", &["acl"]),
        ("s3:GetObjectAnnotation", &["annotated"]),
        ("s3:PutObjectAnnotation", &["annotated"]),
    ] {
        let mut world = under(&statement("Deny", action, json!(null)));
        let mut seed = SeedObject::new(PLAIN, "note", 5);
        seed.annotations = [("a".to_owned(), "b".to_owned())].into();
        world.seed(seed);
        let copy = |key| copying(onto_itself(PLAIN, key, EncryptionRequest::sse_s3()));
        let private = reseal_sandbox::model::AclRequest::Canned(
            reseal_sandbox::model::CannedAcl::BucketOwnerFullControl,
        );
        let requests = [
            ("tagged", putting(|sent| sent.tags = vec![("a".to_owned(), "b".to_owned())])),
            ("acl", putting(|sent| sent.acl = Some(Box::new(private)))),
            ("plain", putting(|_| {})),
            ("copied", copy("k")),
            ("annotated", copy("note")),
            ("bare", copy("bare")),
        ];
        let denied: Vec<_> = requests
            .into_iter()
            .filter_map(|(name, request)| world.apply(request).is_err().then_some(name))
            .collect();
        assert_eq!(denied, refused, "{action}");
    }
}

#[test]
fn conditions_on_the_caller_and_the_wire() {
    let deny = |condition: Value| statement("Deny", "s3:*", json!({ "Condition": condition }));
    let except = deny(json!({ "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/read*" } }));
    let mut world = under(&except);
    assert_eq!(world.refusal(get("k")), Code::AccessDenied);
    let role = acting_in(&mut world, ROLE);
    world.model.apply(&role, get("k"), world.now).expect("the role is excepted");
    let mut own = under(&deny(json!({ "StringNotEquals": { "aws:PrincipalAccount": OWNER } })));
    own.apply(get("k")).expect("the own account");
    let mut tls = under(&deny(json!({ "Bool": { "aws:SecureTransport": "false" } })));
    tls.apply(get("k")).expect("counts as TLS");
    tls.model.set_secure_transport(false);
    assert_eq!(tls.refusal(get("k")), Code::AccessDenied);
    let mut org = under(&deny(json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } })));
    assert_eq!(org.refusal(get("k")), Code::AccessDenied, "nobody here is in an organization");
}

#[test]
fn what_is_not_understood_is_refused() {
    let mut world = World::new();
    let with = |name: &str, value: Value| statement("Deny", "s3:GetObject", json!({ name: value }));
    let condition =
        |operator: &str, key: &str| with("Condition", json!({ operator: { key: "x" } }));
    let mut not = with("Sid", json!("x"));
    not["NotAction"] = json!("s3:GetObject");
    for unknown in [
        condition("IpAddress", "aws:SourceIp"),
        condition("StringEquals", "aws:Referer"),
        condition("ForAnyValue:StringEquals", "aws:PrincipalArn"),
        with("Condition", json!({ "StringLike": { "aws:PrincipalArn": "${aws:username}" } })),
        not,
    ] {
        assert_eq!(world.refusal(put_policy(&unknown)), Code::NotImplemented, "{unknown}");
    }
    for wrong in [
        json!([]),
        with("Effect", json!("Perhaps")),
        with("Principal", json!("me")),
        with("Principal", json!({ "AWS": "arn:aws:iam::111122223333:role/*" })),
        with("Action", json!("kms:Decrypt")),
        with("Action", json!([])),
        with("Resource", json!("arn:aws:s3:::another/*")),
        with("Resource", json!("arn:aws:s3:::plainer/*")),
        with("Ressource", json!("arn:aws:s3:::plain/*")),
    ] {
        assert_eq!(world.refusal(put_policy(&wrong)), Code::MalformedPolicy, "{wrong}");
    }
    let mut service = condition("IpAddress", "aws:SourceIp");
    service["Principal"] = json!({ "Service": "cloudfront.amazonaws.com" });
    world.apply(put_policy(&service)).expect("no caller here is a service");
}

#[test]
fn many_deletions_are_decided_one_by_one_and_heads_show_what_may_be_asked() {
    let mut world =
        under(&statement("Deny", "s3:Delete*", json!({ "Resource": "arn:aws:s3:::plain/k" })));
    let entries =
        ["k", "bare"].map(|key| DeleteEntry { key: key.to_owned(), version: None }).into();
    let request = Request::DeleteObjects { bucket: PLAIN.to_owned(), entries };
    let Ok(Response::DeletedMany(lines)) = world.apply(request) else { panic!("lines") };
    let outcomes: Vec<_> = lines.iter().map(|line| line.result.is_ok()).collect();
    assert_eq!(outcomes, [false, true]);
    let mut world = under(&statement("Deny", "s3:GetObjectRetention", json!(null)));
    let mut seed = SeedObject::new(PLAIN, "k", 5);
    let until = Moment::from_millis(world.now.millis() + 1000);
    let retention = Some((LockMode::Governance, until));
    seed.lock = Some(Lock { retention, legal_hold: true });
    world.seed(seed);
    let shown = world.look(PLAIN, "k").lock;
    assert_eq!(shown, Some(Lock { retention: None, legal_hold: true }));
}

#[test]
fn a_foreign_reader_needs_the_key_as_well() {
    let mut world = under(&statement("Allow", "s3:GetObject", json!(null)));
    world.seed(SeedObject::new(PLAIN, "sealed", 5).encrypted(kms(NEW, true)));
    let role = acting_in(&mut world, FOREIGN_ROLE);
    let read = |world: &mut World| world.model.apply(&role, get("sealed"), world.now);
    let fault = read(&mut world).expect_err("the key is its owner's");
    assert!(fault.message.contains("kms:Decrypt"), "{fault}");
    let only = Some([FOREIGN_ROLE.to_owned()].into());
    let rules = RoleRules { only, ..RoleRules::default() };
    world.model.set_key_roles(NEW, rules).expect("known");
    read(&mut world).expect("named by the key");
}
