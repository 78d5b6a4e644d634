//! Who has the office: won when its holder stood still for long enough on our
//! own clock, held by showing that we are there.

use std::time::Duration;

use reseal_core::WorkerId;
use reseal_core::ports::{LedgerError, LedgerErrorKind, Roster};

use super::StewardSettings;
use crate::Ports;

pub(super) struct Office<'a> {
    pub(super) roster: &'a dyn Roster,
    pub(super) ports: &'a Ports,
    pub(super) worker: &'a WorkerId,
    pub(super) settings: &'a StewardSettings,
}

/// What a candidate remembers.
#[derive(Default)]
struct Watched {
    /// The office's beat, and since when it stands still.
    beat: Option<(u64, Duration)>,
    /// The beat that we would have if our last try, of which we never heard,
    /// succeeded.
    tried: Option<u64>,
}

impl Office<'_> {
    /// Waits until the office is ours; its beat then.
    pub(super) async fn win(&self) -> u64 {
        let mut watched = Watched::default();
        loop {
            match self.try_to_win(&mut watched).await {
                Ok(Some(beat)) => return beat,
                Ok(None) => {}
                Err(error) => warn(&error),
            }
            self.ports.clock.sleep(self.settings.every).await;
        }
    }

    async fn try_to_win(&self, watched: &mut Watched) -> Result<Option<u64>, LedgerError> {
        let office = self.roster.steward().await?;
        let is_ours = office.holder.as_ref() == Some(self.worker);
        if is_ours && watched.tried == Some(office.beat) {
            return Ok(Some(office.beat));
        }
        let now = self.ports.clock.monotonic();
        let since = match watched.beat {
            Some((beat, since)) if beat == office.beat => since,
            _ => now,
        };
        watched.beat = Some((office.beat, since));
        let patience = self.settings.lease.ttl + self.settings.lease.margin;
        if office.holder.is_some() && now.saturating_sub(since) < patience {
            return Ok(None);
        }
        watched.tried = Some(office.beat + 1);
        match self.roster.take_office(self.worker, office.beat).await {
            Ok(()) => Ok(watched.tried),
            Err(error) if error.kind == LedgerErrorKind::Conflict => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Shows that we are there, until somebody else is, or we couldn't for a
    /// lease's time.
    pub(super) async fn hold(&self, mut beat: u64) {
        let clock = self.ports.clock.as_ref();
        let mut shown = clock.monotonic();
        loop {
            clock.sleep(self.settings.every).await;
            let now = clock.monotonic();
            match self.show(beat).await {
                Ok(true) => (beat, shown) = (beat + 1, now),
                Ok(false) => return,
                Err(error) => {
                    warn(&error);
                    if now.saturating_sub(shown) >= self.settings.lease.ttl {
                        return;
                    }
                }
            }
        }
    }

    /// One more beat; false when the office isn't ours any more.
    async fn show(&self, beat: u64) -> Result<bool, LedgerError> {
        match self.roster.take_office(self.worker, beat).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind == LedgerErrorKind::Conflict => {
                // Perhaps the echo of our own beat, whose reply was lost.
                let office = self.roster.steward().await?;
                Ok(office.holder.as_ref() == Some(self.worker) && office.beat == beat + 1)
            }
            Err(error) => Err(error),
        }
    }
}

fn warn(error: &LedgerError) {
    tracing::warn!(error = %error, "the steward's office is out of reach, trying again");
}
