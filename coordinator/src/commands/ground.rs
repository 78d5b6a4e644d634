//! What a look at objects needs that isn't a run: no preflight, nothing frozen.

use std::collections::BTreeMap;

use reseal_core::{
    Behaviour, BucketName, BucketTerms, Capabilities, JobSpec, Selection, Target, Versions,
};

use crate::cloud::Cloud;
use crate::sources::Prepared;

/// Against what, and with whose eyes.
pub(super) struct Ground {
    pub(super) cloud: Cloud,
    pub(super) spec: JobSpec,
    pub(super) terms: BTreeMap<BucketName, BucketTerms>,
}

impl Ground {
    /// For everything that these sources name.
    pub(super) fn to_look(
        cloud: Cloud,
        prepared: &[Prepared],
        target: Target,
        selection: Selection,
        versions: Versions,
    ) -> Self {
        let capabilities = Capabilities::documented();
        let terms = BucketTerms { capabilities, ..BucketTerms::unknown() };
        let buckets = prepared.iter().flat_map(Prepared::buckets);
        let terms = buckets.map(|bucket| (bucket, terms.clone())).collect();
        let spec = JobSpec {
            sources: prepared.iter().map(Prepared::spec).collect(),
            target,
            selection,
            behaviour: Behaviour { versions, ..Behaviour::default() },
            endpoint: cloud.endpoint.clone(),
            region: cloud.region.clone(),
            roles: cloud.accounts.clone(),
            chunk_rows: 1,
        };
        Self { cloud, spec, terms }
    }
}
