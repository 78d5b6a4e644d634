//! How many of a sample each stratum gives.

/// A stratum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    /// How many it can give.
    pub(super) available: u64,
    /// Objects that it stands for.
    pub(super) objects: u64,
}

/// Shares out `budget`: one for each stratum, whatever it stands for, since
/// the rare may be the dear; then half by the objects that it stands for and
/// half alike. All where there are so few.
pub(super) fn allot(budget: u64, shares: &[Share]) -> Vec<u64> {
    let all: u64 = shares.iter().map(|share| share.objects).sum();
    let weights: Vec<f64> = shares
        .iter()
        .map(|share| share.objects as f64 / all.max(1) as f64 + 1.0 / shares.len() as f64)
        .collect();
    let mut given: Vec<u64> = shares.iter().map(|share| share.available.min(1)).collect();
    let mut left = budget.saturating_sub(given.iter().sum());
    while left > 0 {
        let wants = |&index: &usize| given[index] < shares[index].available;
        let need = |index: usize| weights[index] / given[index] as f64;
        let neediest = (0..shares.len())
            .filter(wants)
            .max_by(|one, other| need(*one).total_cmp(&need(*other)));
        let Some(index) = neediest else { break };
        given[index] += 1;
        left -= 1;
    }
    given
}
