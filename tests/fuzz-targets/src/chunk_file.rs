//! Chunk files, which lie where others may write.

use reseal_core::{ChunkDigest, ChunkFile, MAX_CHUNK_ROWS};

pub(crate) fn chunk_file(bytes: &[u8]) {
    let other = ChunkDigest::of(b"another file");
    assert!(ChunkFile::decode(bytes, &other).is_err(), "only the file that the ledger binds");
    let Ok(file) = ChunkFile::decode(bytes, &ChunkDigest::of(bytes)) else { return };
    assert!(file.len() <= MAX_CHUNK_ROWS);
    for row in &file.rows {
        let object = row.object(&file.bucket);
        assert!((1..=1024).contains(&object.key.as_str().len()), "a key that S3 can hold");
    }
    let ours = file.encode().expect("what was read is written");
    let again = ChunkFile::decode(&ours, &ChunkDigest::of(&ours)).expect("what we wrote is read");
    assert_eq!(again, file);
    assert_eq!(again.encode().expect("encodes"), ours, "the same rows give the same bytes");
}
