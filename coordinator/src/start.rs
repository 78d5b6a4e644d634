//! What every command that names objects begins with: check the lists
//! and reports, connect, preflight. Nothing is changed by any of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use reseal_core::ports::Setting;
use reseal_core::{
    AclTerms, Behaviour, BucketName, BucketTerms, CanonicalId, Capabilities, JobSpec, RoleArn,
    Selection, Versions,
};

use crate::cli::{ConnectionRequest, JobRequest, ProbeRequest, SourceRequest, TargetRequest};
use crate::cloud::Cloud;
use crate::exit::CommandError;
use crate::hazards::Hazard;
use crate::preflight::{Preflight, allows_update, preflight};
use crate::probe::{BucketProbe, Prober};
use crate::sources::{Checked, JobRows, Prepared, Source, fetch, prepare};
use crate::wiring::{Machine, connect};

/// What a command wants to begin with.
pub(crate) struct Wanted<'a> {
    pub(crate) sources: &'a [SourceRequest],
    pub(crate) target: &'a TargetRequest,
    pub(crate) selection: Selection,
    pub(crate) behaviour: &'a Behaviour,
    pub(crate) connection: &'a ConnectionRequest,
    pub(crate) state: &'a Path,
    /// Rows of another job, for a retry.
    pub(crate) rows: Option<JobRows>,
}

impl<'a> From<&'a JobRequest> for Wanted<'a> {
    fn from(request: &'a JobRequest) -> Self {
        Self {
            sources: &request.sources,
            target: &request.target,
            selection: request.selection.clone(),
            behaviour: &request.behaviour,
            connection: &request.connection,
            state: &request.state,
            rows: None,
        }
    }
}

impl<'a> From<&'a ProbeRequest> for Wanted<'a> {
    fn from(request: &'a ProbeRequest) -> Self {
        Self {
            sources: &request.sources,
            target: &request.target,
            selection: Selection::default(),
            behaviour: &request.behaviour,
            connection: &request.connection,
            state: &request.state,
            rows: None,
        }
    }
}

/// A command that may begin.
pub(crate) struct Started {
    pub(crate) prepared: Vec<Prepared>,
    pub(crate) cloud: Cloud,
    pub(crate) preflight: Preflight,
}

/// Begins.
///
/// # Errors
/// Refused at the first thing that can't work, before anything is touched.
pub(crate) async fn start(machine: &Machine, wanted: Wanted<'_>) -> Result<Started, CommandError> {
    let Wanted { sources, target, selection, behaviour, connection, state, rows } = wanted;
    let (prepared, cloud) = gather(machine, sources, rows, connection, state).await?;
    let buckets: BTreeSet<BucketName> = prepared.iter().flat_map(Prepared::buckets).collect();
    let preflight = preflight(&cloud, &buckets, target, selection, behaviour).await?;
    Ok(Started { prepared, cloud, preflight })
}

/// The sources, checked, and the connection: enough for who only looks.
///
/// # Errors
/// Refused at the first list or report that can't be used.
pub(crate) async fn gather(
    machine: &Machine,
    sources: &[SourceRequest],
    rows: Option<JobRows>,
    connection: &ConnectionRequest,
    state: &Path,
) -> Result<(Vec<Prepared>, Cloud), CommandError> {
    let spool = state.join("spool");
    let checked = prepare(sources, &spool, &mut std::io::stdin().lock()).await?;
    let rows = rows.map(|rows| Checked::Prepared(Prepared::Rows(rows)));
    let checked = checked.into_iter().chain(rows).collect();
    let cloud = connect(machine, connection).await?;
    let prepared = fetch(checked, &cloud, &spool).await?;
    Ok((prepared, cloud))
}

impl Started {
    /// The request as a job freezes it.
    pub(crate) fn spec(&self, request: &JobRequest) -> JobSpec {
        JobSpec {
            sources: self.prepared.iter().map(Prepared::spec).collect(),
            target: self.preflight.target.clone(),
            selection: self.preflight.selection.clone(),
            behaviour: request.behaviour.clone(),
            endpoint: self.cloud.endpoint.clone(),
            region: self.cloud.region.clone(),
            roles: self.cloud.accounts.clone(),
            chunk_rows: request.chunk_rows,
        }
    }

    /// The sources, ready to be pulled.
    pub(crate) fn open_sources(&self, versions: Versions) -> Vec<Box<dyn Source>> {
        let open = |source: &Prepared| source.clone().open(&self.cloud.lister, versions);
        self.prepared.iter().map(open).collect()
    }

    /// The sources for people, with the roles that reach them.
    pub(crate) fn describe_sources(&self) -> Vec<String> {
        let describe = |source: &Prepared| {
            let buckets = source.buckets();
            let roles: BTreeSet<&RoleArn> =
                buckets.iter().filter_map(|bucket| self.cloud.accounts.of(bucket)).collect();
            let mut text = source.describe();
            for (index, role) in roles.into_iter().enumerate() {
                let word = if index == 0 { ", through " } else { " and " };
                text.push_str(&format!("{word}{role}"));
            }
            text
        };
        self.prepared.iter().map(describe).collect()
    }

    /// The terms that a plan assumes, since it may not probe.
    pub(crate) fn assumed_terms(&self, behaviour: &Behaviour) -> BTreeMap<BucketName, BucketTerms> {
        self.terms(|bucket| {
            let update = allows_update(&self.cloud, &self.preflight.target, bucket);
            let capabilities = Capabilities { update, ..Capabilities::documented() };
            let acls = &self.preflight.buckets.get(bucket)?.acls;
            let kept = *acls == Setting::Yes && !behaviour.accept_acl_reset;
            // Whose the copies are is for the probe to find out; a plan makes none.
            let writer = CanonicalId("unknown".to_owned());
            let acls = if kept { AclTerms::Kept { writer } } else { AclTerms::Ignored };
            Some((capabilities, acls))
        })
    }

    /// The terms that the probe found.
    pub(crate) fn probed_terms(&self, probes: &[BucketProbe]) -> BTreeMap<BucketName, BucketTerms> {
        self.terms(|bucket| {
            let probe = probes.iter().find(|probe| probe.bucket == *bucket)?;
            let acls = match probe.writer.clone() {
                Some(writer) => AclTerms::Kept { writer },
                None => AclTerms::Ignored,
            };
            Some((probe.capabilities, acls))
        })
    }

    fn terms(
        &self,
        probed: impl Fn(&BucketName) -> Option<(Capabilities, AclTerms)>,
    ) -> BTreeMap<BucketName, BucketTerms> {
        let terms = self.preflight.buckets.iter().filter_map(|(bucket, facts)| {
            let versioning = facts.versioning;
            let (capabilities, acls) = probed(bucket)?;
            Some((bucket.clone(), BucketTerms { capabilities, versioning, acls }))
        });
        terms.collect()
    }

    /// Probes every bucket, under this name.
    ///
    /// # Errors
    /// When a bucket can't be probed, or does what no run could live with.
    pub(crate) async fn probe(
        &self,
        behaviour: &Behaviour,
        readers: &[RoleArn],
        id: &str,
    ) -> Result<Vec<BucketProbe>, CommandError> {
        let prober = |readers| Prober {
            cloud: &self.cloud,
            target: &self.preflight.target,
            behaviour,
            readers,
            id,
        };
        let mut probes = Vec::new();
        for (bucket, facts) in &self.preflight.buckets {
            probes.push(prober(readers).probe(bucket, facts).await?);
        }
        // Nobody but us reads backups.
        if let Some((bucket, facts)) = &self.preflight.backup {
            probes.push(prober(&[]).probe(bucket, facts).await?);
        }
        Ok(probes)
    }

    /// The hazards that are known once the probe's findings are.
    pub(crate) fn hazards(&self, terms: &BTreeMap<BucketName, BucketTerms>) -> Vec<Hazard> {
        let mut hazards = self.preflight.hazards.clone();
        let unfenced: Vec<BucketName> = terms
            .iter()
            .filter(|(_, terms)| {
                let Capabilities { destination_guard, parts_guard, .. } = terms.capabilities;
                !(destination_guard && parts_guard)
            })
            .map(|(bucket, _)| bucket.clone())
            .collect();
        let copies = hazards.iter().any(|hazard| matches!(hazard, Hazard::LastModifiedReset));
        if copies && !unfenced.is_empty() {
            hazards.push(Hazard::UnfencedCopies { buckets: unfenced });
        }
        hazards
    }
}
