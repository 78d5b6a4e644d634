//! Requests about annotations.

use super::super::checksum::ChecksumRequest;
use super::super::content::Content;
use super::super::etag::TagCondition;
use super::objects::ObjectRef;

/// An annotation of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationRef {
    /// Which object.
    pub object: ObjectRef,
    /// The annotation's name.
    pub name: String,
}

/// PutObjectAnnotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutAnnotation {
    /// Which annotation.
    pub annotation: AnnotationRef,
    /// The payload.
    pub content: Content,
    /// Its checksum.
    pub checksum: ChecksumRequest,
    /// Only if the *object* has this tag.
    pub object_if_match: Option<TagCondition>,
}

/// DeleteObjectAnnotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteAnnotation {
    /// Which annotation.
    pub annotation: AnnotationRef,
    /// Only if the *object* has this tag.
    pub object_if_match: Option<TagCondition>,
}

/// ListObjectAnnotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListAnnotations {
    /// Of which object.
    pub object: ObjectRef,
    /// Only names that begin with this.
    pub prefix: String,
    /// Only names after this.
    pub after: Option<String>,
    /// At most so many.
    pub max: Option<usize>,
}
