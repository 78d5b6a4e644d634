//! Objects that are read whole, without a wire.

use reseal_core::ports::{Blob, BlobPin, BlobRequest, Blobs};
use reseal_core::{ETag, StoreErrorKind};
use reseal_sandbox::model::{SeedContent, SeedObject};

use super::in_process::{object, ports, run};
use super::support::*;

async fn drain(mut blob: Blob) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(piece) = blob.body.next().await.expect("a piece") {
        assert!(!piece.is_empty());
        bytes.extend(piece);
    }
    bytes
}

#[test]
fn an_object_is_read_from_any_byte_on_and_only_as_it_was() {
    let mut world = World::new();
    let (text, now) = ("0123456789".repeat(10_000), world.now);
    let content = SeedContent::Inline(text.clone().into());
    let seed = SeedObject { content, ..SeedObject::new(PLAIN, "a b+c", 0) };
    world.model.seed_object(seed, now).expect("seeds");
    let (ports, _) = ports(world);
    let object = object(PLAIN, "a b+c");
    run(async {
        let request = BlobRequest { object: &object, pin: None, from: 0, limit: 100_000 };
        let first = ports.open(&request).await.expect("opens");
        let pin = first.pin.clone();
        assert_eq!(first.size, 100_000);
        assert!(drain(first).await == text.as_bytes());
        let pinned = BlobRequest { pin: Some(&pin), from: 99_997, ..request };
        let rest = ports.open(&pinned).await.expect("opens");
        assert_eq!((&rest.pin, rest.size), (&pin, 100_000));
        assert_eq!(drain(rest).await, b"789");
        let large = ports.open(&BlobRequest { limit: 99_999, ..pinned.clone() }).await;
        assert_eq!(large.err().expect("refused").code, "TooLarge");
        let other = BlobPin { etag: ETag::new("0123"), ..pin.clone() };
        let changed = ports.open(&BlobRequest { pin: Some(&other), ..pinned }).await;
        assert_eq!(changed.err().expect("refused").kind, StoreErrorKind::PreconditionFailed);
    });
}
