//! Requests about an object's annotations.

use hyper::Method;

use super::super::fields;
use super::super::wire::Call;
use super::buckets::open_token;
use super::not_allowed;
use super::objects::content;
use crate::model::{
    AnnotationRef, DeleteAnnotation, Fault, ListAnnotations, ObjectRef, PutAnnotation, Request,
};

pub(super) fn route(call: &mut Call, object: ObjectRef) -> Result<Request, Fault> {
    let name = call.query("annotationName").map(str::to_owned);
    let object_if_match = fields::tag_condition(call, "x-amz-object-if-match");
    match (&call.method, name) {
        (&Method::GET, None) => list(call, object),
        (&Method::GET, Some(name)) => Ok(Request::GetAnnotation(AnnotationRef { object, name })),
        (&Method::PUT, name) => {
            let annotation = AnnotationRef { object, name: name.unwrap_or_default() };
            let checksum = fields::checksum(call)?;
            let content = content(call)?;
            let put = PutAnnotation { annotation, content, checksum, object_if_match };
            Ok(Request::PutAnnotation(Box::new(put)))
        }
        (&Method::DELETE, Some(name)) => {
            let annotation = AnnotationRef { object, name };
            Ok(Request::DeleteAnnotation(DeleteAnnotation { annotation, object_if_match }))
        }
        _ => Err(not_allowed()),
    }
}

fn list(call: &Call, object: ObjectRef) -> Result<Request, Fault> {
    let token = call.query("continuation-token").filter(|token| !token.is_empty());
    Ok(Request::ListAnnotations(ListAnnotations {
        object,
        prefix: call.query("annotation-prefix").unwrap_or_default().to_owned(),
        after: token.map(open_token).transpose()?,
        max: call.number("max-annotation-results")?,
    }))
}
