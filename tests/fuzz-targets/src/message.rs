//! A queue's messages, which anybody may have sent.

use reseal_core::ports::WorkItem;

pub(crate) fn queue_message(bytes: &[u8]) {
    let Ok(body) = std::str::from_utf8(bytes) else { return };
    let Some(item) = WorkItem::decode(body) else { return };
    let job = item.job.as_str();
    let safe = |c: char| c.is_ascii_alphanumeric() || c == '-';
    assert!((1..=64).contains(&job.len()) && job.chars().all(safe), "a name for files and keys");
    assert_eq!(WorkItem::decode(&item.encode()), Some(item));
}
