//! Multipart uploads until they are completed: create, fill, look, abort.

use super::super::acl::for_new_object;
use super::super::upload::{Part, Upload};
use super::super::{
    Caller, Checksum, ChecksumAlgorithm, ChecksumRequest, ChecksumType, Content, ETag, Fault,
    ListedPart, Model, Moment, PartPage, Response, StorageClass, UploadPart, UploadPartCopy,
    UploadRef, UploadStarted, WriteAttributes, Written,
};
use super::lock::new_lock;
use super::{DONE, check_key, check_put_size, page_size, show_checksum};

/// Part numbers run from 1 to this.
const LAST_PART: u32 = 10_000;

impl Model {
    pub(in super::super) fn create_upload(
        &mut self,
        caller: &Caller,
        bucket: &str,
        key: String,
        mut attributes: WriteAttributes,
        now: Moment,
    ) -> Result<Response, Fault> {
        check_key(&key)?;
        attributes.check()?;
        let found = self.bucket(caller, bucket)?;
        // By the bucket's default as it is now: the version's date will be the upload's, too.
        attributes.lock = new_lock(found, attributes.lock, now)?.map(|lock| *lock);
        let (writer, owner) = (self.account(caller), &found.home.account);
        let access = for_new_object(found.ownership, owner, writer, attributes.acl.as_deref())?;
        let checksum = upload_checksum(&attributes.checksum)?;
        let encryption = self.encryption_for(bucket, &attributes.encryption, now)?;
        let serial = self.serials.next();
        let upload_id = self.serials.opaque();
        let upload = Upload {
            key,
            serial,
            initiated: now.whole_seconds(),
            attributes,
            encryption: encryption.clone(),
            access,
            checksum,
            parts: std::collections::BTreeMap::new(),
        };
        self.bucket_mut(caller, bucket)?.uploads.insert(upload_id.clone(), upload);
        Ok(Response::UploadStarted(UploadStarted { upload_id, encryption, checksum }))
    }

    pub(in super::super) fn upload_part(
        &mut self,
        caller: &Caller,
        part: UploadPart,
        now: Moment,
    ) -> Result<Response, Fault> {
        let UploadPart { upload, number, content, checksum } = part;
        check_put_size(&content)?;
        let asked = self.upload_for_part(caller, &upload, number)?.checksum;
        let checksum = part_checksum(asked, &checksum, &content)?;
        self.store_part(caller, &upload, number, content, checksum, now).map(Response::Part)
    }

    pub(in super::super) fn upload_part_copy(
        &mut self,
        caller: &Caller,
        part: UploadPartCopy,
        now: Moment,
    ) -> Result<Response, Fault> {
        let UploadPartCopy { upload, number, source, range } = part;
        let asked = self.upload_for_part(caller, &upload, number)?.checksum;
        let source = self.open_source(caller, &source, now)?;
        let content = self.cut(&source.object.content, range)?;
        let checksum = asked.map(|(algorithm, _)| Checksum::derived(algorithm));
        let mut stored = self.store_part(caller, &upload, number, content, checksum, now)?;
        stored.source_version_id = source.reported;
        Ok(Response::Part(stored))
    }

    /// The stretch of a source that one part copies.
    fn cut(&self, content: &Content, range: Option<(u64, u64)>) -> Result<Content, Fault> {
        let size = content.len();
        let (first, last) = match range {
            None => (0, size.saturating_sub(1)),
            Some((first, last)) if first <= last && last < size => (first, last),
            Some(_) => {
                return Err(Fault::argument(format!(
                    "Range specified is not valid for source object of size: {size}"
                )));
            }
        };
        let len = (last - first + 1).min(size);
        let limit = self.settings.single_copy_limit;
        if len > limit {
            return Err(Fault::invalid(format!(
                "The specified copy source is larger than the maximum allowable size for a copy \
                 source: {limit}"
            )));
        }
        Ok(content.slice(first, len))
    }

    fn upload_for_part(
        &self,
        caller: &Caller,
        upload: &UploadRef,
        number: u32,
    ) -> Result<&Upload, Fault> {
        let found = self.bucket(caller, &upload.bucket)?.upload(&upload.key, &upload.upload_id)?;
        if (1..=LAST_PART).contains(&number) {
            return Ok(found);
        }
        Err(Fault::argument("Part number must be an integer between 1 and 10000, inclusive"))
    }

    fn store_part(
        &mut self,
        caller: &Caller,
        upload: &UploadRef,
        number: u32,
        content: Content,
        checksum: Option<Checksum>,
        now: Moment,
    ) -> Result<Written, Fault> {
        let bucket = self.bucket(caller, &upload.bucket)?;
        let encryption = bucket.upload(&upload.key, &upload.upload_id)?.encryption.clone();
        // Every part is written under the upload's key, which may be gone by now.
        self.check_decryption(caller, bucket, &encryption)?;
        let serial = self.serials.next();
        let etag = ETag::of(&content, &encryption, serial);
        let last_modified = now.whole_seconds();
        let written = Written {
            version_id: None,
            etag,
            last_modified,
            encryption,
            checksum: checksum.as_ref().map(|sum| show_checksum(sum, &content)),
            source_version_id: None,
        };
        let upload =
            self.bucket_mut(caller, &upload.bucket)?.upload_mut(&upload.key, &upload.upload_id)?;
        upload.parts.insert(number, Part { content, etag, last_modified, checksum });
        Ok(written)
    }

    pub(in super::super) fn abort_upload(
        &mut self,
        caller: &Caller,
        upload: &UploadRef,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket_mut(caller, &upload.bucket)?;
        bucket.upload(&upload.key, &upload.upload_id)?;
        bucket.uploads.remove(&upload.upload_id);
        DONE
    }

    pub(in super::super) fn list_parts(
        &self,
        caller: &Caller,
        upload: &UploadRef,
        marker: u32,
        max: Option<usize>,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket(caller, &upload.bucket)?;
        let found = bucket.upload(&upload.key, &upload.upload_id)?;
        let mut rest = found.parts.range(marker.saturating_add(1)..);
        let parts: Vec<_> = rest.by_ref().take(page_size(max)).map(list_part).collect();
        let next = rest.next().and(parts.last()).map(|part| part.number);
        Ok(Response::Parts(PartPage {
            parts,
            next,
            storage_class: found.attributes.storage_class.unwrap_or(StorageClass::Standard),
            checksum: found.checksum,
            owner: bucket.home.account.clone(),
        }))
    }
}

fn list_part((number, part): (&u32, &Part)) -> ListedPart {
    ListedPart {
        number: *number,
        size: part.content.len(),
        etag: part.etag,
        last_modified: part.last_modified,
        checksum: part.checksum.as_ref().map(|sum| show_checksum(sum, &part.content)),
    }
}

fn upload_checksum(
    request: &ChecksumRequest,
) -> Result<Option<(ChecksumAlgorithm, ChecksumType)>, Fault> {
    let ChecksumRequest { algorithm, value: _, kind } = request;
    let Some(algorithm) = algorithm else {
        return Ok(None);
    };
    let kind = kind.unwrap_or(algorithm.default_multipart_type());
    match (algorithm, kind) {
        (ChecksumAlgorithm::Crc64Nvme, ChecksumType::Composite)
        | (ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256, ChecksumType::FullObject) => {
            Err(Fault::invalid(format!(
                "The {} checksum type cannot be used with the {} checksum algorithm.",
                kind.as_str(),
                algorithm.as_str().to_lowercase()
            )))
        }
        _ => Ok(Some((*algorithm, kind))),
    }
}

/// The checksum of an uploaded part: of the upload's algorithm, if it has one.
fn part_checksum(
    asked: Option<(ChecksumAlgorithm, ChecksumType)>,
    sent: &ChecksumRequest,
    content: &Content,
) -> Result<Option<Checksum>, Fault> {
    match (asked, sent.algorithm) {
        (Some((asked, _)), Some(sent)) if asked != sent => Err(Fault::invalid(format!(
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            asked.as_str().to_lowercase(),
            sent.as_str().to_lowercase()
        ))),
        (Some((asked, _)), None) => Ok(Some(Checksum::derived(asked))),
        (_, Some(_)) => Checksum::for_write(sent, content).map(Some),
        (None, None) => Ok(None),
    }
}
