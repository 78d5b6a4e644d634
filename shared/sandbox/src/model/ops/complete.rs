//! CompleteMultipartUpload: the checks, and the object that comes out.

use super::super::conditions::check_write;
use super::super::upload::{Part, Upload};
use super::super::{
    Caller, Checksum, ChecksumAlgorithm, ChecksumRequest, ChecksumType, Code, CompleteUpload,
    CompletedPart, Content, ETag, Fault, Model, ObjectVersion, PartRecord, Response, StorageClass,
    TagCondition, WriteAttributes,
};
use super::write::store;

impl Model {
    pub(in super::super) fn complete_upload(
        &mut self,
        caller: &Caller,
        complete: &CompleteUpload,
    ) -> Result<Response, Fault> {
        let CompleteUpload { upload: wanted, parts: named, conditions, size, checksum } = complete;
        let bucket = self.bucket(caller, &wanted.bucket)?;
        let upload = bucket.upload(&wanted.key, &wanted.upload_id)?;
        let parts = self.choose_parts(upload, named)?;
        let total: u64 = parts.iter().map(|(_, part)| part.content.len()).sum();
        if size.is_some_and(|size| size != total) {
            return Err(Fault::invalid(
                "The provided 'x-amz-mp-object-size' header value does not match what was computed",
            ));
        }
        let checksum = object_checksum(upload, &parts, checksum)?;
        let current = bucket.current(&wanted.key).map(AsRef::as_ref);
        check_write(conditions, current, &wanted.key)?;
        self.check_decryption(caller, bucket, &upload.encryption)?;
        let object = assemble(upload, &parts, checksum);
        let serial = upload.serial;
        let bucket = self.bucket_mut(caller, &wanted.bucket)?;
        bucket.uploads.remove(&wanted.upload_id);
        Ok(Response::Written(store(bucket, &wanted.key, object, serial, None)))
    }

    /// The parts that the request names, if they are there, in order and big enough.
    fn choose_parts<'a>(
        &self,
        upload: &'a Upload,
        named: &[CompletedPart],
    ) -> Result<Vec<(u32, &'a Part)>, Fault> {
        if named.is_empty() {
            return Err(Fault::new(
                Code::MalformedXml,
                "The XML you provided was not well-formed or did not validate against our \
                 published schema",
            ));
        }
        if named.windows(2).any(|pair| pair[0].number >= pair[1].number) {
            return Err(Fault::new(
                Code::InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part \
                 number.",
            ));
        }
        let parts: Vec<_> =
            named.iter().map(|part| choose_part(upload, part)).collect::<Result<_, _>>()?;
        let all_but_last = &parts[..parts.len() - 1];
        match all_but_last.iter().find(|(_, part)| part.content.len() < self.settings.min_part_size)
        {
            None => Ok(parts),
            Some((number, part)) => Err(Fault::new(
                Code::EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size",
            )
            .with("ProposedSize", part.content.len().to_string())
            .with("MinSizeAllowed", self.settings.min_part_size.to_string())
            .with("PartNumber", number.to_string())
            .with("ETag", part.etag.to_string())),
        }
    }
}

fn choose_part<'a>(upload: &'a Upload, named: &CompletedPart) -> Result<(u32, &'a Part), Fault> {
    let missing = || {
        Fault::new(
            Code::InvalidPart,
            "One or more of the specified parts could not be found. The part may not have been \
             uploaded, or the specified entity tag may not match the part's entity tag.",
        )
        .with("PartNumber", named.number.to_string())
    };
    let part = upload.parts.get(&named.number).ok_or_else(missing)?;
    let CompletedPart { number, etag, checksum } = named;
    if !TagCondition::parse(etag).matches(&part.etag) {
        return Err(missing());
    }
    let needed = matches!(upload.checksum, Some((_, ChecksumType::Composite)));
    match (&part.checksum, checksum) {
        (Some(stored), Some(sent)) if stored.value(&part.content) != *sent => Err(missing()),
        (Some(stored), None) if needed => Err(Fault::invalid(format!(
            "The upload was created using a {} checksum. The complete request must include the \
             checksum for each part. It was missing for part {number} in the request.",
            stored.algorithm.as_str().to_lowercase()
        ))),
        _ => Ok((*number, part)),
    }
}

fn object_checksum(
    upload: &Upload,
    parts: &[(u32, &Part)],
    sent: &ChecksumRequest,
) -> Result<Checksum, Fault> {
    let (algorithm, kind) =
        upload.checksum.unwrap_or((ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject));
    if let Some(sent) = sent.algorithm
        && sent != algorithm
        && upload.checksum.is_some()
    {
        return Err(Fault::invalid("The upload was created using another checksum algorithm"));
    }
    match kind {
        ChecksumType::Composite => {
            let values: Vec<_> = parts
                .iter()
                .filter_map(|(_, part)| Some(part.checksum.as_ref()?.value(&part.content)))
                .collect();
            Ok(Checksum::composite(algorithm, &values))
        }
        ChecksumType::FullObject => Checksum::for_write(
            &ChecksumRequest { algorithm: Some(algorithm), ..sent.clone() },
            &join(parts),
        ),
    }
}

fn join(parts: &[(u32, &Part)]) -> Content {
    let mut content = Content::default();
    for (_, part) in parts {
        content.append(&part.content);
    }
    content
}

/// The finished object. Its date is the upload's beginning, as S3 has it.
fn assemble(upload: &Upload, parts: &[(u32, &Part)], checksum: Checksum) -> ObjectVersion {
    let Upload { attributes, encryption, initiated, access, checksum: asked, .. } = upload;
    let WriteAttributes {
        headers,
        metadata,
        tags,
        storage_class,
        redirect,
        lock,
        acl: _,
        encryption: _,
        checksum: _,
    } = attributes.clone();
    let records = parts.iter().map(|(number, part)| PartRecord {
        number: *number,
        size: part.content.len(),
        checksum: asked
            .and(part.checksum.as_ref())
            .map(|checksum| checksum.value(&part.content).into()),
    });
    ObjectVersion {
        content: join(parts),
        etag: ETag::of_parts(parts.iter().map(|(_, part)| &part.etag)),
        last_modified: *initiated,
        encryption: encryption.clone(),
        storage_class: storage_class.unwrap_or(StorageClass::Standard),
        archive: None,
        restore: None,
        headers: headers.boxed(),
        metadata,
        tags,
        checksum: Some(Box::new(checksum)),
        parts: Some(records.collect()),
        redirect: redirect.map(Into::into),
        lock: lock.map(Box::new),
        // Nobody can send them with an upload, nor copy them with a part.
        annotations: None,
        access: access.clone(),
    }
}
