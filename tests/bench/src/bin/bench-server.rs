//! The benchmark server: prints its URL and serves until its standard input ends.

use std::process::ExitCode;

fn main() -> ExitCode {
    reseal_bench::bench_server()
}
