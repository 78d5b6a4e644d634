//! Where files lie. Names are made of ids and nothing else.

use std::path::{Path, PathBuf};

use reseal_core::ports::SegmentName;
use reseal_core::{ChunkId, JobId};

/// The folder of one state folder's jobs.
#[derive(Clone, Debug)]
pub(super) struct Names {
    jobs: PathBuf,
}

impl Names {
    pub(super) fn below(state: &Path) -> Self {
        Self { jobs: state.join("jobs") }
    }

    pub(super) fn chunk(&self, job: &JobId, chunk: ChunkId) -> PathBuf {
        self.job(job).join("chunks").join(format!("{chunk}.ndjson"))
    }

    pub(super) fn segment(&self, name: &SegmentName) -> PathBuf {
        let SegmentName { job, chunk, epoch, ordinal } = name;
        let file = format!("{chunk}-e{}-{ordinal}.ndjson", epoch.0);
        self.job(job).join("results").join(file)
    }

    /// An id can't climb out of the folder: its type refuses such text.
    fn job(&self, job: &JobId) -> PathBuf {
        self.jobs.join(job.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_ids_and_ids_stay_in_their_folder() {
        let names = Names::below(Path::new("/state"));
        assert!(serde_json::from_str::<JobId>(r#""../../etc""#).is_err());
        let chunk = ChunkId { source: 0, sequence: 1 };
        let good: JobId = "job-1".parse().expect("an id");
        let path = names.chunk(&good, chunk);
        assert_eq!(path, Path::new("/state/jobs/job-1/chunks/s0000-0000000001.ndjson"));
        let epoch = reseal_core::Epoch(3);
        let path = names.segment(&SegmentName { job: good, chunk, epoch, ordinal: 4 });
        let expected = Path::new("/state/jobs/job-1/results/s0000-0000000001-e3-4.ndjson");
        assert_eq!(path, expected);
    }
}
