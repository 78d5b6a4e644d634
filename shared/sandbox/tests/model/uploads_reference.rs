//! Multipart uploads of one bucket, written anew from the semantics page:
//! contents and entity tags are symbols here.

use std::collections::BTreeMap;

pub(super) const MIB: u64 = 1 << 20;
/// Parts that may be followed by another have at least this.
const SMALLEST: u64 = 5 * MIB;

/// What a part or an object holds: a stream by its number, and bytes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    pub(super) origin: u64,
    pub(super) len: u64,
}

/// Whatever has an entity tag: what was written at once, or put together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tagged {
    Whole(Piece),
    Parts(Vec<Piece>),
    /// A tag of nothing.
    Nobodys,
}

impl Tagged {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Whole(piece) => piece.len,
            Self::Parts(pieces) => pieces.iter().map(|piece| piece.len).sum(),
            Self::Nobodys => 0,
        }
    }
}

/// Uploads by the order of their beginning; ids beyond the last never were.
pub(super) type Id = usize;

#[derive(Clone, Debug)]
pub(super) enum Call {
    Put(u8, Piece),
    Delete(u8),
    Create(u8),
    Part { key: u8, id: Id, number: u32, piece: Piece },
    Complete { key: u8, id: Id, parts: Vec<(u32, Tagged)>, size: Option<u64>, on: Condition },
    Abort { key: u8, id: Id },
}

/// On what is there when an upload is completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    None,
    Matches(Tagged),
    Absent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    NoSuchUpload,
    NoSuchKey,
    BadNumber,
    BadOrder,
    BadPart,
    TooSmall,
    Empty,
    BadSize,
    Precondition,
}

#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) key: u8,
    /// When it began, which orders versions.
    begun: usize,
    pub(super) parts: BTreeMap<u32, Piece>,
}

#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) versioned: bool,
    /// Writes so far.
    clock: usize,
    /// `None` once it ended.
    pub(super) uploads: Vec<Option<Upload>>,
    /// By key: when, and what, `None` for a delete marker. Without versions
    /// at most one.
    pub(super) objects: BTreeMap<u8, BTreeMap<usize, Option<Tagged>>>,
    pub(super) last: Option<(Call, Answer)>,
}

impl Reference {
    pub(super) fn new(versioned: bool) -> Self {
        let (uploads, objects) = (Vec::new(), BTreeMap::new());
        Self { versioned, clock: 0, uploads, objects, last: None }
    }

    pub(super) fn current(&self, key: u8) -> Option<&Tagged> {
        self.objects.get(&key)?.last_key_value()?.1.as_ref()
    }

    /// How many versions the key has, markers left out.
    pub(super) fn versions(&self, key: u8) -> usize {
        self.objects.get(&key).map_or(0, |all| all.values().flatten().count())
    }

    pub(super) fn call(&mut self, call: &Call) {
        self.clock += 1;
        let answer = self.answer(call).unwrap_or_else(|refused| refused);
        self.last = Some((call.clone(), answer));
    }

    fn write(&mut self, key: u8, when: usize, what: Option<Tagged>) {
        let versions = self.objects.entry(key).or_default();
        if !self.versioned {
            versions.clear();
        }
        if self.versioned || what.is_some() {
            versions.insert(when, what);
        }
    }

    fn upload(&self, key: u8, id: Id) -> Result<&Upload, Answer> {
        let found = self.uploads.get(id).and_then(Option::as_ref);
        found.filter(|upload| upload.key == key).ok_or(Answer::NoSuchUpload)
    }

    fn answer(&mut self, call: &Call) -> Result<Answer, Answer> {
        let now = self.clock;
        match call {
            Call::Put(key, piece) => self.write(*key, now, Some(Tagged::Whole(*piece))),
            Call::Delete(key) => self.write(*key, now, None),
            Call::Create(key) => {
                let upload = Upload { key: *key, begun: now, parts: BTreeMap::new() };
                self.uploads.push(Some(upload));
            }
            Call::Part { key, id, number, piece } => {
                self.upload(*key, *id)?;
                if !(1..=10_000).contains(number) {
                    return Err(Answer::BadNumber);
                }
                let upload = self.uploads[*id].as_mut().ok_or(Answer::NoSuchUpload)?;
                upload.parts.insert(*number, *piece);
            }
            Call::Complete { key, id, parts, size, on } => {
                let upload = self.upload(*key, *id)?;
                let pieces = chosen(upload, parts)?;
                let whole = Tagged::Parts(pieces);
                if size.is_some_and(|size| size != whole.len()) {
                    return Err(Answer::BadSize);
                }
                match (on, self.current(*key)) {
                    (Condition::Matches(_), None) => return Err(Answer::NoSuchKey),
                    (Condition::Matches(tag), Some(there)) if tag != there => {
                        return Err(Answer::Precondition);
                    }
                    (Condition::Absent, Some(_)) => return Err(Answer::Precondition),
                    _ => {}
                }
                let begun = upload.begun;
                self.uploads[*id] = None;
                self.write(*key, begun, Some(whole));
            }
            Call::Abort { key, id } => {
                self.upload(*key, *id)?;
                self.uploads[*id] = None;
            }
        }
        Ok(Answer::Done)
    }
}

/// The parts that are named, if they are there, as tagged, in order and large
/// enough.
fn chosen(upload: &Upload, named: &[(u32, Tagged)]) -> Result<Vec<Piece>, Answer> {
    if named.is_empty() {
        return Err(Answer::Empty);
    }
    if !named.is_sorted_by(|one, next| one.0 < next.0) {
        return Err(Answer::BadOrder);
    }
    let mut pieces = Vec::new();
    for (number, tag) in named {
        match upload.parts.get(number) {
            Some(piece) if *tag == Tagged::Whole(*piece) => pieces.push(*piece),
            _ => return Err(Answer::BadPart),
        }
    }
    let but_last = &pieces[..pieces.len() - 1];
    let small = but_last.iter().any(|piece| piece.len < SMALLEST);
    if small { Err(Answer::TooSmall) } else { Ok(pieces) }
}
