//! What a worker calls itself.

use reseal_core::WorkerId;
use reseal_core::ports::Random;

/// Longer names would make every write to the ledger longer.
const LONGEST: usize = 100;

/// The label of one process: its name and random digits. Two processes of the
/// same name must not have the same label: budgets are shared out by it.
#[must_use]
pub fn worker_label(name: &str, random: &dyn Random) -> WorkerId {
    let usable = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = name.chars().take(LONGEST).map(usable).collect();
    let name = if name.is_empty() { "worker" } else { &name };
    WorkerId::new(format!("{name}-{:08x}", random.next_u64() >> 32))
}

#[cfg(test)]
mod tests {
    use reseal_testkit::SeededRandom;

    use super::*;

    #[test]
    fn two_of_the_same_name_are_told_apart() {
        let random = SeededRandom::new(1);
        let one = worker_label("ip-10-0-1-5.ec2.internal-7", &random);
        let other = worker_label("ip-10-0-1-5.ec2.internal-7", &random);
        assert_ne!(one, other);
        assert!(one.as_str().starts_with("ip-10-0-1-5.ec2.internal-7-"), "{one}");
    }

    #[test]
    fn a_label_is_safe_to_show_and_to_write() {
        let random = SeededRandom::new(1);
        let label = worker_label(&format!("a\nb/{}", "x".repeat(5_000)), &random);
        assert!(label.as_str().starts_with("a-b-xxx"), "{label}");
        assert!(label.as_str().len() <= LONGEST + 9, "{label}");
        assert!(worker_label("", &random).as_str().starts_with("worker-"));
    }
}
