//! Uploads against a reference of their own: begun, filled, listed, completed
//! and aborted in any order, with ids that ended, tags that are another's,
//! parts that are missing and conditions that don't hold.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use reseal_sandbox::model::{
    Code, CompletedPart, Content, ObjectRef, PutObject, Request, Response, TagCondition,
    UploadPart, UploadRef, WriteAttributes,
};

use super::support::{PLAIN, VERSIONED, World, complete, put, tag};
use super::uploads_reference::{Answer, Call, Condition, Id, MIB, Piece, Reference, Tagged};

static COMPLETED: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

fn piece() -> impl Strategy<Value = Piece> {
    (0..3u64, select(vec![MIB, 5 * MIB, 6 * MIB])).prop_map(|(origin, len)| Piece { origin, len })
}

/// Mostly an upload that is open, with its key.
fn upload(state: &Reference) -> BoxedStrategy<(u8, Id)> {
    let all = state.uploads.iter().enumerate();
    let open: Vec<_> = all.filter_map(|(id, found)| Some((found.as_ref()?.key, id))).collect();
    let any = (0..2u8, 0..state.uploads.len() + 1).boxed();
    if open.is_empty() { any } else { prop_oneof![6 => select(open), 1 => any].boxed() }
}

/// The parts that are there, or nearly.
fn parts(state: &Reference, id: Id) -> BoxedStrategy<Vec<(u32, Tagged)>> {
    let found = state.uploads.get(id).and_then(Option::as_ref);
    let there: Vec<_> = found.map_or_else(Vec::new, |upload| {
        upload.parts.iter().map(|(number, piece)| (*number, Tagged::Whole(*piece))).collect()
    });
    let last = there.len().saturating_sub(1);
    let meddled = (Just(there.clone()), 0..5u8, 0..=last, piece());
    let meddled = meddled.prop_map(|(mut parts, how, at, piece)| {
        match how {
            0 => parts.reverse(),
            1 => parts.push((9, Tagged::Whole(piece))),
            2 if at < parts.len() => parts[at].1 = Tagged::Whole(piece),
            3 if at < parts.len() => parts[at].1 = Tagged::Nobodys,
            _ if at < parts.len() => drop(parts.remove(at)),
            _ => {}
        }
        parts
    });
    prop_oneof![3 => Just(there), 2 => meddled].boxed()
}

fn completion(state: &Reference) -> BoxedStrategy<Call> {
    let (uploads, state) = (upload(state), state.clone());
    let of_upload = move |(key, id): (u8, Id)| {
        let current = state.current(key).cloned().unwrap_or(Tagged::Nobodys);
        let on = prop_oneof![
            3 => Just(Condition::None),
            3 => Just(Condition::Matches(current)),
            1 => piece().prop_map(|piece| Condition::Matches(Tagged::Whole(piece))),
            1 => Just(Condition::Absent),
        ];
        let sized = prop_oneof![3 => Just(None), 2 => Just(Some(0)), 1 => Just(Some(1))];
        (parts(&state, id), sized, on).prop_map(move |(parts, off, on)| {
            let size = off.map(|off| off + parts.iter().map(|(_, tag)| tag.len()).sum::<u64>());
            Call::Complete { key, id, parts, size, on }
        })
    };
    uploads.prop_flat_map(of_upload).boxed()
}

impl ReferenceStateMachine for Reference {
    type State = Self;
    type Transition = Call;

    fn init_state() -> BoxedStrategy<Self> {
        any::<bool>().prop_map(Self::new).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Call> {
        let number = prop_oneof![12 => 1..4u32, 1 => select(vec![0, 10_000, 10_001])];
        let part = (upload(state), number, piece())
            .prop_map(|((key, id), number, piece)| Call::Part { key, id, number, piece });
        let abort = upload(state).prop_map(|(key, id)| Call::Abort { key, id });
        prop_oneof![
            3 => (0..2u8, piece()).prop_map(|(key, piece)| Call::Put(key, piece)),
            1 => (0..2u8).prop_map(Call::Delete),
            3 => (0..2u8).prop_map(Call::Create),
            9 => part,
            5 => completion(state),
            1 => abort,
        ]
        .boxed()
    }

    fn apply(mut state: Self, call: &Call) -> Self {
        state.call(call);
        state
    }
}

/// The sandbox's model, and what its symbols stand for.
struct Uploads {
    world: World,
    bucket: &'static str,
    ids: Vec<String>,
    tags: BTreeMap<Tagged, String>,
}

fn name_of(key: u8) -> String {
    format!("key-{key}")
}

fn content(tagged: &Tagged) -> Content {
    let pieces = match tagged {
        Tagged::Whole(piece) => std::slice::from_ref(piece),
        Tagged::Parts(pieces) => pieces,
        Tagged::Nobodys => &[],
    };
    let mut content = Content::default();
    for piece in pieces {
        content.append(&Content::generated(piece.origin, piece.len));
    }
    content
}

impl Uploads {
    fn upload(&self, key: u8, id: Id) -> UploadRef {
        let upload_id = self.ids.get(id).cloned().unwrap_or_else(|| "nobodys".to_owned());
        UploadRef { bucket: self.bucket.to_owned(), key: name_of(key), upload_id }
    }

    /// What was never written has no tag that anything could match.
    fn tag(&self, tagged: &Tagged) -> String {
        self.tags.get(tagged).cloned().unwrap_or_else(|| "0".repeat(32))
    }

    /// The same bytes have the same tag, and others another.
    fn learn(&mut self, tagged: Tagged, tag: &str) {
        let others = self.tags.iter().filter(|(other, _)| **other != tagged);
        assert!(others.into_iter().all(|(_, known)| *known != tag), "one tag for two contents");
        let known = self.tags.entry(tagged).or_insert_with(|| tag.to_owned());
        assert_eq!(*known, tag);
    }

    fn request(&self, call: &Call) -> Request {
        match call {
            Call::Put(key, piece) => Request::PutObject(PutObject {
                content: content(&Tagged::Whole(*piece)),
                ..put(self.bucket, &name_of(*key), "")
            }),
            Call::Delete(key) => {
                Request::DeleteObject(ObjectRef::current(self.bucket, name_of(*key)))
            }
            Call::Create(key) => Request::CreateUpload {
                bucket: self.bucket.to_owned(),
                key: name_of(*key),
                attributes: Box::new(WriteAttributes::default()),
            },
            Call::Part { key, id, number, piece } => Request::UploadPart(UploadPart {
                upload: self.upload(*key, *id),
                number: *number,
                content: content(&Tagged::Whole(*piece)),
                checksum: Default::default(),
            }),
            Call::Complete { key, id, parts, size, on } => {
                let named = parts.iter().map(|(number, tagged)| CompletedPart {
                    number: *number,
                    etag: self.tag(tagged),
                    checksum: None,
                });
                let mut request = complete(&self.upload(*key, *id), named.collect());
                request.size = *size;
                match on {
                    Condition::None => {}
                    Condition::Matches(tagged) => {
                        request.conditions.if_match = tag(&self.tag(tagged));
                    }
                    Condition::Absent => {
                        request.conditions.if_none_match = Some(TagCondition::Any);
                    }
                }
                Request::CompleteUpload(request)
            }
            Call::Abort { key, id } => Request::AbortUpload(self.upload(*key, *id)),
        }
    }

    fn call(&mut self, call: &Call, completed: Option<&Tagged>) -> Answer {
        match self.world.apply(self.request(call)) {
            Err(fault) => refused(fault.code),
            Ok(answer) => {
                match (call, answer) {
                    (Call::Create(_), Response::UploadStarted(started)) => {
                        self.ids.push(started.upload_id);
                    }
                    (
                        Call::Put(_, piece) | Call::Part { piece, .. },
                        Response::Written(written) | Response::Part(written),
                    ) => self.learn(Tagged::Whole(*piece), &written.etag.to_string()),
                    (Call::Complete { .. }, Response::Written(written)) => {
                        let completed = completed.expect("the reference completed it too");
                        self.learn(completed.clone(), &written.etag.to_string());
                    }
                    _ => {}
                }
                Answer::Done
            }
        }
    }

    fn objects_are(&mut self, state: &Reference) {
        let lines = self.world.dump(self.bucket);
        for key in 0..2 {
            let name = name_of(key);
            let versions = lines.iter().filter(|line| line.key == name && line.size.is_some());
            assert_eq!(versions.count(), state.versions(key), "versions of {name}");
            let found = self.world.head(ObjectRef::current(self.bucket, name)).ok();
            let found =
                found.map(|view| (view.object.etag.to_string(), view.object.content.clone()));
            let ours = state.current(key).map(|tagged| (self.tag(tagged), content(tagged)));
            assert_eq!(found, ours, "key {key}");
        }
    }

    fn uploads_are(&mut self, state: &Reference) {
        let open: Vec<_> = state.uploads.iter().flatten().collect();
        assert_eq!(self.world.model.unfinished_uploads(self.bucket), open.len());
        for (id, upload) in state.uploads.iter().enumerate() {
            let key = upload.as_ref().map_or(0, |upload| upload.key);
            let (mut marker, mut found) = (Some(0), Vec::new());
            while let Some(from) = marker {
                let upload = self.upload(key, id);
                let request = Request::ListParts { upload, marker: from, max: Some(2) };
                let Ok(Response::Parts(page)) = self.world.apply(request) else { break };
                let parts = page.parts.iter();
                found.extend(parts.map(|part| (part.number, part.size, part.etag.to_string())));
                marker = page.next;
            }
            assert_eq!(marker.is_none(), upload.is_some(), "whether upload {id} is listed");
            let ours: Vec<_> = upload.as_ref().map_or_else(Vec::new, |upload| {
                let parts = upload.parts.iter();
                parts.map(|(n, p)| (*n, p.len, self.tag(&Tagged::Whole(*p)))).collect()
            });
            assert_eq!(found, ours, "the parts of upload {id}");
        }
    }
}

fn refused(code: Code) -> Answer {
    match code {
        Code::NoSuchUpload => Answer::NoSuchUpload,
        Code::NoSuchKey => Answer::NoSuchKey,
        Code::InvalidArgument => Answer::BadNumber,
        Code::InvalidPartOrder => Answer::BadOrder,
        Code::InvalidPart => Answer::BadPart,
        Code::EntityTooSmall => Answer::TooSmall,
        Code::MalformedXml => Answer::Empty,
        Code::InvalidRequest => Answer::BadSize,
        Code::PreconditionFailed => Answer::Precondition,
        other => panic!("nothing of this is refused with {other:?}"),
    }
}

/// The sandbox's model beside the reference.
struct Sandbox;

impl StateMachineTest for Sandbox {
    type SystemUnderTest = Uploads;
    type Reference = Reference;

    fn init_test(start: &Reference) -> Uploads {
        let bucket = if start.versioned { VERSIONED } else { PLAIN };
        Uploads { world: World::new(), bucket, ids: Vec::new(), tags: BTreeMap::new() }
    }

    fn apply(mut sandbox: Uploads, state: &Reference, call: Call) -> Uploads {
        let (_, expected) = state.last.as_ref().expect("a call");
        let completed = match &call {
            Call::Complete { parts, .. } if *expected == Answer::Done => {
                COMPLETED.fetch_add(1, Ordering::Relaxed);
                let piece = |tagged: &Tagged| match tagged {
                    Tagged::Whole(piece) => *piece,
                    other => panic!("{other:?} is no part"),
                };
                Some(Tagged::Parts(parts.iter().map(|(_, tagged)| piece(tagged)).collect()))
            }
            Call::Complete { .. } => {
                REFUSED.fetch_add(1, Ordering::Relaxed);
                None
            }
            _ => None,
        };
        assert_eq!(sandbox.call(&call, completed.as_ref()), *expected, "{call:?}");
        sandbox
    }

    fn check_invariants(sandbox: &Uploads, state: &Reference) {
        // Reading counts requests, and nothing else.
        let world = World { model: sandbox.world.model.clone(), ..World::new() };
        let (ids, tags) = (sandbox.ids.clone(), sandbox.tags.clone());
        let mut looked_at = Uploads { world, ids, tags, bucket: sandbox.bucket };
        looked_at.objects_are(state);
        looked_at.uploads_are(state);
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        // What fails here fails everywhere.
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    fn run(sequential 10..60 => Sandbox);
}

#[test]
fn uploads_do_what_the_reference_does() {
    run();
    let [completed, refused] = [&COMPLETED, &REFUSED].map(|count| count.load(Ordering::Relaxed));
    assert!(completed > 100 && refused > 200, "{completed} completed, {refused} refused");
}
