//! One child's costs, as the kernel counts them. Runs in a process of its own
//! (`bench measure`), so that "all my children" means exactly one, and so that
//! the child begins as a copy of something small: Linux counts the memory of
//! the process that it was forked from towards its peak.

use std::fs::File;
use std::os::unix::process::{ExitStatusExt as _, parent_id};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

use super::args::MeasureArgs;

/// How often it is looked whether the child has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What a child cost.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Costs {
    /// CPU seconds in user mode.
    pub(super) user: f64,
    /// CPU seconds in the kernel.
    pub(super) system: f64,
    /// From start to end, in seconds.
    pub(super) wall: f64,
    /// Peak resident memory in KiB.
    pub(super) peak_kib: i64,
    /// Its exit code; `None` when a signal ended it.
    pub(super) exit_code: Option<i32>,
    /// Whether it was ended because it took too long.
    pub(super) timed_out: bool,
}

/// Runs the command and writes its costs. Its own failure is a result, too.
pub(super) fn measure(args: &MeasureArgs) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut child = spawn(&args.command, &args.log)?;
    let (status, timed_out) = wait(&mut child, began + Duration::from_secs(args.seconds))?;
    let wall = began.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("getrusage")?;
    let costs = Costs {
        user: seconds(usage.user_time()),
        system: seconds(usage.system_time()),
        wall,
        peak_kib: usage.max_rss(),
        exit_code: status.code().filter(|_| status.signal().is_none()),
        timed_out,
    };
    let result = File::create(&args.result).context("the result's file")?;
    Ok(serde_json::to_writer(result, &costs)?)
}

fn spawn(command: &[String], log: &Path) -> anyhow::Result<Child> {
    let (program, arguments) = command.split_first().context("no command")?;
    let log = File::create(log).context("the log")?;
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn();
    child.with_context(|| format!("starting {program}"))
}

/// Also ends it when the driver is gone: nothing shall outlive that.
fn wait(child: &mut Child, deadline: Instant) -> std::io::Result<(ExitStatus, bool)> {
    let driver = parent_id();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, false));
        }
        if Instant::now() >= deadline || parent_id() != driver {
            child.kill()?;
            return Ok((child.wait()?, true));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}
