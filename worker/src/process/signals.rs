//! Ctrl-C and SIGTERM, and what each of them means to whom.

use std::io;

use crate::Stopper;

/// What a process makes of the signals after the first, which always asks for
/// a graceful stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manners {
    /// A command that somebody waits for: any second signal ends it.
    Command,
    /// A service: who manages it may repeat SIGTERM for all it likes and ends
    /// it by force itself. Only a second Ctrl-C, a person at a terminal, does.
    Service,
}

/// Hears signals; returns when the process shall end at once.
///
/// # Errors
/// When signals can't be listened to.
pub async fn obey(stopper: &Stopper, manners: Manners) -> io::Result<()> {
    let mut signals = Signals::listen()?;
    let mut heard = Heard::default();
    loop {
        match heard.next(signals.next().await, manners) {
            Reaction::Stop => stopper.stop(),
            Reaction::Nothing => {}
            Reaction::End => return Ok(()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    Interrupt,
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no such signal"))]
    Terminate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reaction {
    Stop,
    Nothing,
    End,
}

/// What was heard so far.
#[derive(Debug, Default)]
struct Heard {
    signals: u32,
    interrupts: u32,
}

impl Heard {
    fn next(&mut self, signal: Signal, manners: Manners) -> Reaction {
        self.signals += 1;
        self.interrupts += u32::from(signal == Signal::Interrupt);
        match manners {
            _ if self.signals == 1 => Reaction::Stop,
            Manners::Command => Reaction::End,
            Manners::Service if self.interrupts >= 2 => Reaction::End,
            Manners::Service => Reaction::Nothing,
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            // Nothing can be heard any more: never stop by ourselves.
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reactions(manners: Manners, signals: &[Signal]) -> Vec<Reaction> {
        let mut heard = Heard::default();
        signals.iter().map(|signal| heard.next(*signal, manners)).collect()
    }

    #[test]
    fn a_command_ends_with_the_second_signal_of_any_kind() {
        use Signal::{Interrupt, Terminate};
        for second in [Interrupt, Terminate] {
            let heard = reactions(Manners::Command, &[Terminate, second]);
            assert_eq!(heard, [Reaction::Stop, Reaction::End]);
        }
    }

    #[test]
    fn a_service_may_be_told_to_terminate_any_number_of_times() {
        use Signal::{Interrupt, Terminate};
        let heard = reactions(Manners::Service, &[Terminate, Terminate, Terminate]);
        assert_eq!(heard, [Reaction::Stop, Reaction::Nothing, Reaction::Nothing]);
        let heard = reactions(Manners::Service, &[Interrupt, Terminate, Interrupt]);
        assert_eq!(heard, [Reaction::Stop, Reaction::Nothing, Reaction::End]);
        let heard = reactions(Manners::Service, &[Terminate, Interrupt, Interrupt]);
        assert_eq!(heard, [Reaction::Stop, Reaction::Nothing, Reaction::End]);
    }
}
