//! Policies edited as text: a statement goes in or out, and every byte of
//! everybody else's stays as it was.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// S3's limit on a bucket policy, in bytes: "20 KB" in its documentation.
pub(crate) const LONGEST_POLICY: usize = 20 * 1024;

/// Why a document isn't edited. One line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy is left alone: {0}")]
pub(crate) struct Unedited(String);

fn unedited<T>(why: impl Into<String>) -> Result<T, Unedited> {
    Err(Unedited(why.into()))
}

/// A policy's text, and where its statements stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document<'a> {
    text: &'a str,
    /// The statements' member: a list, or the only statement itself.
    member: Range<usize>,
    is_list: bool,
    statements: Vec<Found>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    place: Range<usize>,
    sid: Option<String>,
}

/// An object's members in their order, doubles included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

impl<'a> Members<'a> {
    /// The one member of that name. A second one, or one that differs in case
    /// only, could be the one that counts to S3.
    fn only(&self, name: &str) -> Result<Option<&'a RawValue>, Unedited> {
        let mut alike = self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        match (alike.next(), alike.next()) {
            (None, _) => Ok(None),
            (Some((key, value)), None) if key == name => Ok(Some(value)),
            (Some((key, _)), None) => unedited(format!("it says {key}, not {name}")),
            (Some(_), Some(_)) => unedited(format!("it says {name} twice")),
        }
    }
}

impl<'a> Document<'a> {
    /// Finds the statements.
    ///
    /// # Errors
    /// Whatever could mean something else to S3 than to us.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Unedited> {
        let members: Members<'_> = match serde_json::from_str(text) {
            Ok(members) => members,
            Err(error) => return unedited(format!("it isn't a JSON object ({error})")),
        };
        let Some(member) = members.only("Statement")? else {
            return unedited("it has no Statement");
        };
        let is_list = member.get().starts_with('[');
        let statements: Vec<&RawValue> = match is_list {
            true => serde_json::from_str(member.get()).map_err(|e| Unedited(e.to_string()))?,
            false => vec![member],
        };
        if statements.is_empty() {
            return unedited("its list of statements is empty");
        }
        let statements =
            statements.into_iter().map(|raw| Ok(Found { place: place(text, raw), sid: sid(raw)? }));
        Ok(Self {
            text,
            member: place(text, member),
            is_list,
            statements: statements.collect::<Result<_, _>>()?,
        })
    }

    /// The text of the statement with this Sid.
    ///
    /// # Errors
    /// Where two have it.
    pub(crate) fn statement(&self, sid: &str) -> Result<Option<&'a str>, Unedited> {
        Ok(self.find(sid)?.map(|found| &self.text[found.place.clone()]))
    }

    fn find(&self, sid: &str) -> Result<Option<&Found>, Unedited> {
        let mut found = self.statements.iter().filter(|found| found.sid.as_deref() == Some(sid));
        match (found.next(), found.next()) {
            (one, None) => Ok(one),
            (_, Some(_)) => unedited(format!("two of its statements are called {sid}")),
        }
    }

    /// The text with this statement in the place of the one with its Sid, or
    /// behind all others.
    ///
    /// # Errors
    /// Where two have that Sid.
    pub(crate) fn with(&self, sid: &str, statement: &str) -> Result<String, Unedited> {
        let Self { text, member, is_list, statements } = self;
        let put = |place: Range<usize>, new: &str| {
            [&text[..place.start], new, &text[place.end..]].concat()
        };
        if let Some(found) = self.find(sid)? {
            return Ok(put(found.place.clone(), statement));
        }
        if !is_list {
            let only = &text[member.clone()];
            return Ok(put(member.clone(), &format!("[{only},{statement}]")));
        }
        let Some(last) = statements.last() else { return unedited("it has no statements") };
        // White space as the last one has it before itself.
        let before = match statements.len() {
            1 => &text[member.start + 1..last.place.start],
            n => &text[statements[n - 2].place.end..last.place.start],
        };
        let space = before.rsplit(',').next().unwrap_or_default();
        let end = last.place.end;
        Ok(put(end..end, &format!(",{space}{statement}")))
    }

    /// The text without these statements; nothing where none is left.
    pub(crate) fn without(&self, sids: &[&str]) -> Option<String> {
        let gone = |found: &Found| found.sid.as_deref().is_some_and(|sid| sids.contains(&sid));
        let first = self.statements.iter().position(|found| !gone(found))?;
        let mut kept = String::with_capacity(self.text.len());
        // Those before the first that stays go with the comma behind them,
        // the others with the one before.
        kept.push_str(&self.text[..self.statements[0].place.start]);
        let mut from = self.statements[first].place.start;
        for pair in self.statements[first..].windows(2) {
            let [previous, found] = pair else { continue };
            if gone(found) {
                kept.push_str(&self.text[from..previous.place.end]);
                from = found.place.end;
            }
        }
        kept.push_str(&self.text[from..]);
        Some(kept)
    }

    /// Every statement but these, without its white space.
    pub(crate) fn others(&self, sids: &[&str]) -> Vec<String> {
        let ours = |found: &Found| found.sid.as_deref().is_some_and(|sid| sids.contains(&sid));
        let others = self.statements.iter().filter(|found| !ours(found));
        others.map(|found| squeeze(&self.text[found.place.clone()])).collect()
    }

    /// What the two documents say beside white space, and beside brackets
    /// around a single statement.
    fn essence(&self) -> (String, Vec<String>, String) {
        let Self { text, member, is_list: _, statements } = self;
        let statements = statements.iter().map(|found| squeeze(&text[found.place.clone()]));
        (squeeze(&text[..member.start]), statements.collect(), squeeze(&text[member.end..]))
    }
}

/// Whether two policies differ in white space and brackets at most.
pub(crate) fn same_but_for_form(one: &str, other: &str) -> bool {
    match (Document::parse(one), Document::parse(other)) {
        (Ok(one), Ok(other)) => one.essence() == other.essence(),
        _ => false,
    }
}

/// Whether two JSON texts mean the same to IAM, for which a list of one is its
/// element and a list has no order: endpoints write back what they understood.
pub(crate) fn same_meaning(one: &str, other: &str) -> bool {
    let meaning = |text: &str| serde_json::from_str(text).map(settled).ok();
    one == other || meaning(one).is_some_and(|one| Some(one) == meaning(other))
}

fn settled(value: Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.into_iter().map(settled).collect();
            list.sort_by_key(Value::to_string);
            match list.len() {
                1 => list.swap_remove(0),
                _ => Value::Array(list),
            }
        }
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(k, v)| (k, settled(v))).collect())
        }
        Value::Bool(flag) => Value::String(flag.to_string()),
        other => other,
    }
}

/// Where a part stands in the text that it borrows from.
fn place(text: &str, part: &RawValue) -> Range<usize> {
    let start = part.get().as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.get().len()
}

fn sid(statement: &RawValue) -> Result<Option<String>, Unedited> {
    let members: Members<'_> = match serde_json::from_str(statement.get()) {
        Ok(members) => members,
        Err(_) => return unedited("one of its statements isn't an object"),
    };
    match members.only("Sid")? {
        None => Ok(None),
        Some(sid) => match serde_json::from_str(sid.get()) {
            Ok(sid) => Ok(Some(sid)),
            Err(_) => unedited("one of its Sids isn't a text"),
        },
    }
}

/// Without white space outside of texts.
fn squeeze(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |c: &char| {
        if inside {
            (inside, escaped) = (escaped || *c != '"', !escaped && *c == '\\');
            return true;
        }
        inside = *c == '"';
        !c.is_ascii_whitespace()
    };
    json.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests;
