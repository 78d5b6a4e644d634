//! Whether named readers can read what is under the new key: each reads a
//! scratch object, with a role's own credentials.

use reseal_core::RoleArn;
use reseal_core::ports::ScratchReader;
use reseal_core::{KeyTrouble, StoreError, StoreErrorKind, Target};

use super::begin::BODY;
use super::findings::BucketProbe;
use super::{Ground, ProbeError};

impl Ground<'_> {
    /// Tries every reader that the user named. One that can't read refuses
    /// the run.
    pub(super) async fn reading(&self, probe: &mut BucketProbe) -> Result<(), ProbeError> {
        let roles = self.prober.readers;
        let Some(key) = self.prober.target.key() else { return Ok(()) };
        if roles.is_empty() {
            return Ok(());
        }
        let object = self.scratch("reader")?;
        self.write_at(&object, self.prober.target).await?;
        for role in roles {
            let reader = self.prober.cloud.roles.assume(role).await;
            let reader = reader.map_err(|error| self.not_assumed(role, error))?;
            match reader.get(&object).await {
                Ok(body) if body == BODY => {
                    let seen = format!("{role} reads what is under {key}");
                    probe.note("a reader under the new key", true, seen);
                }
                Ok(_) => {
                    return self.refuse(format!(
                        "role {role} reads other bytes than were written under {key}"
                    ));
                }
                Err(error) if error.is_transient() => {
                    return Err(self.failed("reading a scratch object as a role", "", error));
                }
                Err(error) => {
                    let missing = self.missing(reader.as_ref(), &error).await?;
                    return self.refuse(format!(
                        "--reader-role-arn: role {role} can't read what is under {key}: {missing} ({})",
                        error.message
                    ));
                }
            }
        }
        Ok(())
    }

    /// What a role lacks that was refused: S3 doesn't always say whether it was
    /// the object or the key. Whoever reads the same under SSE-S3 lacks the key.
    async fn missing(
        &self,
        reader: &dyn ScratchReader,
        error: &StoreError,
    ) -> Result<&'static str, ProbeError> {
        const KEY: &str = "kms:Decrypt is missing, in the key's policy or the role's own";
        const OBJECT: &str = "s3:GetObject is missing on .reseal-probe/*, where it is tried";
        const EITHER: &str = "s3:GetObject on .reseal-probe/* or kms:Decrypt is missing";
        match error.kind {
            StoreErrorKind::Key(KeyTrouble::Denied) => return Ok(KEY),
            StoreErrorKind::Denied => {}
            _ => return Ok("it was refused"),
        }
        if self.begun() != Target::SseS3 {
            return Ok(EITHER);
        }
        let object = self.scratch("reader-without-key")?;
        self.wrote(&object, None);
        let scratch = &self.prober.cloud.scratch;
        match scratch.put(&object, BODY, &Target::SseS3).await {
            Ok(version) => self.wrote(&object, version),
            // Perhaps denied here, where nothing else was written so.
            Err(error) if error.kind == StoreErrorKind::Denied => return Ok(EITHER),
            Err(error) => {
                return Err(self.failed("writing a scratch object", "s3:PutObject", error));
            }
        }
        match reader.get(&object).await {
            Ok(_) => Ok(KEY),
            Err(error) if error.kind == StoreErrorKind::Denied => Ok(OBJECT),
            Err(error) => {
                Err(self.failed("reading a scratch object as a role", "s3:GetObject", error))
            }
        }
    }

    fn not_assumed(&self, role: &RoleArn, error: StoreError) -> ProbeError {
        let bucket = self.bucket;
        match error.kind {
            StoreErrorKind::Credentials => {
                ProbeError::Refused(format!("no usable AWS credentials ({error})"))
            }
            _ if error.is_transient() => self.failed("assuming a reader's role", "", error),
            _ => ProbeError::Refused(format!(
                "bucket {bucket}: --reader-role-arn: role {role} can't be assumed, to see whether it reads under the new key: sts:AssumeRole and a trust policy that names you are needed ({})",
                error.message
            )),
        }
    }
}
