//! Buckets and their settings.

use super::super::bucket::Bucket;
use super::super::keys::KeyScope;
use super::super::policy::Policy;
use super::super::{
    Aspect, BucketLine, Caller, Code, CreateBucket, DefaultEncryption, Fault, Model, Moment,
    Response, TagSet, Versioning,
};
use super::DONE;
use super::acl::change_ownership;
use super::settings;

impl Model {
    pub(in super::super) fn list_buckets(&self, caller: &Caller) -> Response {
        let account = self.account(caller).to_owned();
        let lines = self
            .buckets
            .values()
            .filter(|bucket| bucket.home.account == account)
            .map(|bucket| BucketLine {
                name: bucket.name.clone(),
                created: bucket.created,
                region: bucket.home.region.clone(),
            })
            .collect();
        Response::Buckets(account, lines)
    }

    pub(in super::super) fn create_bucket(
        &mut self,
        caller: &Caller,
        create: CreateBucket,
        now: Moment,
    ) -> Result<Response, Fault> {
        let CreateBucket { bucket: name, region, ownership, object_lock } = create;
        if !is_bucket_name(&name) {
            return Err(Fault::new(Code::InvalidBucketName, "The specified bucket is not valid."));
        }
        let account = self.account(caller).to_owned();
        if let Some(bucket) = self.buckets.get(&name) {
            return Err(taken(bucket, &account));
        }
        let region = region.unwrap_or_else(|| self.settings.region.clone());
        let home = KeyScope { account, region };
        let mut bucket = Bucket::new(name.clone(), home, now.whole_seconds());
        bucket.ownership = ownership.or(bucket.ownership);
        if object_lock {
            bucket.versioning = Some(Versioning::Enabled);
            bucket.documents.insert(Aspect::ObjectLock, settings::lock_document());
        }
        self.buckets.insert(name, bucket);
        DONE
    }

    pub(in super::super) fn delete_bucket(
        &mut self,
        caller: &Caller,
        name: &str,
    ) -> Result<Response, Fault> {
        if !self.bucket(caller, name)?.objects.is_empty() {
            return Err(Fault::new(
                Code::BucketNotEmpty,
                "The bucket you tried to delete is not empty",
            ));
        }
        self.buckets.remove(name);
        DONE
    }

    pub(in super::super) fn bucket_location(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Response, Fault> {
        Ok(Response::Location(self.bucket(caller, name)?.home.region.clone()))
    }

    pub(in super::super) fn put_versioning(
        &mut self,
        caller: &Caller,
        name: &str,
        status: Versioning,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket_mut(caller, name)?;
        if status == Versioning::Suspended && bucket.documents.contains_key(&Aspect::ObjectLock) {
            return Err(Fault::new(
                Code::InvalidBucketState,
                "An Object Lock configuration is present on this bucket, so the versioning state \
                 cannot be changed.",
            ));
        }
        bucket.versioning = Some(status);
        DONE
    }

    pub(in super::super) fn put_default_encryption(
        &mut self,
        caller: &Caller,
        name: &str,
        default: DefaultEncryption,
    ) -> Result<Response, Fault> {
        self.bucket_mut(caller, name)?.encryption = default;
        DONE
    }

    pub(in super::super) fn bucket_tags(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Response, Fault> {
        match &self.bucket(caller, name)?.tags {
            tags if tags.is_empty() => {
                Err(Fault::new(Code::NoSuchTagSet, "The TagSet does not exist"))
            }
            tags => Ok(Response::BucketTags(tags.clone())),
        }
    }

    pub(in super::super) fn put_bucket_tags(
        &mut self,
        caller: &Caller,
        name: &str,
        tags: TagSet,
    ) -> Result<Response, Fault> {
        self.bucket_mut(caller, name)?.tags = tags;
        DONE
    }

    pub(in super::super) fn document(
        &self,
        caller: &Caller,
        name: &str,
        aspect: Aspect,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket(caller, name)?;
        let document = match aspect {
            Aspect::OwnershipControls => bucket.ownership.map(settings::ownership_document),
            Aspect::PolicyStatus => {
                bucket.policy.as_ref().map(|policy| settings::policy_status(policy.is_public()))
            }
            _ => bucket.documents.get(&aspect).cloned(),
        };
        match (document, aspect.absent()) {
            (None, Some(fault)) => Err(fault.with("BucketName", name)),
            (document, _) => Ok(Response::Document(document, bucket.home.account.clone())),
        }
    }

    pub(in super::super) fn put_document(
        &mut self,
        caller: &Caller,
        name: &str,
        aspect: Aspect,
        document: Option<String>,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket_mut(caller, name)?;
        if aspect == Aspect::ObjectLock && bucket.versioning != Some(Versioning::Enabled) {
            return Err(Fault::new(
                Code::InvalidBucketState,
                "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
            ));
        }
        if aspect == Aspect::OwnershipControls {
            let ownership = document.as_deref().map(settings::ownership).transpose()?;
            change_ownership(bucket, ownership)?;
            return DONE;
        }
        if aspect == Aspect::ObjectLock {
            // Once a bucket has object lock, it has it for good.
            let document = document.as_deref().ok_or_else(not_allowed)?;
            bucket.default_retention = settings::default_retention(document)?;
        }
        if aspect == Aspect::RequestPayment {
            bucket.requester_pays = match document.as_deref() {
                Some(document) => settings::requester_pays(document)?,
                None => false,
            };
        }
        if aspect == Aspect::Policy {
            let parse = |document| Policy::parse(document, name);
            bucket.policy = document.as_deref().map(parse).transpose()?;
        }
        match document {
            Some(document) => bucket.documents.insert(aspect, document),
            None => bucket.documents.remove(&aspect),
        };
        DONE
    }
}

fn not_allowed() -> Fault {
    Fault::new(Code::MethodNotAllowed, "The specified method is not allowed against this resource.")
}

fn taken(bucket: &Bucket, account: &str) -> Fault {
    if bucket.home.account == account {
        Fault::new(
            Code::BucketAlreadyOwnedByYou,
            "Your previous request to create the named bucket succeeded and you already own it.",
        )
    } else {
        Fault::new(
            Code::BucketAlreadyExists,
            "The requested bucket name is not available. The bucket namespace is shared by all \
             users of the system. Please select a different name and try again.",
        )
    }
}

fn is_bucket_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (3..=63).contains(&name.len())
        && name.chars().all(allowed)
        && edge(name.chars().next())
        && edge(name.chars().last())
        && !name.contains("..")
}
