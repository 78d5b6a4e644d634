//! Refusals: S3's and KMS's error codes with their HTTP status and message.

use std::fmt;

use super::ids::VersionId;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal;)*) => {
        /// An error code of S3 or KMS.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = concat!("`", $text, "`, HTTP ", stringify!($status), ".")] $name,)* }

        impl Code {
            /// The code as it stands in the answer.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

codes! {
    AccessControlListNotSupported = "AccessControlListNotSupported", 400;
    AccessDenied = "AccessDenied", 403;
    AnnotationLimitExceeded = "AnnotationLimitExceeded", 400;
    AnnotationNameTooLong = "AnnotationNameTooLong", 400;
    BadDigest = "BadDigest", 400;
    BadRequest = "BadRequest", 400;
    BucketAlreadyExists = "BucketAlreadyExists", 409;
    BucketAlreadyOwnedByYou = "BucketAlreadyOwnedByYou", 409;
    BucketNotEmpty = "BucketNotEmpty", 409;
    EntityTooLarge = "EntityTooLarge", 400;
    EntityTooSmall = "EntityTooSmall", 400;
    ExpiredToken = "ExpiredToken", 400;
    InternalError = "InternalError", 500;
    InvalidAccessKeyId = "InvalidAccessKeyId", 403;
    InvalidAction = "InvalidAction", 400;
    InvalidAnnotationName = "InvalidAnnotationName", 400;
    InvalidArgument = "InvalidArgument", 400;
    InvalidBucketAclWithOwnership = "InvalidBucketAclWithObjectOwnership", 400;
    InvalidBucketName = "InvalidBucketName", 400;
    InvalidBucketState = "InvalidBucketState", 409;
    InvalidObjectState = "InvalidObjectState", 403;
    InvalidPart = "InvalidPart", 400;
    InvalidPartNumber = "InvalidPartNumber", 416;
    InvalidPartOrder = "InvalidPartOrder", 400;
    InvalidRange = "InvalidRange", 416;
    InvalidRequest = "InvalidRequest", 400;
    InvalidStorageClass = "InvalidStorageClass", 400;
    InvalidTag = "InvalidTag", 400;
    KeyTooLong = "KeyTooLongError", 400;
    KmsDisabled = "KMS.DisabledException", 400;
    KmsInvalidKeyUsage = "KMS.InvalidKeyUsageException", 400;
    KmsInvalidState = "KMS.KMSInvalidStateException", 400;
    KmsNotFound = "KMS.NotFoundException", 400;
    MalformedAcl = "MalformedACLError", 400;
    MalformedPolicy = "MalformedPolicy", 400;
    MalformedXml = "MalformedXML", 400;
    MetadataTooLarge = "MetadataTooLarge", 400;
    MethodNotAllowed = "MethodNotAllowed", 405;
    NoSuchAnnotation = "NoSuchAnnotation", 404;
    NoSuchBucket = "NoSuchBucket", 404;
    NoSuchBucketPolicy = "NoSuchBucketPolicy", 404;
    NoSuchConfiguration = "NoSuchConfiguration", 404;
    NoSuchCorsConfiguration = "NoSuchCORSConfiguration", 404;
    NoSuchKey = "NoSuchKey", 404;
    NoSuchLifecycleConfiguration = "NoSuchLifecycleConfiguration", 404;
    NoSuchObjectLock = "NoSuchObjectLockConfiguration", 404;
    NoSuchPublicAccessBlock = "NoSuchPublicAccessBlockConfiguration", 404;
    NoSuchTagSet = "NoSuchTagSet", 404;
    NoSuchUpload = "NoSuchUpload", 404;
    NoSuchVersion = "NoSuchVersion", 404;
    NoSuchWebsiteConfiguration = "NoSuchWebsiteConfiguration", 404;
    NotImplemented = "NotImplemented", 501;
    NotModified = "NotModified", 304;
    ObjectLockNotFound = "ObjectLockConfigurationNotFoundError", 404;
    OwnershipControlsNotFound = "OwnershipControlsNotFoundError", 404;
    PermanentRedirect = "PermanentRedirect", 301;
    PreconditionFailed = "PreconditionFailed", 412;
    ReplicationNotFound = "ReplicationConfigurationNotFoundError", 404;
    RestoreAlreadyInProgress = "RestoreAlreadyInProgress", 409;
    SlowDown = "SlowDown", 503;
    AlreadyExistsException = "AlreadyExistsException", 400;
    KmsAccessDenied = "AccessDeniedException", 400;
    NotFoundException = "NotFoundException", 400;
    KmsInvalidStateException = "KMSInvalidStateException", 400;
    UnexpectedContent = "UnexpectedContent", 400;
    UnsupportedMediaType = "UnsupportedMediaType", 415;
    ValidationError = "ValidationError", 400;
    ValidationException = "ValidationException", 400;
    TooManyConfigurations = "TooManyConfigurations", 400;
}

/// What an answer about a delete marker says in its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkerNote {
    /// The marker's version, where the bucket has versions.
    pub version_id: Option<VersionId>,
    /// The marker's date, in milliseconds, where S3 tells it.
    pub last_modified: Option<super::Moment>,
}

/// A request refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The code.
    pub code: Code,
    /// The sentence beside it. Some cases are told apart by nothing else.
    pub message: String,
    /// Further elements of the error document, by name.
    pub details: Vec<(&'static str, String)>,
    /// Set when the object is hidden by a delete marker.
    pub marker: Option<MarkerNote>,
}

impl Fault {
    /// A refusal with nothing but code and message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Vec::new(), marker: None }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.code.status()
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    pub(crate) fn access_denied() -> Self {
        Self::new(Code::AccessDenied, "Access Denied")
    }

    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, message)
    }

    pub(crate) fn no_such_key(key: &str) -> Self {
        Self::new(Code::NoSuchKey, "The specified key does not exist.").with("Key", key)
    }

    pub(crate) fn no_such_version(key: &str, version: &str) -> Self {
        Self::new(Code::NoSuchVersion, "The specified version does not exist.")
            .with("Key", key)
            .with("VersionId", version)
    }

    pub(crate) fn precondition(condition: &'static str) -> Self {
        Self::new(
            Code::PreconditionFailed,
            "At least one of the pre-conditions you specified did not hold",
        )
        .with("Condition", condition)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code.as_str(), self.status(), self.message)
    }
}

impl std::error::Error for Fault {}
