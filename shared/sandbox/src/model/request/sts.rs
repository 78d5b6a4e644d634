//! Requests to STS.

/// A request to STS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StsRequest {
    /// GetCallerIdentity.
    GetCallerIdentity,
    /// AssumeRole.
    AssumeRole {
        /// The role's ARN.
        role: String,
        /// What the session shall be called.
        session: String,
        /// How long it shall last, in seconds.
        seconds: u32,
    },
}
