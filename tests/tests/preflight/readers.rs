//! Readers whom a KMS key would lock out, one test each.

use serde_json::json;

use crate::world::{BUCKET, OWNER, Target, World};

#[test]
fn whoever_reads_needs_the_key() {
    let world = World::new();
    let found = world.hazards(Target::Kms, &[]);
    found.one("readers-need-key", &[&world.key, "kms:Decrypt"]);
    world.hazards(Target::S3, &[]).none("readers-need-key");
}

#[test]
fn the_public() {
    let world = World::new();
    world.hazards(Target::Kms, &[]).none("public-reads");
    world.allow_reads(&json!("*"), &json!({}));
    world.hazards(Target::Kms, &[]).one("public-reads", &[BUCKET, "AES256"]);
    world.hazards(Target::S3, &[]).none("public-reads");
    let partly = json!({ "StringEquals": { "s3:ExistingObjectTag/public": "yes" } });
    world.allow_reads(&json!("*"), &partly);
    world.hazards(Target::Kms, &[]).one("public-reads", &["s3:existingobjecttag/public"]);
    world.set(
        "publicAccessBlock",
        "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets>\
         </PublicAccessBlockConfiguration>",
    );
    world.hazards(Target::Kms, &[]).none("public-reads");
}

/// Where the policy itself may not be read, S3's own judgement of it may.
#[test]
fn a_policy_that_s3_calls_public() {
    let world = World::new();
    world.allow_reads(&json!("*"), &json!({}));
    world.deny(&["GetBucketPolicy"]);
    world.hazards(Target::Kms, &[]).one("public-reads", &["S3 calls its policy public"]);
}

#[test]
fn a_websites_visitors() {
    let world = World::new();
    world.hazards(Target::Kms, &[]).none("website-reads");
    world.set(
        "website",
        "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>\
         </WebsiteConfiguration>",
    );
    world.hazards(Target::Kms, &[]).one("website-reads", &[BUCKET, "CloudFront"]);
    world.hazards(Target::S3, &[]).none("website-reads");
}

#[test]
fn grantees_of_object_acls() {
    let world = World::new();
    world.hazards(Target::Kms, &[]).none("acl-reads");
    world.set(
        "ownershipControls",
        "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>\
         </OwnershipControls>",
    );
    world.hazards(Target::Kms, &["--accept-acl-reset"]).one("acl-reads", &[BUCKET, "kms:Decrypt"]);
}

#[test]
fn cloudfront_by_origin_access_identity() {
    let world = World::new();
    let identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE";
    world.allow_reads(&json!({ "AWS": identity }), &json!({}));
    let found = world.hazards(Target::Kms, &[]);
    found.one("origin-access-identity-reads", &["E2EXAMPLE", "origin access control"]);
    found.none("foreign-reads");
}

#[test]
fn cloudfront_by_origin_access_control() {
    let world = World::new();
    let distribution = format!("arn:aws:cloudfront::{OWNER}:distribution/D1");
    world.allow_reads(
        &json!({ "Service": "cloudfront.amazonaws.com" }),
        &json!({ "StringEquals": { "AWS:SourceArn": distribution } }),
    );
    let found = world.hazards(Target::Kms, &[]);
    found.one("origin-access-control-reads", &[&distribution, "cloudfront.amazonaws.com"]);
}

#[test]
fn principals_of_other_accounts() {
    let world = World::new();
    let role = |account: &str| format!("arn:aws:iam::{account}:role/reader");
    world.allow_reads(&json!({ "AWS": role(OWNER) }), &json!({}));
    world.hazards(Target::Kms, &[]).none("foreign-reads");
    world.allow_reads(&json!({ "AWS": [role(OWNER), role("444455556666")] }), &json!({}));
    let found = world.hazards(Target::Kms, &[]);
    let hazard = found.one("foreign-reads", &["444455556666", "IAM policies of their own"]);
    assert_eq!(hazard["readers"], json!([role("444455556666")]));
}

#[test]
fn other_services() {
    let world = World::new();
    world.allow_reads(&json!({ "Service": "macie.amazonaws.com" }), &json!({}));
    world.hazards(Target::Kms, &[]).one("service-reads", &["macie.amazonaws.com"]);
}
