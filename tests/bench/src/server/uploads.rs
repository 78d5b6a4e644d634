//! Multipart copies, without remembering any part.

use super::objects::etag;
use super::state::{Sse, State};
use super::wire::{Call, Reply, S3_NAMESPACE, XML_START, copy_result, xml};

pub(super) fn create(state: &State, call: &Call<'_>) -> Reply {
    let sse = Sse::asked(call.headers).unwrap_or_else(Sse::s3);
    let upload = state.next_upload();
    state.remember(sse.clone());
    let mut reply = document(
        "InitiateMultipartUploadResult",
        call,
        &format!("<UploadId>upload-{upload}</UploadId>"),
    );
    sse.tell(reply.headers_mut());
    reply
}

pub(super) fn copy_part(call: &Call<'_>) -> Reply {
    let part = call.value("partNumber").unwrap_or_default();
    copy_result("CopyPartResult", &format!("\"{part:0>32}\""))
}

/// No part is remembered, so an upload that is taken up again begins anew.
pub(super) fn list_parts(call: &Call<'_>) -> Reply {
    let upload = call.value("uploadId").unwrap_or_default();
    let content = format!("<UploadId>{upload}</UploadId><IsTruncated>false</IsTruncated>");
    document("ListPartsResult", call, &content)
}

pub(super) fn complete(state: &State, call: &Call<'_>, index: u64) -> Reply {
    let sse = state.remembered();
    state.re_encrypt(index, &sse);
    let etag = etag(index, sse.is_kms()).replace('"', "&quot;");
    let content = format!("<Location>/{}</Location><ETag>{etag}</ETag>", call.bucket);
    let mut reply = document("CompleteMultipartUploadResult", call, &content);
    sse.tell(reply.headers_mut());
    reply
}

/// The keys here have no character that XML would mind.
fn document(root: &str, call: &Call<'_>, content: &str) -> Reply {
    let Call { bucket, key, .. } = call;
    xml(format!(
        "{XML_START}<{root} xmlns=\"{S3_NAMESPACE}\"><Bucket>{bucket}</Bucket><Key>{key}</Key>{content}</{root}>"
    ))
}
