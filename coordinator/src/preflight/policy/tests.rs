//! The well-known forms, and that what isn't known is "perhaps".

use super::*;

const OWNER: &str = "111122223333";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/new";

fn policy(statement: &str) -> Policy {
    Policy::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#))
        .unwrap_or_else(|| panic!("no policy: {statement}"))
}

fn who_reads(statement: &str) -> Vec<Reader> {
    readers(&policy(statement), "data", OWNER).into_iter().collect()
}

fn allow(principal: &str, more: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "s3:Get*",
            "Resource": "arn:aws:s3:::data/*"{more}}}"#
    )
}

#[test]
fn wildcards_are_iams() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("s3:*", "s3:getobject", true),
        ("s3:get*", "s3:getobject", true),
        ("s3:get*tagging", "s3:getobject", false),
        ("s3:get*tagging", "s3:getobjecttagging", true),
        ("a*b*c", "axxbyyc", true),
        ("a*b*c", "axxbyy", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("abc", "abcd", false),
        ("*a", "bab", false),
        ("*ab", "aab", true),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn readers_are_told_apart() {
    let condition = |c: &str| format!(r#", "Condition": {c}"#);
    let anybody = |conditions: &[&str]| Reader::Anybody {
        conditions: conditions.iter().map(|c| (*c).to_owned()).collect(),
    };
    let foreign = |name: &str| Reader::Foreign(name.to_owned());
    let cases = [
        (r#""*""#, String::new(), vec![anybody(&[])]),
        (r#"{"AWS": ["*"]}"#, String::new(), vec![anybody(&[])]),
        (
            r#""*""#,
            condition(r#"{"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#),
            vec![anybody(&["aws:sourceip"])],
        ),
        (
            r#""*""#,
            condition(r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#),
            vec![Reader::Organisation("o-1".to_owned())],
        ),
        // With IfExists, or negated, whoever signs nothing passes as well.
        (
            r#""*""#,
            condition(r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}"#),
            vec![anybody(&["aws:principalorgid"])],
        ),
        (
            r#""*""#,
            condition(
                r#"{"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}"#,
            ),
            vec![foreign("444455556666")],
        ),
        (r#"{"AWS": "arn:aws:iam::111122223333:role/own"}"#, String::new(), vec![]),
        (r#"{"AWS": "111122223333"}"#, String::new(), vec![]),
        (r#"{"AWS": "AROAEXAMPLEOFADELETED"}"#, String::new(), vec![]),
        (
            r#"{"AWS": "arn:aws:iam::444455556666:root"}"#,
            String::new(),
            vec![foreign("arn:aws:iam::444455556666:root")],
        ),
        (
            r#"{"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}"#,
            String::new(),
            vec![Reader::OriginAccessIdentity("E1".to_owned())],
        ),
        (
            r#"{"CanonicalUser": "abcd"}"#,
            String::new(),
            vec![Reader::OriginAccessIdentity("abcd".to_owned())],
        ),
        (
            r#"{"Service": "cloudfront.amazonaws.com"}"#,
            condition(
                r#"{"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::1:distribution/D"}}"#,
            ),
            vec![Reader::OriginAccessControl {
                distributions: vec!["arn:aws:cloudfront::1:distribution/D".to_owned()],
            }],
        ),
        (
            r#"{"Service": "config.amazonaws.com"}"#,
            String::new(),
            vec![Reader::Service("config.amazonaws.com".to_owned())],
        ),
    ];
    for (principal, more, expected) in cases {
        assert_eq!(who_reads(&allow(principal, &more)), expected, "{principal} {more}");
    }
}

#[test]
fn only_reads_of_this_buckets_objects_count() {
    let with = |action: &str, resource: &str| {
        who_reads(&format!(
            r#"{{"Effect": "Allow", "Principal": "*", "Action": "{action}", "Resource": "{resource}"}}"#
        ))
        .len()
    };
    assert_eq!(with("s3:GetObject", "arn:aws:s3:::data/public/*"), 1);
    assert_eq!(with("s3:*", "*"), 1);
    assert_eq!(with("s3:GetObjectVersion", "arn:aws:s3:::dat*"), 1);
    assert_eq!(with("s3:GetObject", "arn:aws:s3:::database/*"), 0);
    assert_eq!(with("s3:GetObject", "arn:aws:s3:::data"), 0);
    assert_eq!(with("s3:PutObject", "arn:aws:s3:::data/*"), 0);
    assert_eq!(with("s3:GetObjectTagging", "arn:aws:s3:::data/*"), 0);
    let denied =
        r#"{"Effect": "Deny", "Principal": "*", "NotAction": "s3:PutObject", "Resource": "*"}"#;
    assert!(who_reads(denied).is_empty(), "a Deny lets nobody in");
    let not_action =
        r#"{"Effect": "Allow", "Principal": "*", "NotAction": "s3:PutObject", "Resource": "*"}"#;
    assert_eq!(who_reads(not_action).len(), 1);
}

fn deny(more: &str) -> String {
    format!(
        r#"{{"Sid": "S", "Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::data/*", {more}}}"#
    )
}

fn verdict(statement: &str, ours: &Ours<'_>) -> Option<Certainty> {
    let actions = ["s3:GetObject", "s3:PutObject"];
    let found = denials(&policy(statement), "data", OWNER, &actions, ours);
    assert!(found.len() <= 1);
    found.first().map(|denial| denial.certainty)
}

#[test]
fn denials_that_every_guide_recommends_are_judged() {
    use Certainty::{Certain, Possible};
    let s3 = Ours { tls: true, algorithm: "AES256", key: None };
    let kms = Ours { tls: true, algorithm: "aws:kms", key: Some(KEY) };
    let put =
        |condition: &str| deny(&format!(r#""Action": "s3:PutObject", "Condition": {condition}"#));
    let sse = "s3:x-amz-server-side-encryption";
    let key = "s3:x-amz-server-side-encryption-aws-kms-key-id";
    let cases = [
        (deny(r#""Action": "s3:PutObject""#), Some(Certain), Some(Certain)),
        (
            deny(r#""Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}"#),
            None,
            None,
        ),
        (
            deny(r#""Action": "s3:*", "Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}"#),
            None,
            None,
        ),
        (
            deny(r#""Action": "s3:*", "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.3"}}"#),
            Some(Possible),
            Some(Possible),
        ),
        (put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}}}"#)), Some(Certain), None),
        (put(&format!(r#"{{"StringNotEquals": {{"{sse}": ["AES256", "aws:kms"]}}}}"#)), None, None),
        (put(&format!(r#"{{"StringEquals": {{"{sse}": "aws:kms"}}}}"#)), None, Some(Certain)),
        (put(&format!(r#"{{"Null": {{"{sse}": "true"}}}}"#)), None, None),
        (put(&format!(r#"{{"Null": {{"{key}": true}}}}"#)), Some(Certain), None),
        (put(&format!(r#"{{"StringNotEquals": {{"{key}": "{KEY}"}}}}"#)), Some(Certain), None),
        (
            put(&format!(r#"{{"StringNotEqualsIfExists": {{"{key}": "other"}}}}"#)),
            Some(Certain),
            Some(Certain),
        ),
        (
            put(&format!(r#"{{"ArnNotLike": {{"{key}": "arn:aws:kms:*:{OWNER}:key/*"}}}}"#)),
            Some(Certain),
            None,
        ),
        (
            put(&format!(r#"{{"StringNotLike": {{"{key}": "${{aws:PrincipalTag/key}}"}}}}"#)),
            Some(Possible),
            Some(Possible),
        ),
        (
            put(r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}"#),
            Some(Possible),
            Some(Possible),
        ),
        (
            put(&format!(
                r#"{{"StringNotEquals": {{"{sse}": "aws:kms", "aws:SourceVpce": "vpce-1"}}}}"#
            )),
            Some(Possible),
            None,
        ),
    ];
    for (statement, to_s3, to_kms) in cases {
        assert_eq!(verdict(&statement, &s3), to_s3, "SSE-S3: {statement}");
        assert_eq!(verdict(&statement, &kms), to_kms, "SSE-KMS: {statement}");
    }
    let plain = Ours { tls: false, ..s3 };
    let tls = deny(r#""Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}"#);
    assert_eq!(verdict(&tls, &plain), Some(Certain));
}

#[test]
fn whom_a_denial_means_is_guessed_by_account_alone() {
    let ours = Ours { tls: true, algorithm: "AES256", key: None };
    let of = |principal: &str| {
        format!(
            r#"{{"Effect": "Deny", {principal}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::data/*"}}"#
        )
    };
    let verdict = |principal: &str| verdict(&of(principal), &ours);
    assert_eq!(verdict(r#""Principal": {"AWS": "arn:aws:iam::444455556666:root"}"#), None);
    assert_eq!(verdict(r#""Principal": {"Service": "config.amazonaws.com"}"#), None);
    let possible = Some(Certainty::Possible);
    assert_eq!(verdict(r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}"#), possible);
    assert_eq!(verdict(r#""NotPrincipal": {"AWS": "arn:aws:iam::444455556666:root"}"#), possible);
}

#[test]
fn a_denial_says_where_it_is_narrower_than_the_bucket() {
    let ours = Ours { tls: true, algorithm: "AES256", key: None };
    let narrow = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:Put*",
        "Resource": ["arn:aws:s3:::data/secret/*", "arn:aws:s3:::other/*"]}"#;
    let actions = ["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"];
    let found = denials(&policy(narrow), "data", OWNER, &actions, &ours);
    let denial = found.first().expect("one");
    assert_eq!(denial.statement, "no. 1");
    assert_eq!(denial.actions, ["s3:PutObject", "s3:PutObjectTagging"]);
    assert_eq!(denial.resources, ["arn:aws:s3:::data/secret/*"]);
}

#[test]
fn what_is_not_a_policy_is_not_understood() {
    for text in [
        "",
        "<ListBucketResult/>",
        "{}",
        r#"{"Statement": [{"Effect": "Maybe"}]}"#,
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
        r#"{"Statement": {"Effect": "Allow", "Principal": {"Martian": "x"}, "Action": "*", "Resource": "*"}}"#,
    ] {
        assert_eq!(Policy::parse(text), None, "{text}");
    }
}

#[test]
fn keys_let_in_whom_they_name() {
    let access = |statement: &str| key_access(&policy(statement), OWNER);
    let root = access(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#,
    );
    assert!(root.iam_decides && root.named.is_empty());
    let named = access(
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:role/r", "Service": "cloudfront.amazonaws.com"},
            "Action": ["kms:Decrypt"], "Resource": "*"}"#,
    );
    assert!(!named.iam_decides);
    let foreign = |name: &str| Reader::Foreign(name.to_owned());
    assert!(named.lets_in(&foreign("arn:aws:iam::444455556666:root")));
    assert!(named.lets_in(&foreign("444455556666")));
    assert!(!named.lets_in(&foreign("arn:aws:iam::777788889999:root")));
    assert!(named.lets_in(&Reader::OriginAccessControl { distributions: vec![] }));
    assert!(!named.lets_in(&Reader::OriginAccessIdentity("E1".to_owned())));
    assert!(!named.lets_in(&Reader::Service("config.amazonaws.com".to_owned())));
    let encrypting = access(
        r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}"#,
    );
    assert_eq!(encrypting, KeyAccess::default());
    let own = access(
        r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
            "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}}"#,
    );
    assert!(!own.lets_in(&foreign("444455556666")), "everyone of its own account only");
    assert!(!own.lets_in(&Reader::Anybody { conditions: vec![] }));
}
