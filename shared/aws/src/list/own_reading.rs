//! Our reader in place of the SDK's, for one call. Everything else about the
//! call stays the SDK's: signing, deadlines, reading the body to its end, and
//! whatever S3 answers but 200.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::{BoxError, ErrorMetadata};
use aws_sdk_s3::operation::list_object_versions::{
    ListObjectVersionsError, ListObjectVersionsOutput,
};
use aws_sdk_s3::operation::list_objects_v2::{ListObjectsV2Error, ListObjectsV2Output};
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use reseal_core::ports::ListPage;
use reseal_core::{StoreError, StoreErrorKind};

use super::document::{self, Document, Listing};
use crate::failure::{one_line, unusable_answer};
use crate::whole::LooksItself;

/// Reads the answer when it comes, and keeps the page for whoever asked.
#[derive(Clone, Debug)]
pub(super) struct OwnReading {
    listing: Listing,
    page: Arc<Mutex<Option<Result<ListPage, StoreError>>>>,
}

impl OwnReading {
    pub(super) fn of(listing: Listing) -> Self {
        Self { listing, page: Arc::default() }
    }

    /// The page, once the call ended well.
    pub(super) fn page(&self) -> Result<ListPage, StoreError> {
        let mut page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        let unread = || unusable_answer(StoreErrorKind::Unavailable, "the answer wasn't read");
        page.take().unwrap_or_else(|| Err(unread()))
    }

    fn keep(&self, page: Result<ListPage, StoreError>) {
        *self.page.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for OwnReading {
    fn name(&self) -> &'static str {
        "OwnReading"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().status().as_u16() == 200 {
            let state = config.interceptor_state();
            state.store_put(SharedResponseDeserializer::new(self.clone()));
            state.store_put(LooksItself);
        }
        Ok(())
    }
}

impl DeserializeResponse for OwnReading {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _config: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        // Loaded by now, because this isn't a streaming call.
        let body = response.body().bytes().unwrap_or_default();
        match document::read(self.listing, body) {
            Ok(Document::Page(page)) => self.keep(super::decoded(self.listing, page)),
            Ok(Document::Refusal { code, message }) => {
                let mut refusal = ErrorMetadata::builder();
                refusal = code.into_iter().fold(refusal, |it, code| it.code(code));
                refusal = message.into_iter().fold(refusal, |it, text| it.message(text));
                return Err(OrchestratorError::operation(refused(self.listing, refusal.build())));
            }
            // It may have been cut on its way: asked again, it may come whole.
            Err(why) => {
                let why = one_line(&why.to_string());
                self.keep(Err(unusable_answer(StoreErrorKind::Unavailable, &why)));
            }
        }
        Ok(nothing(self.listing))
    }
}

/// What whoever sent the call takes for its error; no other type is one to him.
fn refused(listing: Listing, why: ErrorMetadata) -> Error {
    match listing {
        Listing::Objects => Error::erase(ListObjectsV2Error::generic(why)),
        Listing::Versions => Error::erase(ListObjectVersionsError::generic(why)),
    }
}

/// An answer without contents, likewise.
fn nothing(listing: Listing) -> Output {
    match listing {
        Listing::Objects => Output::erase(ListObjectsV2Output::builder().build()),
        Listing::Versions => Output::erase(ListObjectVersionsOutput::builder().build()),
    }
}
