//! The sources that were named, each of them once.

use std::path::{Path, PathBuf};

use reseal_core::{BackupTo, BucketName, ObjectKey};

use super::args::SourceArgs;
use super::inventory::key_and_value;
use super::request::{RefusedUsage, SourceRequest};

type Meant<T> = Result<T, RefusedUsage>;

fn refuse<T>(line: impl Into<String>) -> Meant<T> {
    Err(RefusedUsage(line.into()))
}

pub(super) fn sources(typed: SourceArgs) -> Meant<Vec<SourceRequest>> {
    let SourceArgs { sources: listings, manifest, keys, bucket_tag } = typed;
    let mut sources = Vec::new();
    for text in &listings {
        sources.push(listing(text)?);
    }
    for text in &manifest {
        once(&mut sources, manifest_at(text)?, "--manifest names the same report twice")?;
    }
    for path in keys {
        let source = if path == Path::new("-") {
            SourceRequest::KeysStdin
        } else {
            SourceRequest::KeysFile(path)
        };
        once(&mut sources, source, "--keys names the same list twice")?;
    }
    if !bucket_tag.is_empty() {
        sources.push(SourceRequest::Tagged(tags(&bucket_tag)?));
    }
    if sources.is_empty() {
        return refuse(
            "name at least one SOURCE (s3://bucket[/prefix]), --manifest FILE, --keys FILE or --bucket-tag KEY=VALUE",
        );
    }
    for (index, one) in sources.iter().enumerate() {
        if let Some(other) = sources.iter().skip(index + 1).find(|other| overlap(one, other)) {
            let (one, other) = (one.describe(), other.describe());
            return refuse(format!(
                "SOURCE {one} and {other} overlap: an object must be taken in once only"
            ));
        }
    }
    Ok(sources)
}

fn tags(typed: &[String]) -> Meant<Vec<(String, String)>> {
    let mut tags = Vec::new();
    for text in typed {
        let tag = key_and_value(text)?;
        if tags.contains(&tag) {
            return refuse(format!("--bucket-tag {text} is named twice"));
        }
        tags.push(tag);
    }
    Ok(tags)
}

fn once(sources: &mut Vec<SourceRequest>, source: SourceRequest, twice: &str) -> Meant<()> {
    if sources.contains(&source) {
        return refuse(twice);
    }
    sources.push(source);
    Ok(())
}

pub(super) fn listing(text: &str) -> Meant<SourceRequest> {
    let (bucket, prefix) = folder("SOURCE", text, 1024)?;
    Ok(SourceRequest::Listing { bucket, prefix })
}

/// Where backups go. A folder, whether or not its `/` was typed: the job's id
/// comes next.
pub(super) fn backup_to(text: &str) -> Meant<BackupTo> {
    let (bucket, prefix) = slashed("--backup-to", text)?;
    Ok(BackupTo { bucket, prefix })
}

/// A folder that more is put below, whether or not its `/` was typed.
pub(super) fn slashed(flag: &str, text: &str) -> Meant<(BucketName, String)> {
    let (bucket, mut prefix) = folder(flag, text, 512)?;
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    Ok((bucket, prefix))
}

fn folder(flag: &str, text: &str, longest: usize) -> Meant<(BucketName, String)> {
    let Some(rest) = text.strip_prefix("s3://") else {
        return refuse(format!("{flag} '{text}' must look like s3://bucket or s3://bucket/prefix"));
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let bucket: BucketName =
        bucket.parse().map_err(|e| RefusedUsage(format!("{flag} '{text}': {e}")))?;
    if prefix.len() > longest {
        let line = format!("{flag} in bucket {bucket}: a prefix has at most {longest} bytes");
        return refuse(line);
    }
    Ok((bucket, prefix.to_owned()))
}

/// A configuration's folder is never the bucket itself: its last two parts are
/// the bucket that the reports are about and the configuration's name.
fn latest_below(text: &str) -> Meant<SourceRequest> {
    let (bucket, mut folder) = folder("--manifest latest:", text, 900)?;
    if !folder.ends_with('/') {
        folder.push('/');
    }
    if folder.trim_matches('/').split('/').count() < 2 {
        return refuse(
            "--manifest latest: must name the configuration's folder, \
             latest:s3://DESTINATION/[PREFIX/]SOURCE-BUCKET/CONFIG-ID/",
        );
    }
    Ok(SourceRequest::ManifestLatest { bucket, folder })
}

/// The name must end in `.json`, because the checksum lies beside it under the
/// same name with another ending.
fn manifest_at(text: &str) -> Meant<SourceRequest> {
    if let Some(folder) = text.strip_prefix("latest:") {
        return latest_below(folder);
    }
    if !text.ends_with(".json") {
        return refuse(format!("--manifest '{text}' must name a manifest.json"));
    }
    let Some(rest) = text.strip_prefix("s3://") else {
        return Ok(SourceRequest::ManifestFile(PathBuf::from(text)));
    };
    let named = |why: &dyn std::fmt::Display| RefusedUsage(format!("--manifest '{text}': {why}"));
    let (bucket, key) =
        rest.split_once('/').ok_or_else(|| named(&"it must look like s3://bucket/key"))?;
    let bucket = bucket.parse().map_err(|e| named(&e))?;
    let key = ObjectKey::new(key).map_err(|e| named(&e))?;
    Ok(SourceRequest::ManifestObject { bucket, key, digest: None })
}

fn overlap(one: &SourceRequest, other: &SourceRequest) -> bool {
    match (one, other) {
        (
            SourceRequest::Listing { bucket: a, prefix: p },
            SourceRequest::Listing { bucket: b, prefix: q },
        ) => a == b && (p.starts_with(q.as_str()) || q.starts_with(p.as_str())),
        _ => false,
    }
}
