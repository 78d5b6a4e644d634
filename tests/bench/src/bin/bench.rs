//! The driver: `cargo run --release -p reseal-bench -- all`.

use std::process::ExitCode;

fn main() -> ExitCode {
    reseal_bench::bench()
}
