//! Configurations and their changes, for people and for scripts.

use std::fmt::Write as _;

use reseal_core::ports::{InventorySetup, ReportEncryption};
use reseal_core::{BucketName, StoreError, escape_control};
use serde::Serialize;

use super::plan::Planned;
use crate::guard::{ShownBucket, State};
use crate::inventory::{Change, ID, LeftOut};

/// What `enable` and `disable` say.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    buckets: Vec<Change>,
    destinations: Vec<ShownBucket>,
    /// For the owner of the reports' key to put into its policy.
    key_policy: Option<KeyPolicy>,
    left_out: Vec<LeftOut>,
}

#[derive(Debug, Serialize)]
struct KeyPolicy {
    key: String,
    statement: crate::guard::Statement,
}

impl Shown {
    pub(super) fn new(
        planned: &Planned,
        destinations: Vec<ShownBucket>,
        left_out: Vec<LeftOut>,
    ) -> Self {
        let mut buckets = planned.changes.clone();
        for change in buckets.iter_mut().filter(|change| change.is_nothing()) {
            change.state = State::NothingToDo;
        }
        let key_policy = planned.key.clone();
        let key_policy = key_policy.map(|(key, statement)| KeyPolicy { key, statement });
        Self { buckets, destinations, key_policy, left_out }
    }

    pub(super) fn needs_a_look(&self) -> bool {
        let states = self.buckets.iter().map(|change| change.state);
        let mut states = states.chain(self.destinations.iter().map(|shown| shown.state));
        !self.left_out.is_empty() || states.any(|state| state == State::NeedsALook)
    }

    /// Whether something that was to be changed isn't yet.
    pub(super) fn is_unfinished(&self) -> bool {
        let states = self.buckets.iter().map(|change| change.state);
        let mut states = states.chain(self.destinations.iter().map(|shown| shown.state));
        states.any(|state| state == State::Planned)
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for Change { bucket, state, before, after, notes } in &self.buckets {
            let _ = writeln!(text, "# {bucket}: {}", state.words());
            if before != after {
                for (sign, setup) in [('-', before), ('+', after)] {
                    if let Some(setup) = setup {
                        let _ = writeln!(text, "{sign} {}", describe(setup));
                    }
                }
            }
            notes.iter().for_each(|note| _ = writeln!(text, "# {note}"));
        }
        for destination in &self.destinations {
            destination.write(&mut text);
        }
        if let Some(KeyPolicy { key, statement }) = &self.key_policy {
            let _ = writeln!(
                text,
                "# the policy of {key} needs this statement; nobody puts it there but you:"
            );
            let _ = writeln!(text, "{}", statement.text());
        }
        write_left_out(&mut text, &self.left_out);
        text
    }
}

fn write_left_out(text: &mut String, left_out: &[LeftOut]) {
    for LeftOut { bucket, why, .. } in left_out {
        let _ = writeln!(text, "# left out: {}: {why}", escape_control(bucket));
    }
}

/// What `list` says.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    pub(super) buckets: Vec<ListedBucket>,
    pub(super) left_out: Vec<LeftOut>,
}

#[derive(Debug, Serialize)]
pub(super) struct ListedBucket {
    bucket: BucketName,
    configurations: Vec<ListedSetup>,
}

#[derive(Debug, Serialize)]
struct ListedSetup {
    /// Whether it is reseal's own.
    ours: bool,
    #[serde(flatten)]
    setup: InventorySetup,
}

impl ListedBucket {
    pub(super) fn new(bucket: BucketName, setups: Vec<InventorySetup>) -> Self {
        let setups = setups.into_iter().map(|setup| ListedSetup { ours: setup.id == ID, setup });
        Self { bucket, configurations: setups.collect() }
    }
}

impl Listed {
    pub(super) fn leave_out(&mut self, bucket: &BucketName, error: &StoreError) {
        let why = format!("its configurations can't be read: {error}");
        self.left_out.push(LeftOut::untold(bucket, why));
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for ListedBucket { bucket, configurations } in &self.buckets {
            if configurations.is_empty() {
                let _ = writeln!(text, "{bucket}: none");
            }
            for ListedSetup { ours, setup } in configurations {
                let whose = if *ours { "reseal's" } else { "somebody else's" };
                let _ = writeln!(text, "{bucket}: {whose}: {}", describe(setup));
            }
        }
        write_left_out(&mut text, &self.left_out);
        text
    }
}

/// In one line; what others chose may hold anything.
fn describe(setup: &InventorySetup) -> String {
    let InventorySetup {
        id,
        enabled,
        destination,
        destination_account,
        destination_prefix,
        format,
        encryption,
        frequency,
        versions,
        source_prefix,
        fields,
    } = setup;
    let mut text = format!("{id}: {format}, {frequency}, {versions} versions, to {destination}");
    if let Some(prefix) = destination_prefix {
        let _ = write!(text, "/{prefix}");
    }
    if let Some(account) = destination_account {
        let _ = write!(text, " of {account}");
    }
    match encryption {
        Some(ReportEncryption::SseKms(key)) => _ = write!(text, ", under {key}"),
        Some(ReportEncryption::SseS3) => text.push_str(", under SSE-S3"),
        None => {}
    }
    if let Some(prefix) = source_prefix {
        let _ = write!(text, ", only keys that begin with {prefix}");
    }
    if !enabled {
        text.push_str(", switched off");
    }
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let _ = write!(text, ", with {}", fields.join(" "));
    escape_control(&text).to_string()
}
