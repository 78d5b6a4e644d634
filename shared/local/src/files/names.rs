//! Where files lie. Names are made of ids and nothing else.

use std::path::{Path, PathBuf};

use reseal_core::ports::{FileError, SegmentName};
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

    pub(super) fn chunk(&self, job: &JobId, chunk: ChunkId) -> Result<PathBuf, FileError> {
        Ok(self.job(job)?.join("chunks").join(format!("{chunk}.ndjson")))
    }

    pub(super) fn segment(&self, name: &SegmentName) -> Result<PathBuf, FileError> {
        let SegmentName { job, chunk, epoch, ordinal } = name;
        let file = format!("{chunk}-e{}-{ordinal}.ndjson", epoch.0);
        Ok(self.job(job)?.join("results").join(file))
    }

    /// Checked again: serde fills an id without asking whether it is one.
    fn job(&self, job: &JobId) -> Result<PathBuf, FileError> {
        let checked = job.as_str().parse::<JobId>().map_err(|error| FileError {
            what: "a job's folder".to_owned(),
            message: error.to_string(),
        })?;
        Ok(self.jobs.join(checked.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_serde_let_through_names_no_file() {
        let names = Names::below(Path::new("/state"));
        let hostile: JobId = serde_json::from_str(r#""../../etc""#).expect("serde lets it through");
        let chunk = ChunkId { source: 0, sequence: 1 };
        assert!(names.chunk(&hostile, chunk).is_err());
        let good: JobId = "job-1".parse().expect("an id");
        let path = names.chunk(&good, chunk).expect("a path");
        assert_eq!(path, Path::new("/state/jobs/job-1/chunks/s0000-0000000001.ndjson"));
        let epoch = reseal_core::Epoch(3);
        let path = names.segment(&SegmentName { job: good, chunk, epoch, ordinal: 4 });
        let expected = Path::new("/state/jobs/job-1/results/s0000-0000000001-e3-4.ndjson");
        assert_eq!(path.as_deref(), Ok(expected));
    }
}
