//! Somebody else's client, on plain HTTP, who knows what must be found of their
//! work in the end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use reseal_tests::{Call, Proxy, Rule, Version};

pub(crate) const BUCKET: &str = "contested";
/// S3's limit.
const MOST_TAGS: usize = 10;
/// Where a thousandth's share of `reseal`'s own requests has the object edited,
/// and when: what was just looked at, what is just about to be written.
const AMBUSHES: [(&str, u64, Moment); 7] = [
    ("HeadObject", 50, Moment::After),
    ("CopyObject", 40, Moment::Before),
    ("CopyObject", 20, Moment::After),
    ("UpdateObjectEncryption", 50, Moment::Before),
    ("GetObjectTagging", 150, Moment::After),
    ("UploadPartCopy", 20, Moment::Before),
    ("CompleteMultipartUpload", 300, Moment::Before),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    After,
}

type Tags = BTreeMap<String, String>;

pub(crate) fn first_tags() -> Tags {
    [("team", "a b"), ("first", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
}

/// What must be found of an object that somebody touched.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    /// Its bytes, where they wrote them.
    pub(crate) text: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) is_deleted: bool,
    /// Every content that they wrote, by the id in its metadata.
    pub(crate) written: Vec<String>,
    /// Versions and delete markers that this made.
    pub(crate) versions: usize,
}

pub(crate) struct Nemesis {
    url: String,
    keys: Vec<String>,
    /// Objects whose tags aren't edited, by prefix.
    fixed_tags: &'static str,
    state: Mutex<State>,
}

struct State {
    random: fastrand::Rng,
    edits: u32,
    left: BTreeMap<String, Left>,
}

impl Nemesis {
    pub(crate) fn new(
        server: &str,
        keys: Vec<String>,
        seed: u64,
        fixed_tags: &'static str,
    ) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        let state = State { random, edits: 0, left: BTreeMap::new() };
        Self { url: format!("{server}/{BUCKET}"), keys, fixed_tags, state: Mutex::new(state) }
    }

    /// Has some of the requests that pass the proxy answered with an edit.
    pub(crate) fn lies_in_wait(self: &Arc<Self>, proxy: &Proxy) {
        for (call, share, moment) in AMBUSHES {
            let nemesis = Arc::clone(self);
            let strike = move |call: &Call| {
                nemesis.edit(call.key.as_deref().expect("a key"));
            };
            let rule = Rule::on(call).per_mille(share);
            proxy.rule(match moment {
                Moment::Before => rule.first(strike),
                Moment::After => rule.then(strike),
            });
        }
    }

    pub(crate) fn edit_any(&self) {
        let n = self.with(|state| state.random.usize(..self.keys.len()));
        self.edit(&self.keys[n]);
    }

    pub(crate) fn edits(&self) -> u32 {
        self.with(|state| state.edits)
    }

    pub(crate) fn left(&self, key: &str) -> Option<Left> {
        self.with(|state| state.left.get(key).cloned())
    }

    /// One edit, known to be done when this returns.
    fn edit(&self, key: &str) {
        self.with(|state| {
            let untouched = || Left {
                text: None,
                tags: first_tags(),
                is_deleted: false,
                written: Vec::new(),
                versions: 0,
            };
            let left = state.left.entry(key.to_owned()).or_insert_with(untouched);
            let tags_are_fixed = key.starts_with(self.fixed_tags);
            match state.random.u8(..8) {
                // What is gone may be written anew; not by us.
                _ if left.is_deleted && state.random.bool() => return,
                _ if left.is_deleted => self.overwrite(key, left, state.edits),
                0 => self.delete(key, left),
                1 | 2 => self.overwrite(key, left, state.edits),
                _ if tags_are_fixed || left.tags.len() == MOST_TAGS => return,
                _ => self.retag(key, left, state.edits),
            }
            state.edits += 1;
        });
    }

    fn delete(&self, key: &str, left: &mut Left) {
        ureq::delete(&self.at(key)).call().expect("deleted");
        (left.is_deleted, left.text) = (true, None);
        left.versions += 1;
    }

    fn overwrite(&self, key: &str, left: &mut Left, n: u32) {
        let (id, text) = (n.to_string(), format!("edit {n} of {key}"));
        let put = ureq::put(&self.at(key)).header("x-amz-meta-id", &id);
        put.send(&text).expect("written");
        (left.is_deleted, left.text) = (false, Some(text));
        left.tags.clear();
        left.written.push(id);
        left.versions += 1;
    }

    /// One tag more, so that a lost one stays lost.
    fn retag(&self, key: &str, left: &mut Left, n: u32) {
        left.tags.insert(format!("edit{}", left.tags.len()), n.to_string());
        let tag = |(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
        let tags: String = left.tags.iter().map(tag).collect();
        let body = format!("<Tagging><TagSet>{tags}</TagSet></Tagging>");
        ureq::put(&format!("{}?tagging", self.at(key))).send(body).expect("tagged");
    }

    pub(crate) fn get(&self, key: &str) -> Option<String> {
        ureq::get(&self.at(key)).call().ok()?.body_mut().read_to_string().ok()
    }

    pub(crate) fn unfinished_uploads(&self) -> usize {
        let answer = ureq::get(&format!("{}?uploads", self.url)).call();
        let page = answer.expect("a page").body_mut().read_to_string().expect("text");
        page.matches("<Upload>").count()
    }

    fn at(&self, key: &str) -> String {
        format!("{}/{key}", self.url)
    }

    /// Held while a request is under way: what is known is then what is so.
    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tags as the sandbox dumps them.
pub(crate) fn tags_of(version: &Version) -> Tags {
    let tags = version.rest.get("tags").cloned().unwrap_or_default();
    let tags: Vec<(String, String)> = serde_json::from_value(tags).unwrap_or_default();
    tags.into_iter().collect()
}
