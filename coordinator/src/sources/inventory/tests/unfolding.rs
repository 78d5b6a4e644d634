//! What little bytes may come to: an ORC file made by hand, whose dictionaries
//! hold texts of no length, which take next to nothing.

use std::fs::File;

use super::super::orc::OrcFile;
use super::super::table::{Named, Spelling, Table as _};
use super::Folder;

/// Texts of a dictionary in a run of three bytes.
const RUN: usize = 130;

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn number(field: u8, number: usize) -> Vec<u8> {
    [vec![field << 3], varint(number as u64)].concat()
}

fn message(field: u8, inner: &[u8]) -> Vec<u8> {
    [&[field << 3 | 2], &varint(inner.len() as u64)[..], inner].concat()
}

/// A stripe of one row and its footer; both columns point into dictionaries of
/// so many runs of empty texts.
fn stripe(runs: usize) -> (Vec<u8>, Vec<u8>) {
    let lengths = [RUN as u8 - 3, 0, 0].repeat(runs);
    // One place, as it is: the first one.
    let places = [0xff, 0];
    let (mut data, mut streams, mut encodings) = (vec![], vec![], message(2, &[]));
    for column in [1, 2] {
        for (kind, bytes) in [(1, &places[..]), (2, &lengths), (3, &[])] {
            let told = [number(1, kind), number(2, column), number(3, bytes.len())].concat();
            streams.extend(message(1, &told));
            data.extend(bytes);
        }
        encodings.extend(message(2, &[number(1, 1), number(2, runs * RUN)].concat()));
    }
    (data, [streams, encodings].concat())
}

/// A file of such stripes, nothing packed.
fn file(stripes: &[usize]) -> Vec<u8> {
    let (mut bytes, mut footer) = (b"ORC".to_vec(), Vec::new());
    for runs in stripes {
        let (data, tail) = stripe(*runs);
        let lengths = [number(3, data.len()), number(4, tail.len()), number(5, 1)].concat();
        footer.extend(message(3, &[number(1, bytes.len()), lengths].concat()));
        bytes.extend([data, tail].concat());
    }
    let names = [message(3, b"bucket"), message(3, b"key")].concat();
    let root = [number(1, 12), message(2, &[1, 2]), names].concat();
    footer.extend(message(4, &root));
    footer.extend(message(4, &number(1, 7)).repeat(2));
    footer.extend(number(6, stripes.len()));
    // The magic's field is number 8000.
    let script = [number(1, footer.len()), number(2, 0), vec![0x82, 0xf4, 3, 3], b"ORC".to_vec()];
    let script = script.concat();
    [bytes, footer, script.clone(), vec![script.len() as u8]].concat()
}

/// How many rows are read, and what is refused in the end.
fn read(stripes: &[usize]) -> (u64, Option<String>) {
    let folder = Folder::new();
    let bytes = file(stripes);
    let path = folder.write("file.orc", &bytes);
    let named = Named::parse("struct<bucket:string,key:string>", Spelling::Struct);
    let file = File::open(path).expect("a file");
    let opened = OrcFile::open(file, bytes.len() as u64, named.expect("a schema"));
    let mut rows = opened.unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut read = 0;
    loop {
        match rows.advance() {
            Ok(true) => read += 1,
            Ok(false) => return (read, None),
            Err(refusal) => return (read, Some(refusal)),
        }
    }
}

#[test]
fn dictionaries_of_all_stripes_are_bounded_by_the_file() {
    assert_eq!(read(&[1, 2, 3]), (3, None));
    // As much as any file may hold, in one stripe or in several.
    assert_eq!(read(&[2_000]), (1, None));
    assert_eq!(read(&[200; 10]), (10, None));
    // 346 times what it takes, where a file may hold 250 times, and 4 MiB.
    for stripes in [&[9_000][..], &[900; 10]] {
        let (read, refusal) = read(stripes);
        let refusal = refusal.expect("refused");
        assert!(refusal.contains("too long: a bomb?"), "{read} rows, then {refusal}");
        assert!(stripes.len() == 1 || read >= 5, "{read} rows");
    }
}
