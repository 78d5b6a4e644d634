//! `demo`: plan → run → report against a sandbox in this process, through the
//! very code paths of the real commands.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reseal_core::{Behaviour, PriceList, Selection, Versions};
use reseal_sandbox::http::{ServerConfig, serve};
use reseal_sandbox::model::{Model, Moment};
use reseal_sandbox::population::{self, BUCKET_A, BUCKET_B, NEW_KEY, populate};
use reseal_worker::Stop;

use super::{plan, report, run};
use crate::cli::{
    Caps, ConnectionRequest, DemoRequest, JobRequest, Limits, Output, Place, ReportFormat,
    ReportOut, ReportRequest, SourceRequest, TargetRequest,
};
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};

/// Any seed would do; a fixed one shows everybody the same.
const SEED: u64 = 2026;

pub(super) async fn demo(
    request: &DemoRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    let mut model = Model::default();
    let plan = population::Plan { objects: u64::from(request.objects), seed: SEED };
    let now = Moment::from_millis(machine.clock.now().as_millis());
    let summary = populate(&mut model, plan, now)
        .map_err(|fault| anyhow::anyhow!("filling the sandbox: {fault:?}"))?;
    // It outlives a stop, so that what is in flight can end; it goes with `_sandbox`.
    let (_sandbox, over) = reseal_worker::stop_channel();
    let ended = async move { over.asked().await };
    let config = ServerConfig { port: 0, latency: Duration::ZERO };
    let server =
        serve(config, Arc::new(Mutex::new(model)), ended).await.map_err(anyhow::Error::new)?;
    let url = server.url();
    console.note(format!(
        "a sandbox of S3 and KMS at {url}: {} objects in {BUCKET_A} and {BUCKET_B} (versioned), {} noncurrent versions",
        summary.objects, summary.noncurrent
    ));
    let job = job(request, &url)?;
    console.note(format!(
        "\n$ reseal plan s3://{BUCKET_A} s3://{BUCKET_B} --sse aws:kms --kms-key {NEW_KEY}"
    ));
    if plan::plan(&job, surroundings).await? == Exit::Interrupted {
        return Ok(Exit::Interrupted);
    }
    console.note("\n$ reseal run … --yes");
    let exit = run::run(&job, true, None, surroundings).await?;
    if exit == Exit::Interrupted {
        return Ok(exit);
    }
    console.note("\n$ reseal report --format csv");
    let rows = request.state.join("report.csv");
    let wanted = ReportRequest {
        job: None,
        place: Place::Folder(request.state.clone()),
        connection: ConnectionRequest::default(),
        format: ReportFormat::Csv,
        output: Output::Text,
        out: ReportOut::File(rows.clone()),
    };
    report::report(wanted, surroundings).await?;
    console.note(format!("one row per object: {}", rows.display()));
    if exit == Exit::NeedsALook {
        console.note("exit code 3 here: the sandbox holds objects that can't be re-encrypted in place, and the report says which and why");
    }
    if request.keep {
        keep(&url, stop, surroundings).await;
    }
    Ok(Exit::Done)
}

async fn keep(url: &str, stop: &Stop, surroundings: &Surroundings<'_>) {
    surroundings.console.note(format!(
        "the sandbox stays until Ctrl-C; look at it with:\n  export AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo AWS_REGION=us-east-1\n  aws --endpoint-url {url} s3 ls --recursive s3://{BUCKET_A}\n  aws --endpoint-url {url} s3api head-object --bucket {BUCKET_A} --key huge/6-GiB.bin\n  aws --endpoint-url {url} s3api list-object-versions --bucket {BUCKET_B} --max-items 5"
    ));
    stop.asked().await;
}

fn job(request: &DemoRequest, url: &str) -> Result<JobRequest, CommandError> {
    let source = |bucket: &str| -> Result<SourceRequest, CommandError> {
        let bucket = bucket.parse().map_err(anyhow::Error::new)?;
        Ok(SourceRequest::Listing { bucket, prefix: String::new() })
    };
    Ok(JobRequest {
        sources: vec![source(BUCKET_A)?, source(BUCKET_B)?],
        target: TargetRequest::SseKms { key: NEW_KEY.to_owned(), bucket_key: true },
        selection: Selection::default(),
        behaviour: Behaviour { versions: Versions::Current, ..Behaviour::default() },
        readers: Vec::new(),
        limits: Limits {
            rate: None,
            rate_per_prefix: 3_500.0,
            kms_rate: None,
            concurrency: 256,
            caps: Caps::NONE,
        },
        prices: PriceList::built_in(),
        connection: ConnectionRequest {
            endpoint: Some(url.to_owned()),
            region: Some("us-east-1".to_owned()),
            sandbox_credentials: true,
            ..ConnectionRequest::default()
        },
        state: PathBuf::from(&request.state),
        output: Output::Text,
        chunk_rows: 1_000,
    })
}
