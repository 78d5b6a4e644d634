//! Which fault met which step, and which never did.

use std::collections::BTreeMap;

use crate::wire::{Mishap, STEPS, Step};

/// How often each step was reached, and met each mishap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    cells: BTreeMap<(Step, Mishap), u64>,
    calls: u64,
    worlds: u64,
    virtual_millis: u64,
}

impl Coverage {
    pub(crate) fn call(&mut self) {
        self.calls += 1;
    }

    pub(crate) fn hit(&mut self, step: Step, mishap: Mishap) {
        *self.cells.entry((step, mishap)).or_default() += 1;
    }

    pub(crate) fn world(&mut self, lasted: std::time::Duration) {
        self.worlds += 1;
        self.virtual_millis += lasted.as_millis() as u64;
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        for (cell, count) in &other.cells {
            *self.cells.entry(*cell).or_default() += count;
        }
        self.calls += other.calls;
        self.worlds += other.worlds;
        self.virtual_millis += other.virtual_millis;
    }

    /// Calls made by all nodes.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Worlds run.
    #[must_use]
    pub fn worlds(&self) -> u64 {
        self.worlds
    }

    /// Virtual hours lived through.
    #[must_use]
    pub fn virtual_hours(&self) -> f64 {
        self.virtual_millis as f64 / 3_600_000.0
    }

    /// Mishaps of all kinds.
    #[must_use]
    pub fn mishaps(&self) -> u64 {
        self.cells.values().sum()
    }

    /// How often each kind happened.
    #[must_use]
    pub fn by_mishap(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for ((_, mishap), count) in &self.cells {
            *counts.entry(mishap.name()).or_default() += count;
        }
        counts
    }

    /// Cells that a step can meet and never met, as `step: mishap`.
    #[must_use]
    pub fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        for step in STEPS {
            for mishap in Mishap::ALL.into_iter().filter(|mishap| step.may_meet(*mishap)) {
                if !self.cells.contains_key(&(*step, mishap)) {
                    missed.push(format!("{}: {}", step.name, mishap.name()));
                }
            }
        }
        missed
    }

    /// How many cells there are.
    #[must_use]
    pub fn cells() -> usize {
        let of = |step: &Step| Mishap::ALL.into_iter().filter(|m| step.may_meet(*m)).count();
        STEPS.iter().map(of).sum()
    }
}
