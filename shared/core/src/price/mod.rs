//! What a job costs.
//!
//! Owns: counting what is billed, object by object; list prices; the sums.
//! Never: guesses a price that it doesn't have without saying so.
//! Next: `bill` for what is counted, `list` for prices, `estimate` for sums.

mod bill;
mod estimate;
mod list;

pub use bill::{Bill, BilledTerms, Quantities, Restated, Work};
pub use estimate::{Comparison, Estimate, PricedLine, UnpricedClass};
pub use list::{ClassPrices, PriceList, PriceListError, RegionPrices, RestorePrice, RestorePrices};
