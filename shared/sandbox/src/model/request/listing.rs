//! Requests for pages of a listing.

/// ListObjects and ListObjectsV2.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListObjects {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin so.
    pub prefix: String,
    /// Where to cut keys into common prefixes.
    pub delimiter: Option<String>,
    /// Only keys after this one.
    pub after: Option<String>,
    /// At most so many; S3 gives no more than 1,000.
    pub max: Option<usize>,
}

/// ListObjectVersions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListVersions {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin so.
    pub prefix: String,
    /// Where to cut keys into common prefixes.
    pub delimiter: Option<String>,
    /// Only after this key …
    pub key_marker: Option<String>,
    /// … or, with this, after this version of it.
    pub version_marker: Option<String>,
    /// At most so many.
    pub max: Option<usize>,
}

/// ListMultipartUploads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListUploads {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin so.
    pub prefix: String,
    /// Where to cut keys into common prefixes.
    pub delimiter: Option<String>,
    /// Only after this key …
    pub key_marker: Option<String>,
    /// … or, with this, after this upload of it.
    pub upload_marker: Option<String>,
    /// At most so many.
    pub max: Option<usize>,
}
