//! Requests to KMS.

use super::super::keys::KeyState;

/// A request about keys, to KMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KmsRequest {
    /// Makes a key.
    CreateKey {
        /// Free text.
        description: String,
        /// Absent means SYMMETRIC_DEFAULT.
        spec: Option<String>,
        /// Absent means ENCRYPT_DECRYPT.
        usage: Option<String>,
    },
    /// Tells about the key with this id, alias or ARN.
    DescribeKey(String),
    /// All keys of the caller's account in the model's region.
    ListKeys,
    /// Points an alias at a key.
    CreateAlias {
        /// `alias/…`.
        alias: String,
        /// The key's id or ARN.
        key: String,
    },
    /// All aliases, or those of one key.
    ListAliases(Option<String>),
    /// EnableKey, DisableKey and CancelKeyDeletion.
    SetState {
        /// The key's id or ARN.
        key: String,
        /// Which of them.
        change: KeyChange,
    },
    /// Begins the deletion of a key.
    ScheduleKeyDeletion {
        /// The key's id or ARN.
        key: String,
        /// How long it stays, 7 to 30.
        days: u32,
    },
}

/// The simple changes of a key's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyChange {
    /// EnableKey.
    Enable,
    /// DisableKey.
    Disable,
    /// CancelKeyDeletion.
    CancelDeletion,
}

impl KeyChange {
    pub(crate) fn result(self) -> KeyState {
        match self {
            Self::Enable => KeyState::Enabled,
            Self::Disable | Self::CancelDeletion => KeyState::Disabled,
        }
    }
}
