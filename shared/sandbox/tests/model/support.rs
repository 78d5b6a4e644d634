//! A small world, and short words to act in it.

use bytes::Bytes;
use reseal_sandbox::model::{
    AnnotationDirective, Aspect, Caller, Code, CompleteUpload, CompletedPart, Content, CopyObject,
    CopySource, CreateBucket, Directive, DumpLine, EncryptionRequest, Fault, Model, Moment,
    ObjectRef, ObjectView, PutObject, ReadConditions, ReadObject, Request, Response, SeedContent,
    SeedEncryption, SeedKey, SeedObject, TagCondition, UpdateEncryption, UploadPartCopy, UploadRef,
    Versioning, WriteAttributes, WriteConditions, Written,
};

pub(crate) const PLAIN: &str = "plain";
pub(crate) const VERSIONED: &str = "versioned";
pub(crate) const OLD: &str = "alias/old";
pub(crate) const NEW: &str = "alias/new";
pub(crate) const OWNER: &str = "111122223333";
pub(crate) const STRANGER: &str = "444455556666";
pub(crate) const MIB: u64 = 1 << 20;

/// A model with two buckets, two keys and a clock that the test moves.
pub(crate) struct World {
    pub(crate) model: Model,
    pub(crate) now: Moment,
    pub(crate) new_key: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Moment::from_millis(1_795_294_380_123);
        let mut model = Model::default();
        model.seed_bucket(PLAIN, None, None, now);
        model.seed_bucket(VERSIONED, None, Some(Versioning::Enabled), now);
        let mut key = |alias: &str| {
            let seed = SeedKey { alias: Some(alias.to_owned()), ..SeedKey::default() };
            model.seed_key(seed, now).expect("the alias is free").to_string()
        };
        key(OLD);
        let new_key = key(NEW);
        Self { model, now, new_key }
    }

    pub(crate) fn pass_seconds(&mut self, seconds: i64) {
        self.now = Moment::from_millis(self.now.millis() + seconds * 1000);
    }

    pub(crate) fn apply(&mut self, request: Request) -> Result<Response, Fault> {
        self.model.apply(&Caller::default(), request, self.now)
    }

    /// What another account hears.
    pub(crate) fn apply_as(&mut self, account: &str, request: Request) -> Result<Response, Fault> {
        let caller = Caller { account: Some(account.to_owned()), ..Caller::default() };
        self.model.apply(&caller, request, self.now)
    }

    pub(crate) fn refusal(&mut self, request: Request) -> Code {
        self.apply(request).expect_err("must be refused").code
    }

    /// Gives the versioned bucket object lock, with a default retention if there is one.
    pub(crate) fn allow_locks(&mut self, default: &str) {
        let document = format!("<ObjectLockConfiguration>{default}</ObjectLockConfiguration>");
        let put = Request::PutBucketDocument {
            bucket: VERSIONED.to_owned(),
            aspect: Aspect::ObjectLock,
            document: Some(document),
        };
        self.apply(put).expect("locks are on");
    }

    pub(crate) fn seed(&mut self, seed: SeedObject) -> String {
        self.model.seed_object(seed, self.now).expect("seeded").to_string()
    }

    pub(crate) fn put(&mut self, bucket: &str, key: &str, body: &str) -> Written {
        let put = put(bucket, key, body);
        self.write(Request::PutObject(put)).expect("written")
    }

    pub(crate) fn write(&mut self, request: Request) -> Result<Written, Fault> {
        match self.apply(request)? {
            Response::Written(written) | Response::Part(written) => Ok(written),
            other => panic!("not a write: {other:?}"),
        }
    }

    pub(crate) fn head(&mut self, object: ObjectRef) -> Result<ObjectView, Fault> {
        match self.apply(Request::HeadObject(ReadObject::whole(object)))? {
            Response::Object(view) => Ok(view),
            other => panic!("not an object: {other:?}"),
        }
    }

    pub(crate) fn look(&mut self, bucket: &str, key: &str) -> ObjectView {
        self.head(ObjectRef::current(bucket, key)).expect("it is there")
    }

    pub(crate) fn dump(&self, bucket: &str) -> Vec<DumpLine> {
        self.model.dump(bucket, None, usize::MAX).expect("the bucket is there")
    }

    /// Begins an upload and gives its id.
    pub(crate) fn begin(
        &mut self,
        bucket: &str,
        key: &str,
        attributes: WriteAttributes,
    ) -> UploadRef {
        let request = Request::CreateUpload {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            attributes: Box::new(attributes),
        };
        match self.apply(request).expect("begun") {
            Response::UploadStarted(started) => UploadRef {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                upload_id: started.upload_id,
            },
            other => panic!("not an upload: {other:?}"),
        }
    }

    /// Copies ranges of the upload's own object into it, in order.
    pub(crate) fn copy_ranges(
        &mut self,
        upload: &UploadRef,
        ranges: &[(u64, u64)],
    ) -> Vec<CompletedPart> {
        (1..)
            .zip(ranges)
            .map(|(number, range)| {
                let part = part_copy(upload, number, Some(*range));
                let written = self.write(Request::UploadPartCopy(part)).expect("copied");
                CompletedPart { number, etag: written.etag.to_string(), checksum: None }
            })
            .collect()
    }
}

pub(crate) fn create_bucket(name: &str) -> Request {
    Request::CreateBucket(CreateBucket {
        bucket: name.to_owned(),
        region: None,
        ownership: None,
        object_lock: false,
    })
}

pub(crate) fn put(bucket: &str, key: &str, body: &str) -> PutObject {
    PutObject {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        content: Content::inline(Bytes::from(body.to_owned())),
        attributes: WriteAttributes::default(),
        conditions: WriteConditions::default(),
    }
}

pub(crate) fn source(object: ObjectRef) -> CopySource {
    CopySource { object, conditions: ReadConditions::default(), customer_key_md5: None }
}

/// A copy of the current version onto itself, under the given encryption.
pub(crate) fn onto_itself(bucket: &str, key: &str, encryption: EncryptionRequest) -> CopyObject {
    CopyObject {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        source: source(ObjectRef::current(bucket, key)),
        conditions: WriteConditions::default(),
        metadata: Directive::Copy,
        tagging: Directive::Copy,
        annotations: AnnotationDirective::Copy,
        attributes: WriteAttributes { encryption, ..WriteAttributes::default() },
    }
}

pub(crate) fn copying(copy: CopyObject) -> Request {
    Request::CopyObject(Box::new(copy))
}

pub(crate) fn part_copy(
    upload: &UploadRef,
    number: u32,
    range: Option<(u64, u64)>,
) -> UploadPartCopy {
    UploadPartCopy {
        upload: upload.clone(),
        number,
        source: source(ObjectRef::current(&upload.bucket, &upload.key)),
        range,
    }
}

pub(crate) fn complete(upload: &UploadRef, parts: Vec<CompletedPart>) -> CompleteUpload {
    CompleteUpload {
        upload: upload.clone(),
        parts,
        conditions: WriteConditions::default(),
        size: None,
        checksum: reseal_sandbox::model::ChecksumRequest::default(),
    }
}

pub(crate) fn update(object: ObjectRef, key_arn: &str, bucket_key: Option<bool>) -> Request {
    Request::UpdateEncryption(UpdateEncryption { object, key_arn: key_arn.to_owned(), bucket_key })
}

pub(crate) fn tag(etag: &impl ToString) -> Option<TagCondition> {
    Some(TagCondition::Tag(etag.to_string()))
}

pub(crate) fn kms(key: &str, bucket_key: bool) -> SeedEncryption {
    SeedEncryption::Kms { key: key.to_owned(), bucket_key }
}

/// An object with one of everything that a copy could lose.
pub(crate) fn decorated(bucket: &str, key: &str) -> SeedObject {
    let mut seed = SeedObject::new(bucket, key, 0);
    seed.content = SeedContent::Parts(vec![8 * MIB, 8 * MIB, 3 * MIB]);
    seed.encryption = SeedEncryption::SseS3;
    seed.storage_class = reseal_sandbox::model::StorageClass::StandardIa;
    seed.headers.content_type = Some("text/plain".to_owned());
    seed.headers.cache_control = Some("no-cache".to_owned());
    seed.headers.expires = Some("never, really".to_owned());
    seed.metadata.insert("owner".to_owned(), "me".to_owned());
    seed.tags = vec![("team".to_owned(), "storage".to_owned())];
    seed.redirect = Some("/elsewhere".to_owned());
    seed.last_modified = Some(Moment::from_millis(1_700_000_000_000));
    seed
}
