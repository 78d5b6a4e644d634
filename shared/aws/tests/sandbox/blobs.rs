//! Objects that are read whole, over HTTP.

use reseal_core::ports::{Blob, BlobPin, BlobRequest, Blobs};
use reseal_core::{ETag, StoreErrorKind};
use reseal_sandbox::model::{SeedContent, SeedObject};

use crate::world::{BUCKET_A, BUCKET_B, World};

async fn drain(mut blob: Blob) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(piece) = blob.body.next().await.expect("a piece") {
        assert!(!piece.is_empty());
        bytes.extend(piece);
    }
    bytes
}

#[tokio::test]
async fn an_object_is_read_from_any_byte_on_and_only_as_it_was() {
    let world = World::new().await;
    for bucket in [BUCKET_A, BUCKET_B] {
        let seed = |text: &'static str| SeedObject {
            content: SeedContent::Inline(text.into()),
            ..SeedObject::new(bucket, "a b+c", 0)
        };
        let object = world.seed(seed("0123456789"));
        let open = async |request: BlobRequest<'_>| world.store.open(&request).await;
        let request = BlobRequest { object: &object, pin: None, from: 0, limit: 10 };

        let first = open(request.clone()).await.expect("opens");
        let pin = first.pin.clone();
        assert_eq!((first.size, drain(first).await.as_slice()), (10, &b"0123456789"[..]));
        let pinned = BlobRequest { pin: Some(&pin), from: 7, ..request };
        let rest = open(pinned.clone()).await.expect("opens");
        assert_eq!((&rest.pin, rest.size), (&pin, 10));
        assert_eq!(drain(rest).await, b"789");

        let large = open(BlobRequest { limit: 9, ..pinned.clone() }).await.err().expect("refused");
        assert_eq!((large.kind, large.code.as_str()), (StoreErrorKind::Invalid, "TooLarge"));
        let other = BlobPin { etag: ETag::new("0123"), ..pin.clone() };
        let changed = open(BlobRequest { pin: Some(&other), ..pinned.clone() }).await;
        assert_eq!(changed.err().expect("refused").kind, StoreErrorKind::PreconditionFailed);

        world.seed(seed("replaced by this"));
        let still = open(pinned).await;
        if pin.version.is_some() {
            // The version is read, though another lies above it.
            assert_eq!(drain(still.expect("opens")).await, b"789");
        } else {
            assert_eq!(still.err().expect("refused").kind, StoreErrorKind::PreconditionFailed);
        }
    }
}
