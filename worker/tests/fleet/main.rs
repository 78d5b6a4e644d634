//! What the engine does as one of many: over in-memory ports, on virtual time.

mod batches;
mod budgets;
mod leases;
mod patience;
mod poison;
mod standstill;
mod steward;
mod steward_office;
mod sweep;
mod world;
