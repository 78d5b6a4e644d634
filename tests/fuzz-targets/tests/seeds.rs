//! The fuzz targets on stable: their seeds, bytes of any kind, and seeds that
//! were meddled with. One seed of randomness: what fails here fails everywhere.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use reseal_fuzz_targets::{TARGETS, Target};

/// The most bytes that a folder of seeds may have: it is read by people.
const SMALL: usize = 8 * 1024;

fn seeds() -> BTreeMap<String, Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let files = |path: &Path| {
        let mut paths: Vec<_> = std::fs::read_dir(path)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        paths
    };
    let named = files(&folder).into_iter().map(|target| {
        let seeds = files(&target).into_iter().map(|seed| std::fs::read(seed).expect("a file"));
        (target.file_name().expect("a name").to_string_lossy().into_owned(), seeds.collect())
    });
    named.collect()
}

/// What a fuzzer does to a seed.
#[derive(Clone, Debug)]
enum Meddling {
    Set(usize, u8),
    Flip(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
    Insert(usize, Vec<u8>),
    /// All before the place, then another seed from there on.
    Splice(usize, usize),
    Cut(usize),
}

fn meddling() -> impl Strategy<Value = Meddling> {
    let place = any::<usize>;
    let word = prop_oneof![
        Just(b"18446744073709551615".to_vec()),
        Just(b"-1".to_vec()),
        Just(b"null".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Meddling::Set(at, byte)),
        (place(), 0..8u8).prop_map(|(at, bit)| Meddling::Flip(at, bit)),
        (place(), 1..20usize).prop_map(|(at, len)| Meddling::Remove(at, len)),
        (place(), 1..60usize).prop_map(|(at, len)| Meddling::Repeat(at, len)),
        (place(), word).prop_map(|(at, word)| Meddling::Insert(at, word)),
        (place(), place()).prop_map(|(at, other)| Meddling::Splice(at, other)),
        place().prop_map(Meddling::Cut),
    ]
}

impl Meddling {
    fn apply(&self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = |place: &usize| place % bytes.len().max(1);
        let end = |start: usize, len: &usize| (start + len).min(bytes.len());
        match self {
            _ if bytes.is_empty() => bytes.push(b'0'),
            Self::Set(place, byte) => {
                let at = at(place);
                bytes[at] = *byte;
            }
            Self::Flip(place, bit) => {
                let at = at(place);
                bytes[at] ^= 1 << bit;
            }
            Self::Remove(place, len) => {
                let (start, end) = (at(place), end(at(place), len));
                bytes.drain(start..end);
            }
            Self::Repeat(place, len) => {
                let (start, end) = (at(place), end(at(place), len));
                let again = bytes[start..end].to_vec();
                bytes.splice(end..end, again);
            }
            Self::Insert(place, word) => {
                let at = at(place);
                bytes.splice(at..at, word.iter().copied());
            }
            Self::Splice(place, other) => {
                let (at, other) = (at(place), &seeds[other % seeds.len()]);
                bytes.truncate(at);
                bytes.extend(other.iter().skip(at));
            }
            Self::Cut(place) => bytes.truncate(at(place)),
        }
    }
}

fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig { cases, failure_persistence: None, ..Default::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Each target with its name and seeds.
fn each(act: impl Fn(&str, Target, &[Vec<u8>])) {
    let seeds = seeds();
    for (name, target) in TARGETS {
        act(name, *target, &seeds[*name]);
    }
}

#[test]
fn every_target_has_seeds_and_every_seed_a_target() {
    let seeds = seeds();
    let names: Vec<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(seeds.keys().cloned().collect::<Vec<_>>(), names);
    for (name, seeds) in seeds {
        let bytes: usize = seeds.iter().map(Vec::len).sum();
        assert!(seeds.len() >= 4 && bytes <= SMALL, "{name}: {} seeds, {bytes} bytes", seeds.len());
    }
}

/// A binary of libFuzzer that nobody wrote would fuzz nothing.
#[test]
fn every_target_has_a_binary_for_libfuzzer() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).expect("a manifest");
    for (name, _) in TARGETS {
        let text = std::fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs")));
        assert!(text.expect("a binary").contains(&format!("\"{name}\"")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
    }
}

#[test]
fn seeds_hold() {
    each(|_, target, seeds| seeds.iter().for_each(|seed| target(seed)));
}

#[test]
fn any_bytes_hold() {
    each(|name, target, _| {
        let outcome = runner(150).run(&prop::collection::vec(any::<u8>(), 0..200), |bytes| {
            target(&bytes);
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    });
}

#[test]
fn seeds_that_were_meddled_with_hold() {
    each(|name, target, seeds| {
        let meddled = (0..seeds.len(), prop::collection::vec(meddling(), 1..5));
        let outcome = runner(300).run(&meddled, |(seed, meddlings)| {
            let mut bytes = seeds[seed].clone();
            meddlings.iter().for_each(|meddling| meddling.apply(&mut bytes, seeds));
            target(&bytes);
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    });
}
