//! The yardstick: the same requests from a bare SDK loop.

use std::process::ExitCode;

fn main() -> ExitCode {
    reseal_bench::bare_loop()
}
