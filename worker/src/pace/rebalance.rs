//! How large a share is: what one member writes into a budget, and why.
//!
//! Every member computes the fair division of what all of them want, and
//! writes its own part of it alone: less at once, more only as far as nobody
//! else has it. So no order of writes ever adds up to more than the whole, and
//! when each has written once or twice all have their fair part.

use std::collections::BTreeSet;

use reseal_core::WorkerId;
use reseal_core::ports::{Budget, Member, WHOLE};

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rebalanced {
    /// The budget with our part changed, and without those that are gone.
    pub(super) budget: Budget,
    /// Our share in it.
    pub(super) share: u32,
    /// Our share once all others have taken no more than theirs.
    pub(super) fair: u32,
}

/// Takes our part of the budget for this want. `gone` are members that showed
/// no sign of life for long enough.
pub(super) fn rebalance(
    budget: &Budget,
    me: &WorkerId,
    want: u32,
    gone: &BTreeSet<WorkerId>,
) -> Rebalanced {
    let mut next = budget.clone();
    next.members.retain(|name, _| name == me || !gone.contains(name));
    let mine = next.members.entry(me.clone()).or_default();
    mine.want = want.min(WHOLE);
    // Never the same twice, also where a member leaves and comes back.
    mine.beat = budget.revision + 1;
    let fair = fair_share(&next, me);
    let others: u64 =
        next.members.iter().filter(|(name, _)| *name != me).map(|(_, m)| u64::from(m.share)).sum();
    let free = u64::from(WHOLE).saturating_sub(others);
    let share = fair.min(u32::try_from(free).unwrap_or(WHOLE));
    if let Some(mine) = next.members.get_mut(me) {
        mine.share = share;
    }
    Rebalanced { budget: next, share, fair }
}

/// The budget without us.
pub(super) fn without(budget: &Budget, me: &WorkerId) -> Budget {
    let mut next = budget.clone();
    next.members.remove(me);
    next
}

/// Max-min: nobody gets more than it wants while another wants more than it
/// gets, but a little for everybody, so that each can find out what it wants.
fn fair_share(budget: &Budget, me: &WorkerId) -> u32 {
    let members = u32::try_from(budget.members.len()).unwrap_or(u32::MAX).max(1);
    let least = WHOLE / members.saturating_mul(4).max(1);
    let wanted = |member: &Member| member.want.clamp(least, WHOLE);
    let mut wants: Vec<_> = budget.members.iter().map(|(name, m)| (wanted(m), name)).collect();
    wants.sort();
    let (mut left, mut waiting) = (WHOLE, members);
    for (want, name) in wants {
        let part = want.min(left / waiting.max(1));
        if name == me {
            return part;
        }
        left -= part;
        waiting = waiting.saturating_sub(1);
    }
    0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(n: usize) -> WorkerId {
        WorkerId::new(format!("w{n}"))
    }

    fn budget(members: &[(u32, u32)]) -> Budget {
        let member = |(share, want): &(u32, u32)| Member { share: *share, want: *want, beat: 1 };
        let members = members.iter().enumerate().map(|(n, m)| (name(n), member(m))).collect();
        Budget { revision: 7, members }
    }

    /// Any budget that a ledger may hold: at most the whole is shared out.
    fn budgets() -> impl Strategy<Value = Budget> {
        proptest::collection::vec((0..=WHOLE, 0..=WHOLE), 0..12).prop_map(|mut members| {
            let mut left = WHOLE;
            for (share, _) in &mut members {
                *share = (*share).min(left);
                left -= *share;
            }
            budget(&members)
        })
    }

    proptest! {
        #[test]
        fn no_order_of_writes_shares_out_more_than_the_whole(
            start in budgets(),
            turns in proptest::collection::vec((0usize..12, 0..=WHOLE, 0usize..24), 1..60),
        ) {
            let mut budget = start;
            for (who, want, gone) in turns {
                let gone: BTreeSet<_> = [name(gone)].into();
                let Rebalanced { budget: next, share, fair } =
                    rebalance(&budget, &name(who), want, &gone);
                prop_assert!(next.shared_out() <= u64::from(WHOLE));
                prop_assert!(share <= fair);
                prop_assert_eq!(next.members[&name(who)].share, share);
                for (other, member) in next.members.iter().filter(|(n, _)| **n != name(who)) {
                    prop_assert_eq!(Some(member), budget.members.get(other), "not ours to change");
                }
                for lost in budget.members.keys().filter(|n| !next.members.contains_key(*n)) {
                    prop_assert!(gone.contains(lost) && *lost != name(who));
                }
                budget = Budget { revision: budget.revision + 1, ..next };
            }
        }

        #[test]
        fn two_rounds_bring_everybody_to_a_fair_part(
            wants in proptest::collection::vec(0..=WHOLE, 1..12),
            start in budgets(),
        ) {
            let none = BTreeSet::new();
            let mut budget = start;
            budget.members.retain(|n, _| (0..wants.len()).any(|who| *n == name(who)));
            let mut last = Vec::new();
            for _ in 0..3 {
                last.clear();
                for (who, want) in wants.iter().enumerate() {
                    let turn = rebalance(&budget, &name(who), *want, &none);
                    last.push((turn.share, turn.fair, *want));
                    budget = turn.budget;
                }
            }
            let shared_out: u64 = last.iter().map(|(share, _, _)| u64::from(*share)).sum();
            let wanted: u64 = wants.iter().map(|want| u64::from(*want)).sum();
            prop_assert!(shared_out + wants.len() as u64 >= u64::from(WHOLE).min(wanted));
            for (share, fair, _) in last {
                prop_assert_eq!(share, fair, "nobody waits for anybody any more");
            }
        }
    }

    #[test]
    fn idle_shares_flow_to_the_hungry_but_for_a_little() {
        let all = budget(&[(0, WHOLE), (0, 1), (0, WHOLE), (0, 200_000)]);
        let part = |n| fair_share(&all, &name(n));
        assert_eq!((part(1), part(3)), (WHOLE / 16, 200_000));
        assert_eq!((part(0), part(2)), (368_750, 368_750));
    }

    #[test]
    fn a_newcomer_takes_what_is_free_and_no_more() {
        let all = budget(&[(900_000, WHOLE)]);
        let turn = rebalance(&all, &name(5), WHOLE, &BTreeSet::new());
        assert_eq!((turn.share, turn.fair), (100_000, WHOLE / 2));
        let gone = [name(0)].into();
        assert_eq!(rebalance(&all, &name(5), WHOLE, &gone).share, WHOLE);
    }

    #[test]
    fn who_comes_back_shows_another_sign_of_life() {
        let once = rebalance(&budget(&[]), &name(0), 1, &BTreeSet::new()).budget;
        let gone = Budget { revision: 8, ..without(&once, &name(0)) };
        let again = rebalance(&gone, &name(0), 1, &BTreeSet::new()).budget;
        assert_ne!(once.members[&name(0)].beat, again.members[&name(0)].beat);
    }
}
