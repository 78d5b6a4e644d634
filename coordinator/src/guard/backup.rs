//! What a bucket's settings were before a change of ours, in a file each.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use reseal_core::ports::EncryptionRule;
use reseal_core::{BucketName, Timestamp};
use serde::{Deserialize, Serialize};

use super::carry_out::State;
use super::plan::Plan;
use super::statements::Measure;
use crate::cloud::Cloud;
use crate::exit::CommandError;

const FORMAT: u32 = 1;

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    Apply,
    Remove,
}

/// One file: written before anything is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) struct Backup {
    format: u32,
    /// RFC 3339.
    time: String,
    pub(crate) bucket: String,
    owner: String,
    region: String,
    endpoint: Option<String>,
    pub(crate) action: Action,
    measures: BTreeSet<Measure>,
    /// The policy before, byte for byte.
    pub(crate) policy: Option<String>,
    policy_after: Option<String>,
    pub(crate) encryption: Option<EncryptionRule>,
    pub(crate) encryption_after: Option<EncryptionRule>,
    /// Whether all of it is known to have come to pass.
    #[serde(default)]
    pub(crate) done: bool,
}

/// The folder of the backups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backups<'a>(pub(crate) &'a Path);

impl Backups<'_> {
    /// Writes one, to the disk.
    ///
    /// # Errors
    /// Refused when it can't be written, naming the flag.
    pub(crate) fn write(
        &self,
        plan: &Plan,
        action: Action,
        measures: &BTreeSet<Measure>,
        cloud: &Cloud,
        now: Timestamp,
    ) -> Result<PathBuf, CommandError> {
        let backup = Backup {
            format: FORMAT,
            time: now.to_string(),
            bucket: plan.bucket.to_string(),
            owner: cloud.owner.to_string(),
            region: cloud.region.clone(),
            endpoint: cloud.endpoint.clone(),
            action,
            measures: measures.clone(),
            policy: plan.before.policy.clone(),
            policy_after: plan.after.policy.clone(),
            encryption: plan.before.rule.clone(),
            encryption_after: plan.after.rule.clone(),
            done: false,
        };
        let text = serde_json::to_string_pretty(&backup).context("writing a backup")?;
        // Milliseconds at fixed width: the names' order is the times'.
        let path = self.0.join(format!("{}_{:015}.json", plan.bucket, now.as_millis()));
        self.store(&path, text.as_bytes()).map_err(|error| {
            CommandError::refused(format!(
                "--backup-dir: the backup {} can't be written, so nothing is changed: {error}",
                path.display()
            ))
        })?;
        Ok(path)
    }

    /// Writes into a change's backup that all of it came to pass. What keeps it
    /// from that is no trouble of the change's own, and is noted.
    pub(crate) fn ended(&self, path: Option<&Path>, state: State, plan: &mut Plan) {
        let Some(path) = path.filter(|_| state == State::Done) else { return };
        if let Err(error) = self.mark(path) {
            plan.notes.push(format!(
                "its backup can't say that the change was made, so --remove may leave the default encryption alone: {}: {error}",
                path.display()
            ));
        }
    }

    /// In one step: a backup is whole at any moment.
    fn mark(&self, path: &Path) -> anyhow::Result<()> {
        let backup: Backup = serde_json::from_slice(&std::fs::read(path)?)?;
        let text = serde_json::to_string_pretty(&Backup { done: true, ..backup })?;
        let beside = path.with_extension("new");
        self.store(&beside, text.as_bytes())?;
        std::fs::rename(&beside, path)?;
        Ok(File::open(self.0)?.sync_all()?)
    }

    fn store(&self, path: &Path, text: &[u8]) -> std::io::Result<()> {
        let mut folder = std::fs::DirBuilder::new();
        folder.recursive(true);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
            folder.mode(0o700);
            options.mode(0o600);
        }
        folder.create(self.0)?;
        let mut file = options.open(path)?;
        file.write_all(text).and_then(|()| file.write_all(b"\n"))?;
        file.sync_all()?;
        File::open(self.0)?.sync_all()
    }

    /// This bucket's, at this endpoint, newest first.
    ///
    /// # Errors
    /// Refused when one can't be read: without it an older one could mislead.
    pub(crate) fn of(
        &self,
        bucket: &BucketName,
        cloud: &Cloud,
    ) -> Result<Vec<Backup>, CommandError> {
        let refused = |path: &Path, error: &dyn std::fmt::Display| {
            CommandError::refused(format!("--backup-dir: {}: {error}", path.display()))
        };
        let entries = match std::fs::read_dir(self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(refused(self.0, &error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| refused(self.0, &error))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with(&format!("{bucket}_")) && name.ends_with(".json") {
                paths.push(path);
            }
        }
        paths.sort_unstable_by(|a, b| b.cmp(a));
        let mut backups = Vec::new();
        for path in &paths {
            let text = std::fs::read_to_string(path).map_err(|error| refused(path, &error))?;
            let backup: Backup =
                serde_json::from_str(&text).map_err(|error| refused(path, &error))?;
            if backup.format != FORMAT {
                return Err(refused(path, &"it was written by another version of reseal"));
            }
            let same = backup.bucket == bucket.as_str()
                && backup.owner == cloud.owner.as_str()
                && backup.endpoint == cloud.endpoint;
            backups.extend(same.then_some(backup));
        }
        Ok(backups)
    }
}
