//! Settings of the engine: data, no components.

use std::time::Duration;

use reseal_core::{AccountId, JobRecord, PartSizing, WorkerId};

/// How fast the engine may go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaceSettings {
    /// Objects per second over all buckets; `None` for no limit of ours.
    pub objects_per_second: Option<f64>,
    /// Write requests (PUT, COPY, POST) per second for a prefix group of a
    /// bucket. S3 grants 3,500 per partitioned prefix.
    pub writes_per_prefix: f64,
    /// Read requests (GET, HEAD) per second for a prefix group of a bucket.
    /// S3 grants 5,500 per partitioned prefix.
    pub reads_per_prefix: f64,
    /// KMS requests per second for the target key; `None` for no limit of ours.
    pub kms_per_second: Option<f64>,
}

impl Default for PaceSettings {
    fn default() -> Self {
        Self {
            objects_per_second: None,
            writes_per_prefix: 3_500.0,
            reads_per_prefix: 5_500.0,
            kms_per_second: None,
        }
    }
}

/// How leases live. A contender takes over after it saw the holder's renewal
/// counter stand still for `ttl + margin`; a holder that couldn't renew for
/// `ttl` stops. Both count on their own monotonic clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseSettings {
    /// How long a lease lives without a renewal.
    pub ttl: Duration,
    /// What a contender waits on top, for clocks that run at unequal speed.
    pub margin: Duration,
    /// How often a holder renews, and looks whether the job was paused.
    pub renew_every: Duration,
}

impl LeaseSettings {
    /// A lease that lives so long: renewed six times in its life, and taken
    /// over after a quarter more.
    #[must_use]
    pub fn living(ttl: Duration) -> Self {
        Self { ttl, margin: ttl / 4, renew_every: ttl / 6 }
    }
}

impl Default for LeaseSettings {
    fn default() -> Self {
        Self::living(Duration::from_secs(60))
    }
}

/// What a worker's connection reaches: all that a message may make it do lies
/// there (I13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The region of its S3 and KMS.
    pub region: String,
    /// Their endpoint, where it isn't AWS's own.
    pub endpoint: Option<String>,
    /// The account that its calls demand of every bucket.
    pub owner: AccountId,
}

impl Home {
    /// Whether the job's buckets and key are within reach.
    #[must_use]
    pub fn reaches(&self, job: &JobRecord) -> bool {
        let Self { region, endpoint, owner } = self;
        job.spec.region == *region && job.spec.endpoint == *endpoint && job.owner == *owner
    }
}

/// Settings of one engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Its label in the ledger.
    pub worker: WorkerId,
    /// What its connection reaches; `None` where every job's connection is
    /// this one: on a single machine.
    pub home: Option<Home>,
    /// Objects in flight, over all chunks.
    pub concurrency: u32,
    /// Chunks held at a time.
    pub chunk_slots: u32,
    /// Parts in flight for one multipart copy.
    pub part_concurrency: u32,
    /// How large objects are cut.
    pub parts: PartSizing,
    /// How fast.
    pub pace: PaceSettings,
    /// How leases live.
    pub lease: LeaseSettings,
    /// Rows of a chunk that may be begun without being recorded: what a crash
    /// may cost to look at again (I8).
    pub window_rows: u32,
    /// A checkpoint is written after so many settled rows, at most the window …
    pub batch_rows: u32,
    /// … or after this time.
    pub checkpoint_every: Duration,
    /// Claims that were the chunk's own fault, or ended without recording
    /// anything, after which it is quarantined (I18).
    pub max_chunk_attempts: u32,
    /// How long in-flight objects may take after a stop.
    pub grace: Duration,
}

impl Settings {
    /// Defaults under this label.
    #[must_use]
    pub fn new(worker: WorkerId, concurrency: u32) -> Self {
        Self {
            worker,
            home: None,
            concurrency: concurrency.max(1),
            // Enough chunks to keep every permit busy while one chunk waits
            // for its last large object, few enough to keep memory flat.
            chunk_slots: (concurrency / 64).clamp(2, 16),
            part_concurrency: 8,
            parts: PartSizing::default(),
            pace: PaceSettings::default(),
            lease: LeaseSettings::default(),
            window_rows: 256,
            // Half the window, so that new rows are begun while a batch is
            // recorded.
            batch_rows: 128,
            checkpoint_every: Duration::from_secs(5),
            max_chunk_attempts: 5,
            grace: Duration::from_secs(25),
        }
    }

    /// Defaults of one of many workers.
    #[must_use]
    pub fn of_a_fleet(worker: WorkerId, concurrency: u32, home: Home) -> Self {
        Self {
            home: Some(home),
            // A result file is a PUT that is paid for: four of them for a
            // chunk of 1,000 rows.
            batch_rows: 250,
            // Workers come and go by the dozen there, and a chunk isn't to
            // blame for all of it.
            max_chunk_attempts: 12,
            ..Self::new(worker, concurrency)
        }
    }
}
