//! HeadObject and GetObject.

use super::super::bucket::{Bucket, Found};
use super::super::conditions::check_read;
use super::super::{
    ByteRange, Caller, ChecksumMode, Code, Fault, Model, Moment, ObjectVersion, ObjectView,
    ReadObject, Response, Selection, Served,
};
use super::show_checksum;

impl Model {
    pub(in super::super) fn head_object(
        &self,
        caller: &Caller,
        read: &ReadObject,
        now: Moment,
    ) -> Result<Response, Fault> {
        let (bucket, found) = self.readable(caller, read)?;
        // The checksum is encrypted with the object; the rest of a HEAD is not.
        if read.checksum_mode == ChecksumMode::Enabled {
            self.check_decryption(caller, bucket, &found.object.encryption)?;
        }
        self.view(caller, bucket, found, read, now).map(Response::Object)
    }

    pub(in super::super) fn get_object(
        &self,
        caller: &Caller,
        read: &ReadObject,
        now: Moment,
    ) -> Result<Response, Fault> {
        let (bucket, found) = self.readable(caller, read)?;
        found.object.check_active(now)?;
        self.check_decryption(caller, bucket, &found.object.encryption)?;
        self.view(caller, bucket, found, read, now).map(Response::Object)
    }

    fn readable(&self, caller: &Caller, read: &ReadObject) -> Result<(&Bucket, Found), Fault> {
        let bucket = self.bucket(caller, &read.object.bucket)?;
        let found = bucket.find(&read.object.key, read.object.version.as_deref())?;
        found.object.encryption.check_customer_key(read.customer_key_md5.as_deref())?;
        check_read(&read.conditions, &found.object)?;
        Ok((bucket, found))
    }

    fn view(
        &self,
        caller: &Caller,
        bucket: &Bucket,
        found: Found,
        read: &ReadObject,
        now: Moment,
    ) -> Result<ObjectView, Fault> {
        let Found { id, object } = found;
        let served = select(&object, read.selection)?;
        let parts_count = match read.selection {
            Selection::Part(_) => object.parts.as_ref().map(|parts| parts.len()),
            Selection::Whole | Selection::Range(_) => None,
        };
        let checksum = match (&object.checksum, read.checksum_mode, served.partial) {
            (Some(checksum), ChecksumMode::Enabled, false) => {
                Some(show_checksum(checksum, &object.content))
            }
            _ => None,
        };
        let readiness = object.readiness(now);
        let lock = self.visible_lock(caller, &read.object, &object);
        let version_id = bucket.reported(id);
        Ok(ObjectView { version_id, object, served, parts_count, checksum, readiness, lock })
    }
}

fn select(object: &ObjectVersion, selection: Selection) -> Result<Served, Fault> {
    let size = object.content.len();
    match selection {
        Selection::Whole => Ok(Served { offset: 0, len: size, partial: false }),
        Selection::Range(range) => {
            let (offset, len) = resolve_range(range, size).ok_or_else(|| not_satisfiable(size))?;
            Ok(Served { offset, len, partial: true })
        }
        Selection::Part(number) => select_part(object, number),
    }
}

/// Offset and length of a range, if it touches the object at all.
fn resolve_range(range: ByteRange, size: u64) -> Option<(u64, u64)> {
    let (start, end) = match range {
        ByteRange::From(start) => (start, size),
        ByteRange::Between(start, last) => (start, last.saturating_add(1).min(size)),
        ByteRange::Last(count) => (size.saturating_sub(count), size),
    };
    (start < end).then(|| (start, end - start))
}

fn not_satisfiable(size: u64) -> Fault {
    Fault::new(Code::InvalidRange, "The requested range is not satisfiable")
        .with("ActualObjectSize", size.to_string())
}

fn select_part(object: &ObjectVersion, number: u32) -> Result<Served, Fault> {
    let Some(parts) = &object.parts else {
        // An object in one piece is its own first part.
        return if number == 1 {
            Ok(Served { offset: 0, len: object.content.len(), partial: true })
        } else {
            Err(no_such_part())
        };
    };
    let mut offset = 0;
    for part in parts {
        if part.number == number {
            return Ok(Served { offset, len: part.size, partial: true });
        }
        offset += part.size;
    }
    Err(no_such_part())
}

fn no_such_part() -> Fault {
    Fault::new(Code::InvalidPartNumber, "The requested partnumber is not satisfiable")
}
