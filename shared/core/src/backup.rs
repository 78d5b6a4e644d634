//! Where objects are copied before a copy onto themselves replaces them.

use serde::{Deserialize, Serialize};

use crate::{BucketName, ChunkDigest, IdentityError, JobId, ObjectKey, ObjectRef};

/// A bucket and what the keys of backups begin with there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupTo {
    /// The bucket.
    pub bucket: BucketName,
    /// What keys there begin with, verbatim.
    pub prefix: String,
}

impl BackupTo {
    /// Where this job puts the object: the prefix, then the job, the bucket
    /// and the key as they are. A key that would become longer than S3 allows
    /// is replaced by its SHA-256 in a folder of its own; the report has both.
    ///
    /// The place depends on nothing else, so that a repeated attempt finds it
    /// again. What an earlier attempt of the same job left there is replaced:
    /// it was overwritten by its owner, not by us.
    ///
    /// # Errors
    /// When the prefix alone is too long.
    pub fn place(&self, job: &JobId, object: &ObjectRef) -> Result<ObjectRef, IdentityError> {
        let folder = format!("{}{job}/{}", self.prefix, object.bucket);
        let key = ObjectKey::new(format!("{folder}/{}", object.key.as_str())).or_else(|_| {
            let digest = ChunkDigest::of(object.key.as_str().as_bytes());
            ObjectKey::new(format!("{folder}/.long-keys/{}", digest.as_str()))
        })?;
        Ok(ObjectRef { bucket: self.bucket.clone(), key, version: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(prefix: &str, key: &str) -> Result<String, IdentityError> {
        let bucket: BucketName = "data".parse().expect("a bucket");
        let object = ObjectRef { bucket, key: ObjectKey::new(key).expect("a key"), version: None };
        let to =
            BackupTo { bucket: "backups".parse().expect("a bucket"), prefix: prefix.to_owned() };
        let job = "job-1".parse().expect("a job");
        to.place(&job, &object).map(|place| format!("{}|{}", place.bucket, place.key))
    }

    #[test]
    fn the_key_is_kept_under_job_and_bucket() {
        assert_eq!(place("old/", "a/b ?#").expect("fits"), "backups|old/job-1/data/a/b ?#");
        assert_eq!(place("", "../x").expect("fits"), "backups|job-1/data/../x");
    }

    #[test]
    fn a_key_that_would_become_too_long_gets_a_digest_of_its_own() {
        let long = |end| format!("{}{end}", "k".repeat(1_020));
        let (a, b) = (place("old/", &long("a")), place("old/", &long("b")));
        let (a, b) = (a.expect("fits"), b.expect("fits"));
        assert!(a.starts_with("backups|old/job-1/data/.long-keys/") && a.len() < 200, "{a}");
        assert_ne!(a, b);
    }

    #[test]
    fn a_prefix_that_leaves_no_room_is_refused() {
        assert!(place(&"p".repeat(1_000), "a").is_ok());
        assert!(place(&"p".repeat(1_020), "a").is_err());
    }
}
