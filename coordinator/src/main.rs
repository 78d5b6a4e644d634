//! The binary `reseal`.

use std::process::ExitCode;

fn main() -> ExitCode {
    reseal_coordinator::main()
}
