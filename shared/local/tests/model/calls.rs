//! Which calls are tried: mostly such as hold, or nothing would get far.

use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;

use super::reference::{
    CHUNKS, Call, Chunk, Grounds, Job, ROWS, Reference, Shape, Standing, Step, Write,
};

fn shape() -> impl Strategy<Value = Shape> {
    let off = || prop_oneof![12 => Just(0), 1 => Just(1)];
    let rows = prop_oneof![12 => Just(ROWS), 1 => Just(ROWS + 1)];
    let settled = prop_oneof![2 => 0..ROWS, 3 => Just(ROWS)];
    let given_up = prop_oneof![3 => Just(true), 2 => Just(false)];
    (rows, settled, given_up, off(), off()).prop_map(|(rows, settled, given_up, more, off)| {
        let given_up = if given_up { u64::from(ROWS - settled) } else { 0 };
        let counted = u64::from(settled) + more;
        Shape { rows, settled, counted, given_up, reported: settled + u32::from(off == 1) }
    })
}

/// Of a chunk that is settled before it is given up, too.
fn given_up() -> impl Strategy<Value = Shape> {
    (shape(), 0..=u64::from(ROWS)).prop_map(|(shape, moved)| {
        let moved = moved.min(shape.counted);
        let (counted, given_up) = (shape.counted - moved, shape.given_up + moved);
        Shape { counted, given_up, ..shape }
    })
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        2 => Just(Write::Renew),
        4 => shape().prop_map(Write::Checkpoint),
        3 => shape().prop_map(Write::Complete),
        2 => prop_oneof![shape(), given_up()].prop_map(Write::Quarantine),
        2 => (0..3u32, 0..3u8).prop_map(|(row, upload)| Write::OpenUpload(row, upload)),
        1 => (0..3u32).prop_map(Write::CloseUpload),
        2 => any::<bool>().prop_map(|fault| Write::Release { fault }),
    ]
}

fn job() -> impl Strategy<Value = Job> {
    prop_oneof![
        1 => Just(Job::Planned),
        2 => Just(Job::Running),
        2 => any::<bool>().prop_map(Job::Paused),
        1 => Just(Job::Cancelled),
        1 => Just(Job::Finished),
    ]
}

/// Numbers as they are, now and then such as were or will be.
fn near(number: u64) -> impl Strategy<Value = u64> {
    prop_oneof![8 => Just(number), 1 => Just(number.saturating_sub(1)), 1 => Just(number + 1)]
}

/// Mostly a chunk that stands so, where there is one.
fn chunk(state: &Reference, standing: Standing) -> impl Strategy<Value = u8> + use<> {
    let such = state.chunks.iter().filter(|(_, chunk)| chunk.standing == standing);
    let such: Vec<u8> = such.map(|(name, _)| *name).collect();
    let any = (0..CHUNKS).boxed();
    if such.is_empty() { any } else { prop_oneof![6 => select(such), 1 => any].boxed() }
}

fn call(state: &Reference) -> impl Strategy<Value = Call> + use<> {
    let (chunks, revision) = (state.chunks.clone(), state.revision);
    let numbers = move |name: u8| {
        chunks.get(&name).map_or((0, 0), |Chunk { epoch, renewals, .. }| (*epoch, *renewals))
    };
    let held = numbers.clone();
    let leased = || chunk(state, Standing::Leased);
    let takeover = (leased(), any::<bool>()).prop_flat_map(move |(chunk, fruitless)| {
        let (epoch, renewals) = held(chunk);
        (near(epoch), near(renewals)).prop_map(move |(epoch, renewals)| {
            Call::Claim(chunk, Grounds::Takeover { epoch, renewals, fruitless })
        })
    });
    let write = (leased(), write()).prop_flat_map(move |(chunk, write)| {
        near(numbers(chunk).0).prop_map(move |epoch| Call::Write {
            chunk,
            epoch,
            write: write.clone(),
        })
    });
    let pending = chunk(state, Standing::Pending);
    prop_oneof![
        3 => (0..CHUNKS).prop_map(Call::Bind),
        1 => (0..2u8).prop_map(Call::CloseSource),
        4 => pending.prop_map(|chunk| Call::Claim(chunk, Grounds::Pending)),
        2 => takeover,
        12 => write,
        2 => (near(revision), job()).prop_map(|(revision, to)| Call::SetState { revision, to }),
    ]
}

impl ReferenceStateMachine for Reference {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        // Some chunks are there, or most calls would find nothing.
        let mut state = Self::new();
        for chunk in [0, 1, 3] {
            state.call(&Call::Bind(chunk));
        }
        state.last = None;
        Just(state).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        prop_oneof![6 => call(state).prop_map(Step::New), 1 => Just(Step::Again)].boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        let call = match step {
            Step::New(call) => Some(call.clone()),
            Step::Again => state.last.as_ref().map(|(call, _)| call.clone()),
        };
        if let Some(call) = call {
            state.call(&call);
        }
        state
    }
}
