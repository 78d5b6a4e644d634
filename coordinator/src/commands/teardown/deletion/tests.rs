//! What CloudFormation may do, on virtual time: no emulator at hand fails to
//! delete a resource.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use reseal_core::{StoreError, StoreErrorKind};
use reseal_testkit::{SeededRandom, SimClock};

use super::*;

/// Tells these states one after the other, the last one for ever.
struct Told {
    states: Mutex<VecDeque<&'static str>>,
    deletes: Mutex<u32>,
    refuses: bool,
    events: Vec<StackResource>,
}

fn stack(status: &str) -> Stack {
    Stack {
        id: "arn:main/1".to_owned(),
        status: status.to_owned(),
        reason: Some("by itself".to_owned()),
        outputs: std::collections::BTreeMap::new(),
    }
}

fn event(name: &str, status: &str, reason: Option<&str>) -> StackResource {
    StackResource {
        name: name.to_owned(),
        kind: "AWS::S3::Bucket".to_owned(),
        id: format!("{name}-id"),
        status: status.to_owned(),
        reason: reason.map(str::to_owned),
    }
}

impl Told {
    fn new(states: &[&'static str]) -> Self {
        let states = Mutex::new(states.iter().copied().collect());
        Self { states, deletes: Mutex::default(), refuses: false, events: Vec::new() }
    }
}

#[async_trait]
impl Stacks for Told {
    async fn stack(&self, id: &str) -> Result<Option<Stack>, StoreError> {
        assert_eq!(id, "arn:main/1", "a name could be another stack's by now");
        let mut states = self.states.lock().expect("ok");
        let now = if states.len() > 1 { states.pop_front() } else { states.front().copied() };
        match now.expect("a state") {
            "away" => Err(StoreError::new(StoreErrorKind::Unavailable, "Throttling", "slower")),
            "" => Ok(None),
            status => Ok(Some(stack(status))),
        }
    }

    async fn delete(&self, _: &str) -> Result<(), StoreError> {
        *self.deletes.lock().expect("ok") += 1;
        match self.refuses {
            true => Err(StoreError::new(StoreErrorKind::Invalid, "ValidationError", "protected")),
            false => Ok(()),
        }
    }

    async fn deletion(&self, _: &str) -> Result<Vec<StackResource>, StoreError> {
        Ok(self.events.clone())
    }
}

async fn delete(told: &Told, before: &str) -> Result<Ended, String> {
    let (clock, random) = (SimClock::new(), SeededRandom::new(1));
    let patience = Patience { clock: &clock, random: &random };
    let (_stopper, stop) = reseal_worker::stop_channel();
    let (console, name) = (Console::keeping(), "main".parse().expect("a name"));
    let deletion = Deletion {
        name: &name,
        stacks: told,
        clock: &clock,
        patience,
        console: &console,
        stop: &stop,
    };
    deletion.delete(&stack(before)).await.map_err(|error| error.to_string())
}

const GOING: &str = "DELETE_IN_PROGRESS";

#[tokio::test(start_paused = true)]
async fn it_is_waited_for_through_whatever_is_told() {
    for (before, states, deletes) in [
        ("CREATE_COMPLETE", &["CREATE_COMPLETE", GOING, "away", GOING, "DELETE_COMPLETE"][..], 1),
        ("CREATE_COMPLETE", &[GOING, ""], 1),
        ("UPDATE_COMPLETE", &[""], 1),
        // Begun by somebody before.
        (GOING, &[GOING, "DELETE_COMPLETE"], 0),
        // Once more, of one that failed: its old state may be told at first.
        ("DELETE_FAILED", &["DELETE_FAILED", GOING, "DELETE_COMPLETE"], 1),
    ] {
        let told = Told::new(states);
        assert_eq!(delete(&told, before).await, Ok(Ended::Gone), "{states:?}");
        assert_eq!(*told.deletes.lock().expect("ok"), deletes, "{states:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_deleted_is_named_with_the_last_word_on_it() {
    let mut told = Told::new(&[GOING, "DELETE_FAILED"]);
    told.events = vec![
        event("Bucket", "DELETE_FAILED", Some("not\nempty")),
        event("Queue", "DELETE_COMPLETE", None),
        event("Queue", "DELETE_FAILED", Some("was tried again")),
    ];
    let why = delete(&told, "CREATE_COMPLETE").await.expect_err("failed");
    assert!(why.contains(r"Bucket (AWS::S3::Bucket Bucket-id): not\nempty"), "{why}");
    assert!(!why.contains("Queue"), "{why}");
    let told = Told::new(&["DELETE_FAILED"]);
    let why = delete(&told, "DELETE_FAILED").await.expect_err("it stays so");
    assert!(why.contains("DELETE_FAILED: by itself"), "{why}");
    let told = Told::new(&["CREATE_COMPLETE"]);
    assert!(delete(&told, "CREATE_COMPLETE").await.expect_err("never began").contains("CREATE_"));
    let told = Told { refuses: true, ..Told::new(&["CREATE_COMPLETE"]) };
    let why = delete(&told, "CREATE_COMPLETE").await.expect_err("refused");
    assert!(why.contains("is not deleted") && why.contains("protected"), "{why}");
}
