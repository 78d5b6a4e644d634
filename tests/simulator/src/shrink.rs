//! From a failing plan to what it takes to fail.

use crate::director::run;
use crate::mutants::Mutant;
use crate::plan::{Faults, Plan};

/// Makes the plan tamer, one thing at a time, for as long as the same
/// invariant is violated.
#[must_use]
pub fn shrink(plan: &Plan, mutant: Mutant, invariant: &str) -> Plan {
    let fails = |plan: &Plan| {
        let first = run(plan, mutant).violations.into_iter().next();
        first.is_some_and(|violation| violation.invariant == invariant)
    };
    let mut smallest = plan.clone();
    loop {
        let tamer = candidates(&smallest).into_iter().find(fails);
        match tamer {
            Some(tamer) => smallest = tamer,
            None => return smallest,
        }
    }
}

fn candidates(plan: &Plan) -> Vec<Plan> {
    let mut all = Vec::new();
    let mut offer = |change: &dyn Fn(&mut Plan)| {
        let mut tamer = plan.clone();
        change(&mut tamer);
        if tamer != *plan {
            all.push(tamer);
        }
    };
    for index in 0..plan.events.len() {
        offer(&|plan| {
            plan.events.remove(index);
        });
    }
    offer(&|plan| plan.faults = Faults::default());
    offer(&|plan| plan.faults.store = 0.0);
    offer(&|plan| plan.faults.ledger = 0.0);
    offer(&|plan| plan.faults.queue = 0.0);
    offer(&|plan| plan.faults.files = 0.0);
    offer(&|plan| plan.edits = 0);
    offer(&|plan| plan.edits /= 2);
    offer(&|plan| plan.coordinators = 1);
    offer(&|plan| plan.workers = 1);
    offer(&|plan| plan.workers = (plan.workers - 1).max(1));
    offer(&|plan| plan.objects = (plan.objects / 2).max(1));
    offer(&|plan| plan.objects = (plan.objects - 1).max(1));
    offer(&|plan| plan.buckets.truncate(1));
    offer(&|plan| plan.large = 0);
    offer(&|plan| plan.rate = None);
    offer(&|plan| plan.backups = false);
    offer(&|plan| plan.skew = std::time::Duration::ZERO);
    all
}
