//! The ten checksum fields that S3's answers and part lists share.

use aws_sdk_s3::types::builders::CompletedPartBuilder;

/// An answer's checksum fields, by S3's word for the algorithm.
macro_rules! checksum_fields {
    ($of:expr) => {
        [
            ("CRC32", $of.checksum_crc32()),
            ("CRC32C", $of.checksum_crc32_c()),
            ("CRC64NVME", $of.checksum_crc64_nvme()),
            ("SHA1", $of.checksum_sha1()),
            ("SHA256", $of.checksum_sha256()),
            ("SHA512", $of.checksum_sha512()),
            ("MD5", $of.checksum_md5()),
            ("XXHASH64", $of.checksum_xxhash64()),
            ("XXHASH3", $of.checksum_xxhash3()),
            ("XXHASH128", $of.checksum_xxhash128()),
        ]
    };
}
pub(crate) use checksum_fields;

/// The algorithm and value that are there: an object has one checksum.
pub(crate) fn present<'a, const N: usize>(
    fields: [(&'static str, Option<&'a str>); N],
) -> Option<(&'static str, &'a str)> {
    fields.into_iter().find_map(|(algorithm, value)| Some((algorithm, value?)))
}

/// The checksum by the name of its field, as part receipts keep it.
pub(crate) fn named<const N: usize>(
    fields: [(&'static str, Option<&str>); N],
) -> Option<(String, String)> {
    present(fields).map(|(algorithm, value)| (format!("Checksum{algorithm}"), value.to_owned()))
}

/// Whether S3 can make a whole object's sum from its parts' sums: only for
/// CRCs, which are linear. Of the others a multipart upload has composites.
pub(crate) fn joins_parts(algorithm: &str) -> bool {
    algorithm.starts_with("CRC")
}

/// Puts a part's checksum back under its name. A name that isn't known here
/// can't have come from here; S3 then asks for what is missing.
pub(crate) fn restate(
    part: CompletedPartBuilder,
    checksum: Option<&(String, String)>,
) -> CompletedPartBuilder {
    let Some((name, value)) = checksum else { return part };
    match name.strip_prefix("Checksum").unwrap_or(name) {
        "CRC32" => part.checksum_crc32(value),
        "CRC32C" => part.checksum_crc32_c(value),
        "CRC64NVME" => part.checksum_crc64_nvme(value),
        "SHA1" => part.checksum_sha1(value),
        "SHA256" => part.checksum_sha256(value),
        "SHA512" => part.checksum_sha512(value),
        "MD5" => part.checksum_md5(value),
        "XXHASH64" => part.checksum_xxhash64(value),
        "XXHASH3" => part.checksum_xxhash3(value),
        "XXHASH128" => part.checksum_xxhash128(value),
        _ => part,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::CompletedPart;

    use super::*;

    #[test]
    fn every_field_finds_its_way_back() {
        let empty = CompletedPart::builder().build();
        for (algorithm, _) in checksum_fields!(empty) {
            let name = (format!("Checksum{algorithm}"), "AAAA".to_owned());
            let part = restate(CompletedPart::builder(), Some(&name)).build();
            assert_eq!(named(checksum_fields!(part)), Some(name));
        }
        assert_eq!(named(checksum_fields!(empty)), None);
    }
}
