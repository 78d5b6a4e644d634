//! `guard`: prints bucket policies that keep unmarked objects from being read.
//! Changes nothing: merging into a policy is the user's.

use reseal_core::BucketName;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::GuardRequest;
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};

#[derive(Serialize)]
struct Guarded {
    buckets: Vec<GuardedBucket>,
    /// What it means for whoever reads and writes.
    trade: Vec<&'static str>,
}

#[derive(Serialize)]
struct GuardedBucket {
    bucket: BucketName,
    /// One policy document, to be merged into the bucket's own.
    policy: Value,
}

/// What everybody should know before he puts it in force.
const TRADE: &[&str] = &[
    "every object without the tag becomes unreadable, old versions included: run `reseal run --tag` first, and `reseal verify`",
    "uploads go on as before, but what is uploaded can't be read until it has the tag: let uploaders send it (x-amz-tagging), or tag it on arrival",
    "whoever may tag objects (s3:PutObjectTagging) can lift it for them: deny that to readers",
    "HEAD is a read, too; listings, deletes and tags go on working",
    "S3 reads the source of a copy in the copier's name: replication and lifecycle rules aren't stopped by it, copies by others are",
    "merge the statement into the policy that the bucket has: PutBucketPolicy replaces all of it",
];

pub(super) fn guard(
    request: &GuardRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let GuardRequest { buckets, tag, exempt, output: _ } = request;
    let guarded = |bucket: &BucketName| GuardedBucket {
        bucket: bucket.clone(),
        policy: policy(bucket, tag, exempt),
    };
    let guarded = Guarded { buckets: buckets.iter().map(guarded).collect(), trade: TRADE.to_vec() };
    let mut text = String::new();
    for GuardedBucket { bucket, policy } in &guarded.buckets {
        text.push_str(&format!("# {bucket}\n{policy:#}\n"));
    }
    for line in TRADE {
        surroundings.console.note(line);
    }
    if exempt.is_empty() {
        surroundings.console.warn(
            "nobody is exempt, so a later run of reseal couldn't read what it is to mark: name its role with --exempt-role-arn",
        );
    }
    surroundings.console.result(&guarded, &text)?;
    Ok(Exit::Done)
}

/// A negated comparison also holds where the tag isn't there at all. Both must
/// hold for the denial: the tag is missing, and the caller isn't exempt.
fn policy(bucket: &BucketName, (key, value): &(String, String), exempt: &[String]) -> Value {
    let mut differs = json!({ format!("s3:ExistingObjectTag/{key}"): value });
    if !exempt.is_empty() {
        differs["aws:PrincipalArn"] = json!(exempt);
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "ResealDenyUntaggedReads",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": format!("arn:aws:s3:::{bucket}/*"),
            "Condition": { "StringNotEquals": differs },
        }],
    })
}
