//! Which buckets there are: the caller's own, and those of the roles it has.

use async_trait::async_trait;
use reseal_core::ports::{OwnBucket, OwnBuckets, Reached};
use reseal_core::{BucketName, StoreError, TagSet};

use crate::errors::Call;
use crate::failure::store_error;
use crate::reach::Reach;
use crate::{S3Store, pages, timeouts};

/// S3 gives up to 10,000; a smaller page is a shorter wait.
const BUCKETS_PER_PAGE: i32 = 1_000;

/// Whose page comes next, and where it begins.
struct Place<'a> {
    index: usize,
    token: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn of(after: Option<&'a str>) -> Self {
        let place = after.and_then(|after| after.split_once(':'));
        let place = place.and_then(|(index, token)| Some((index.parse().ok()?, token)));
        let (index, token) = place.unwrap_or((0, ""));
        Self { index, token: Some(token).filter(|token| !token.is_empty()) }
    }
}

impl S3Store {
    /// Everybody whose buckets this store reaches. The caller is nobody's where
    /// a role is named for all buckets.
    fn everybody(&self) -> Vec<&Reach> {
        let mut all: Vec<&Reach> = Vec::new();
        let home = Some(&self.home).filter(|_| !self.elsewhere.is_everywhere());
        for reach in home.into_iter().chain(self.elsewhere.reaches()) {
            if !all.iter().any(|known| known.role == reach.role) {
                all.push(reach);
            }
        }
        all
    }

    /// What a bucket is that this one listed; nothing where another one of the
    /// same account lists it too, and reaches it.
    fn listed(&self, by: &Reach, name: String, region: Option<String>) -> Option<OwnBucket> {
        // One that reseal can't speak of is for the caller to see.
        let at = name.parse::<BucketName>().map_or(by, |bucket| self.at(&bucket));
        let reached = if at.role == by.role {
            Reached::Yes
        } else if at.owner == by.owner {
            return None;
        } else {
            at.role.clone().map_or(Reached::Unnamed, Reached::ClaimedBy)
        };
        Some(OwnBucket { name, region, reached })
    }
}

#[async_trait]
impl OwnBuckets for S3Store {
    /// The one call that can't name an owner: it is about the caller's own.
    async fn buckets(
        &self,
        after: Option<&str>,
    ) -> Result<(Vec<OwnBucket>, Option<String>), StoreError> {
        let Place { index, token } = Place::of(after);
        let everybody = self.everybody();
        let Some(here) = everybody.get(index) else { return Ok((Vec::new(), None)) };
        let call = here
            .client
            .list_buckets()
            .max_buckets(BUCKETS_PER_PAGE)
            .set_continuation_token(token.map(str::to_owned))
            .customize()
            .config_override(Self::within(timeouts::LIST));
        let answer = call.send().await.map_err(|error| store_error(Call::Bucket, error))?;
        let found = answer.buckets.unwrap_or_default().into_iter();
        let found =
            found.filter_map(|bucket| self.listed(here, bucket.name?, bucket.bucket_region));
        let found = found.collect();
        // As with annotations, its end is said by nothing but a missing token.
        let more = answer.continuation_token.filter(|token| !token.is_empty());
        let next = match pages::next("the buckets", Some(more.is_some()), more, token)? {
            Some(token) => Some(format!("{index}:{token}")),
            None => (index + 1 < everybody.len()).then(|| format!("{}:", index + 1)),
        };
        Ok((found, next))
    }

    async fn bucket_tags(&self, bucket: &BucketName) -> Result<TagSet, StoreError> {
        let here = self.at(bucket);
        let call = here
            .client
            .get_bucket_tagging()
            .bucket(bucket.as_str())
            .expected_bucket_owner(here.owner.as_str())
            .customize()
            .config_override(Self::within(timeouts::LOOK));
        match call.send().await.map_err(|error| store_error(Call::Bucket, error)) {
            Ok(answer) => Ok(answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect()),
            Err(error) if error.code == "NoSuchTagSet" => Ok(TagSet::new()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use reseal_core::{BucketRole, BucketRoles};

    use super::*;
    use crate::canned::{Canned, OWNER, answer};

    fn listed(names: &[&str], token: &str) -> Vec<u8> {
        let buckets: String =
            names.iter().map(|name| format!("<Bucket><Name>{name}</Name></Bucket>")).collect();
        let root = "ListAllMyBucketsResult";
        answer("200 OK", &[], &format!("<{root}><Buckets>{buckets}</Buckets>{token}</{root}>"))
    }

    fn assumed(key: &str) -> Vec<u8> {
        let credentials = format!(
            "<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>t</SessionToken><Expiration>2037-01-01T00:00:00Z</Expiration>"
        );
        let result = format!(
            "<AssumeRoleResult><Credentials>{credentials}</Credentials></AssumeRoleResult>"
        );
        answer("200 OK", &[], &format!("<AssumeRoleResponse>{result}</AssumeRoleResponse>"))
    }

    /// Everybody is asked to the last page, and each bucket is told once.
    #[tokio::test]
    async fn each_accounts_buckets_are_listed_and_whoever_reaches_none_is_told() {
        let server = Canned::serve([
            listed(&["mine", "team-a-mine"], "<ContinuationToken>more</ContinuationToken>"),
            listed(&["ours-1"], ""),
            assumed("ASIAONE"),
            listed(&["team-a-data", "b-side"], ""),
            assumed("ASIATWO"),
            listed(&["mine", "ours-1"], ""),
        ]);
        let roles = [
            "team-a-*=arn:aws:iam::444455556666:role/a".to_owned(),
            format!("ours-*=arn:aws:iam::{OWNER}:role/narrow"),
        ];
        let roles = roles.map(|text| text.parse::<BucketRole>().expect("a role"));
        let aws = server.aws().await;
        let stores = aws.stores(OWNER.parse().expect("an account"));
        let store = stores.with(&BucketRoles::new(roles.into())).await;
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let (page, next) = store.buckets(after.as_deref()).await.expect("a page");
            found.extend(page.into_iter().map(|bucket| (bucket.name, bucket.reached)));
            after = next;
            if after.is_none() {
                break;
            }
        }
        let claimed = "arn:aws:iam::444455556666:role/a".parse().expect("a role");
        let told = [
            ("mine", Reached::Yes),
            ("team-a-mine", Reached::ClaimedBy(claimed)),
            ("team-a-data", Reached::Yes),
            ("b-side", Reached::Unnamed),
            ("ours-1", Reached::Yes),
        ];
        assert_eq!(found, told.map(|(name, reached)| (name.to_owned(), reached)));
        let sent = server.sent();
        assert!(sent[1].target.contains("continuation-token=more"), "{}", sent[1].target);
        for (at, key) in [(0, "AKIATESTING"), (3, "ASIAONE"), (5, "ASIATWO")] {
            let signed = sent[at].header("authorization").unwrap_or_default();
            assert!(signed.contains(&format!("Credential={key}/")), "{at}: {signed}");
        }
    }
}
