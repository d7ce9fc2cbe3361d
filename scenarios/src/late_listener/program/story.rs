//! What happens in one run: one manager locks its connection to the other, looks, and stops.
//!
//! It does not know what should have happened. Invariant: it never waits for ever on its own account; where it
//! does not return, two threads of the program wait for each other.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use super::frame::{NodeId, Peer};
use super::manager::Manager;
use super::policy::{AFTER_WATCHDOG, CONDITION_INTERVAL, CONDITION_TIMEOUT, Mode, Policy};
use super::report::{Attempt, Condition, LockOutcome, Report, Side};
use super::timers::Timers;

const FIRST: NodeId = NodeId(1);
const SECOND: NodeId = NodeId(2);

/// A port on which nothing listens: tcpmux, which a host has no reason to run.
const REFUSING_PORT: u16 = 1;

/// The host with its managers.
struct Host {
    mode: Mode,
    timers: Arc<Timers>,
    first: Observed,
    second: Option<Observed>,
    target: Peer,
}

/// A manager and a count of what it said.
struct Observed {
    manager: Arc<Manager>,
    peer: NodeId,
    transport_connected: Arc<AtomicU32>,
}

/// Runs one variant once.
pub(in crate::late_listener) fn run(policy: &Policy, mode: Mode) -> Report {
    let host = Host::start(policy, mode);
    let started = Instant::now();
    let mut attempts = vec![host.lock()];
    let condition = wait_for_condition(|| host.is_settled());
    let (first, second) = (host.first.side(), host.second.as_ref().map(Observed::side));
    if mode == Mode::Refused || condition == Condition::TimedOut || !host.is_right(&attempts) {
        attempts.push(host.lock());
        if !host.is_right(&attempts) {
            thread::sleep(AFTER_WATCHDOG.saturating_sub(started.elapsed()));
            attempts.push(host.lock());
        }
    }
    host.stop();
    let first = Side { deliveries: host.first.manager.deliveries(), ..first };
    let second = host.second.as_ref().zip(second);
    let second = second.map(|(of, side)| Side { deliveries: of.manager.deliveries(), ..side });
    println!("late-listener/{}{}: {}", policy.name, mode.suffix(), summary(&attempts, condition));
    Report { mode, attempts, condition, first, second }
}

impl Host {
    fn start(policy: &Policy, mode: Mode) -> Self {
        let timers = Arc::new(Timers::start());
        let first = Observed::start(policy, FIRST, SECOND, &timers);
        let second = (mode != Mode::Refused).then(|| Observed::start(policy, SECOND, FIRST, &timers));
        let address = match (mode, &second) {
            (Mode::Forward, Some(second)) => Some(second.manager.listen()),
            (Mode::Reverse, Some(second)) => {
                first.manager.listen();
                // The way by which requests for a connection travel is the host's memory.
                let asked = second.manager.clone();
                first.manager.set_ask(Box::new(move |by, address| asked.request_connection(by, address)));
                None
            }
            (Mode::Refused, _) | (_, None) => Some(SocketAddr::from((Ipv4Addr::LOCALHOST, REFUSING_PORT))),
        };
        Self { mode, timers, first, second, target: Peer { node: SECOND, address } }
    }

    fn lock(&self) -> Attempt {
        self.first.manager.lock_connection(self.target)
    }

    /// Whether the latest attempt ended as it must where nothing is lost.
    fn is_right(&self, attempts: &[Attempt]) -> bool {
        let right = match self.mode {
            Mode::Forward | Mode::Reverse => LockOutcome::Accepted,
            Mode::Refused => LockOutcome::SendFailed,
        };
        attempts.last().is_some_and(|attempt| attempt.outcome == right)
    }

    /// Whether everything that must follow the first attempt has followed.
    fn is_settled(&self) -> bool {
        match &self.second {
            None => self.first.manager.has_forgotten(SECOND),
            Some(second) => {
                let (first, second) = (self.first.side(), second.side());
                first.has_connection && first.local_locked && second.has_connection && second.remote_locked
            }
        }
    }

    fn stop(&self) {
        self.first.manager.stop();
        if let Some(second) = &self.second {
            second.manager.stop();
        }
        self.timers.stop();
    }
}

impl Observed {
    fn start(policy: &Policy, local: NodeId, peer: NodeId, timers: &Arc<Timers>) -> Self {
        let manager = Manager::new(policy, local, timers);
        let transport_connected = Arc::new(AtomicU32::new(0));
        let count = transport_connected.clone();
        manager.transport_connected.on(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        Self { manager, peer, transport_connected }
    }

    fn side(&self) -> Side {
        let transport_connected = self.transport_connected.load(Ordering::Relaxed);
        Side { transport_connected, ..self.manager.side(self.peer) }
    }
}

fn wait_for_condition(holds: impl Fn() -> bool) -> Condition {
    let started = Instant::now();
    while !holds() {
        if started.elapsed() >= CONDITION_TIMEOUT {
            return Condition::TimedOut;
        }
        thread::sleep(CONDITION_INTERVAL);
    }
    Condition::Met
}

fn summary(attempts: &[Attempt], condition: Condition) -> String {
    let attempts: Vec<String> =
        attempts.iter().map(|attempt| format!("{:?} in {} s", attempt.outcome, attempt.took_s)).collect();
    format!("lock {}; condition {condition:?}", attempts.join(", then "))
}
