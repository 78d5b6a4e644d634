//! All that the server remembers: one bit per object, the encryption that
//! copies ask for, and the probe's scratch objects.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use hyper::HeaderMap;
use hyper::header::HeaderValue;

use super::Args;
use super::counters::Counters;
use super::keys::Keys;
use super::limit::Limit;
use super::scratch::Scratches;

/// The encryption that a request asks for, as its headers say it.
#[derive(Clone, Debug)]
pub(super) struct Sse {
    pub(super) algorithm: HeaderValue,
    pub(super) key: Option<HeaderValue>,
    pub(super) bucket_key: Option<HeaderValue>,
}

pub(super) const SSE: &str = "x-amz-server-side-encryption";
pub(super) const SSE_KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";
pub(super) const SSE_BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";

impl Sse {
    /// SSE-S3, which every object has at first.
    pub(super) fn s3() -> Self {
        Self { algorithm: HeaderValue::from_static("AES256"), key: None, bucket_key: None }
    }

    /// What the headers ask for, if anything.
    pub(super) fn asked(headers: &HeaderMap) -> Option<Self> {
        Some(Self {
            algorithm: headers.get(SSE)?.clone(),
            key: headers.get(SSE_KEY).cloned(),
            bucket_key: headers.get(SSE_BUCKET_KEY).cloned(),
        })
    }

    /// Whether this is what the benchmarks call re-encrypted: under a KMS key.
    pub(super) fn is_kms(&self) -> bool {
        self.algorithm.as_bytes().starts_with(b"aws:kms")
    }

    /// Says it in an answer.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        headers.insert(SSE, self.algorithm.clone());
        if let Some(key) = &self.key {
            headers.insert(SSE_KEY, key.clone());
        }
        if let Some(bucket_key) = self.bucket_key.as_ref().filter(|value| *value == "true") {
            headers.insert(SSE_BUCKET_KEY, bucket_key.clone());
        }
    }
}

/// The server's state. One thread serves, so nothing is locked.
#[derive(Debug)]
pub(super) struct State {
    pub(super) keys: Keys,
    pub(super) object_size: u64,
    pub(super) latency: Duration,
    pub(super) counters: RefCell<Counters>,
    pub(super) scratches: RefCell<Scratches>,
    limit: Option<RefCell<Limit>>,
    done: RefCell<Vec<u64>>,
    target: RefCell<Option<Sse>>,
    uploads: Cell<u64>,
}

impl State {
    pub(super) fn new(args: &Args, now: Instant) -> Self {
        let burst = Duration::from_millis(args.burst_ms);
        let words = usize::try_from(args.objects.div_ceil(64)).unwrap_or(usize::MAX);
        Self {
            keys: Keys { objects: args.objects, prefixes: args.prefixes.max(1) },
            object_size: args.object_size,
            latency: Duration::from_millis(args.latency_ms),
            counters: RefCell::new(Counters::new(now)),
            scratches: RefCell::default(),
            limit: args.rate_limit.map(|rate| RefCell::new(Limit::new(rate, burst, now))),
            done: RefCell::new(vec![0; words]),
            target: RefCell::new(None),
            uploads: Cell::new(0),
        }
    }

    /// Whether an object request is within the limit.
    pub(super) fn admits(&self, now: Instant) -> bool {
        self.limit.as_ref().is_none_or(|limit| limit.borrow_mut().admits(now))
    }

    /// The object's encryption now, and whether it was re-encrypted.
    pub(super) fn encryption(&self, index: u64) -> (Sse, bool) {
        match self.target.borrow().as_ref().filter(|_| self.is_done(index)) {
            Some(target) => (target.clone(), true),
            None => (Sse::s3(), false),
        }
    }

    /// The object is under `sse` from now on. Anything but a KMS key leaves
    /// its bit as it is: a tool that forgets to ask shall not look fast.
    pub(super) fn re_encrypt(&self, index: u64, sse: &Sse) {
        if !sse.is_kms() {
            return;
        }
        self.target.borrow_mut().get_or_insert_with(|| sse.clone());
        let (word, bit) = place(index);
        let mut done = self.done.borrow_mut();
        if let Some(word) = done.get_mut(word)
            && *word & bit == 0
        {
            *word |= bit;
            self.counters.borrow_mut().encrypted();
        }
    }

    fn is_done(&self, index: u64) -> bool {
        let (word, bit) = place(index);
        self.done.borrow().get(word).is_some_and(|word| word & bit != 0)
    }

    /// A number that was never given out before.
    pub(super) fn next_upload(&self) -> u64 {
        self.uploads.set(self.uploads.get() + 1);
        self.uploads.get()
    }

    /// What the last upload asked for, or any copy before it.
    pub(super) fn remember(&self, sse: Sse) {
        *self.target.borrow_mut() = Some(sse);
    }

    pub(super) fn remembered(&self) -> Sse {
        self.target.borrow().clone().unwrap_or_else(Sse::s3)
    }
}

fn place(index: u64) -> (usize, u64) {
    (usize::try_from(index / 64).unwrap_or(usize::MAX), 1 << (index % 64))
}
