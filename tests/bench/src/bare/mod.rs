//! The yardstick: what the SDK itself costs. A bare loop that lists a bucket
//! and makes, for each object, the very requests that reseal makes.
//!
//! Owns: the least code that can do that, with the SDK set up as reseal's is.
//! Never: retries, records, paces or proves anything; what it doesn't do is
//! the point of comparing.
//! Next: `requests` for what is sent.

mod requests;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use futures_util::stream::{self, StreamExt as _};

use requests::Requests;

/// A bare SDK loop over a bucket.
#[derive(Clone, Debug, Parser)]
#[command(name = "bare-loop")]
pub(crate) struct Args {
    /// The server
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: String,

    /// The bucket, all of it
    #[arg(long, default_value = "bench")]
    pub(crate) bucket: String,

    /// The KMS key's ARN
    #[arg(long)]
    pub(crate) kms_key: String,

    /// The account that must own the bucket
    #[arg(long)]
    pub(crate) owner: String,

    /// Which requests an object gets
    #[arg(long, value_enum)]
    pub(crate) mode: Mode,

    /// Objects in flight
    #[arg(long, default_value_t = 256)]
    pub(crate) concurrency: usize,

    /// Which tokio runtime: reseal's, or the leanest one
    #[arg(long, value_enum, default_value = "multi-thread")]
    pub(crate) runtime: Runtime,
}

/// Which requests an object gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// CopyObject alone
    CopyOnly,
    /// HeadObject, then CopyObject
    HeadCopy,
}

/// Which tokio runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    /// As many threads as there are cores
    MultiThread,
    /// One
    CurrentThread,
}

/// Runs the loop and prints what it did as one JSON object.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match args.runtime {
        Runtime::MultiThread => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
        Runtime::CurrentThread => {
            tokio::runtime::Builder::new_current_thread().enable_all().build()
        }
    };
    match runtime.map_err(anyhow::Error::new).and_then(|runtime| runtime.block_on(run(&args))) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bare-loop: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// How many objects failed.
async fn run(args: &Args) -> anyhow::Result<u64> {
    let requests = Requests::new(args);
    let began = Instant::now();
    let pages = stream::unfold(Some(None), |place: Option<Option<String>>| async {
        let page = requests.list(place?).await;
        let next = page.as_ref().ok().and_then(|page| page.next.clone());
        Some((page, next.map(Some)))
    });
    let keys = pages.flat_map(|page| match page {
        Ok(page) => stream::iter(page.keys).map(Ok).left_stream(),
        Err(error) => stream::iter([Err(error)]).right_stream(),
    });
    // `buffer_unordered` is a FuturesUnordered that is kept full.
    let mut objects = std::pin::pin!(
        keys.map(|key| async { requests.object(&key?, args.mode).await })
            .buffer_unordered(args.concurrency)
    );
    let (mut done, mut failed) = (0_u64, 0_u64);
    while let Some(result) = objects.next().await {
        match result {
            Ok(()) => done += 1,
            Err(_) => failed += 1,
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let rate = done as f64 / seconds;
    let line = serde_json::json!({
        "objects": done, "failed": failed, "seconds": seconds, "objects_per_second": rate,
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(failed)
}
