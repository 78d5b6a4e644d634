//! The queue, the workers on it, and the ECS service that runs them, one second
//! after another.

use crate::Second;

/// Chunks that one worker holds: four with the default `--concurrency 256`.
pub const HELD: u64 = 4;
/// How often an idle worker asks the queues (`docs/scale.md`).
pub const IDLE_POLL: Second = 10;
/// How long nothing must be held before a worker gives its protection up:
/// `linger` in `worker/src/service/protection/mod.rs`.
pub const LINGER: Second = 10;
/// The least that Fargate bills for a task.
pub const LEAST_BILLED: Second = 60;

/// What is assumed of machines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// From the wish for a task until its worker asks the queue: placement,
    /// image, start. An assumption.
    pub task_start: Second,
    /// Chunks that one worker settles in a second.
    pub worker: f64,
    /// Chunks that the job's limits let the whole fleet settle in a second.
    pub limit: f64,
}

#[derive(Clone, Debug)]
struct Task {
    launched: Second,
    ready: Second,
    held: u64,
    progress: f64,
    idle_since: Second,
    next_poll: Second,
}

/// Queue, workers, service.
#[derive(Clone, Debug)]
pub struct Fleet {
    pace: Pace,
    tasks: Vec<Task>,
    visible: u64,
    /// Chunks whose messages were dropped while the job was paused.
    set_aside: u64,
    paused: bool,
    /// Chunks settled so far.
    pub settled: u64,
    /// Seconds billed for tasks that are gone.
    billed: Second,
    /// Seconds in which a running worker held nothing.
    pub idle: Second,
}

impl Fleet {
    /// Nothing anywhere.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            tasks: Vec::new(),
            visible: 0,
            set_aside: 0,
            paused: false,
            settled: 0,
            billed: 0,
            idle: 0,
        }
    }

    /// One second: messages arrive, ECS starts and stops, workers work.
    pub fn tick(&mut self, now: Second, arriving: u64, desired: u32) {
        self.visible += arriving;
        self.start_and_stop(now, desired as usize);
        self.receive(now);
        self.work(now);
    }

    /// Pauses the job or starts it again: workers give back what they hold and
    /// drop the messages they receive; `resume` sends them all again.
    pub fn pause(&mut self, paused: bool) {
        if paused {
            for task in &mut self.tasks {
                self.set_aside += std::mem::take(&mut task.held);
                task.progress = 0.0;
            }
        } else {
            self.visible += std::mem::take(&mut self.set_aside);
        }
        self.paused = paused;
    }

    fn start_and_stop(&mut self, now: Second, desired: usize) {
        while self.tasks.len() < desired {
            let ready = now + self.pace.task_start;
            self.tasks.push(Task {
                launched: now,
                ready,
                held: 0,
                progress: 0.0,
                idle_since: ready,
                next_poll: ready,
            });
        }
        let mut surplus = self.tasks.len() - desired;
        let mut billed = 0;
        self.tasks.retain(|task| {
            let is_protected =
                now >= task.ready && (task.held > 0 || now < task.idle_since + LINGER);
            let goes = surplus > 0 && !is_protected;
            if goes {
                surplus -= 1;
                billed += (now - task.launched).max(LEAST_BILLED);
            }
            !goes
        });
        self.billed += billed;
    }

    fn receive(&mut self, now: Second) {
        for task in self.tasks.iter_mut().filter(|task| now >= task.ready) {
            if task.held >= HELD || now < task.next_poll {
                continue;
            }
            let got = self.visible.min(HELD - task.held);
            if self.paused {
                // Ten a second: received, looked at, dropped.
                let dropped = self.visible.min(10);
                self.visible -= dropped;
                self.set_aside += dropped;
            } else {
                self.visible -= got;
                task.held += got;
            }
            if task.held == 0 && self.visible == 0 {
                task.next_poll = now + IDLE_POLL;
            }
        }
    }

    fn work(&mut self, now: Second) {
        let busy = self.tasks.iter().filter(|task| task.held > 0).count();
        let share = self.pace.worker.min(self.pace.limit / busy.max(1) as f64);
        for task in self.tasks.iter_mut().filter(|task| now >= task.ready) {
            if task.held == 0 {
                self.idle += 1;
                continue;
            }
            task.progress += share;
            while task.progress >= 1.0 && task.held > 0 {
                task.progress -= 1.0;
                task.held -= 1;
                self.settled += 1;
            }
            if task.held == 0 {
                (task.progress, task.idle_since) = (0.0, now);
            }
        }
    }

    /// Messages to be received.
    #[must_use]
    pub fn visible(&self) -> u64 {
        self.visible
    }

    /// Messages in flight.
    #[must_use]
    pub fn not_visible(&self) -> u64 {
        self.tasks.iter().map(|task| task.held).sum()
    }

    /// Chunks of a paused job, which no message is about.
    #[must_use]
    pub fn set_aside(&self) -> u64 {
        self.set_aside
    }

    /// Tasks whose workers are up.
    #[must_use]
    pub fn running(&self, now: Second) -> u32 {
        let up = self.tasks.iter().filter(|task| now >= task.ready).count();
        u32::try_from(up).unwrap_or(u32::MAX)
    }

    /// Tasks that are billed, those that start among them.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.tasks.len()
    }

    /// Seconds billed until now.
    #[must_use]
    pub fn billed(&self, now: Second) -> Second {
        let open = self.tasks.iter().map(|task| (now - task.launched).max(LEAST_BILLED));
        self.billed + open.sum::<Second>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { task_start: 45, worker: 1.0, limit: f64::INFINITY };

    fn run(fleet: &mut Fleet, seconds: std::ops::Range<Second>, desired: u32) {
        seconds.for_each(|now| fleet.tick(now, 0, desired));
    }

    #[test]
    fn a_task_works_once_it_is_up_and_is_billed_from_the_start() {
        let mut fleet = Fleet::new(PACE);
        fleet.tick(0, 10, 1);
        run(&mut fleet, 1..45, 1);
        assert_eq!((fleet.running(44), fleet.visible(), fleet.billed(44)), (0, 10, 60));
        run(&mut fleet, 45..46, 1);
        assert_eq!((fleet.running(45), fleet.visible(), fleet.not_visible()), (1, 6, 3));
        run(&mut fleet, 46..101, 1);
        assert_eq!((fleet.settled, fleet.billed(100)), (10, 100));
    }

    #[test]
    fn a_scale_in_spares_whoever_holds_chunks_and_ends_idle_ones() {
        let mut fleet = Fleet::new(PACE);
        fleet.tick(0, 100, 2);
        run(&mut fleet, 1..50, 2);
        run(&mut fleet, 50..60, 0);
        assert_eq!(fleet.tasks(), 2, "both hold chunks");
        run(&mut fleet, 60..200, 0);
        assert_eq!((fleet.settled, fleet.tasks()), (100, 0), "they end once they hold nothing");
    }

    #[test]
    fn the_jobs_limit_is_the_fleets_however_many_work() {
        let mut fleet = Fleet::new(Pace { task_start: 0, limit: 0.5, ..PACE });
        fleet.tick(0, 1_000, 4);
        run(&mut fleet, 1..100, 4);
        assert!((46..=50).contains(&fleet.settled), "{}", fleet.settled);
    }

    #[test]
    fn a_paused_jobs_messages_are_dropped_and_come_again() {
        let mut fleet = Fleet::new(Pace { task_start: 0, ..PACE });
        fleet.tick(0, 100, 1);
        fleet.pause(true);
        run(&mut fleet, 1..30, 1);
        assert_eq!((fleet.visible(), fleet.not_visible(), fleet.settled), (0, 0, 1));
        fleet.pause(false);
        assert_eq!(fleet.visible(), 99);
        run(&mut fleet, 30..150, 1);
        assert_eq!(fleet.settled, 100);
    }
}
