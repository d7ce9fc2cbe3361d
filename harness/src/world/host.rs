//! One host: what it is made of, what runs on it, and what becomes of it.
//!
//! Does not know other hosts. Invariant: a host's programs are started in the order in which they were given, when it is built and
//! each time it is restarted.

use core::fmt;
use core::net::IpAddr;
use std::sync::Arc;

use photofinish_boundary::world as calls;
use photofinish_sim::errno::Errno;
use photofinish_sim::host::{DRIFT_PPM_MAX, HostId, HostSpec, Power};
use photofinish_sim::kernel::Kernel;
use photofinish_sim::personality::Os;
use photofinish_sim::process::{Pid, Status};

use super::simulated;

/// A host that is to be.
#[must_use = "a host exists once it is built or started"]
pub struct HostBuilder {
    spec: HostSpec,
}

impl HostBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self { spec: HostSpec::new(name) }
    }

    /// An address besides loopback; a host may have several. One without gets the next of 10.0.0.0/8.
    pub fn ip(mut self, ip: impl Into<IpAddr>) -> Self {
        self.spec.addresses.push(ip.into());
        self
    }

    /// The operating system whose answers its programs get; Linux otherwise.
    pub fn os(mut self, os: Os) -> Self {
        self.spec.os = os;
        self
    }

    /// Processors its programs are told it has; 4 otherwise.
    pub fn cores(mut self, cores: u32) -> Self {
        self.spec.cores = cores.max(1);
        self
    }

    /// What its wall clock (`CLOCK_REALTIME`, `SystemTime`) is ahead of the true time when the run begins; below 0 it is behind.
    pub fn clock_skew_ms(mut self, ms: i64) -> Self {
        self.spec.clock.skew_ns = ms.saturating_mul(1_000_000);
        self
    }

    /// What all its clocks go too fast, in parts per million; below 0 too slow. A second of such a host is not a second of
    /// another's, for `Instant` and for every time-out.
    ///
    /// # Panics
    /// For more than 100,000 either way.
    pub fn drift_ppm(mut self, ppm: i32) -> Self {
        assert!(
            ppm.abs() <= DRIFT_PPM_MAX,
            "a clock that is {ppm} ppm wrong: at most {DRIFT_PPM_MAX} either way"
        );
        self.spec.clock.drift_ppm = ppm;
        self
    }

    /// Makes the host, with nothing running on it.
    ///
    /// # Panics
    /// For a name or an address that cannot be its, with the reason.
    pub fn build(self) -> Host {
        let name = self.spec.name.clone();
        let id = simulated(calls::add_host(&self.spec)).unwrap_or_else(|why| panic!("{why}"));
        Host(Arc::new(Inner { id, name }))
    }

    /// Makes the host and starts a program on it: [`Host::start`].
    ///
    /// # Panics
    /// As [`HostBuilder::build`].
    pub fn start(self, main: impl Fn() + Send + Sync + 'static) -> Host {
        let host = self.build();
        host.start(main);
        host
    }
}

struct Inner {
    id: HostId,
    name: String,
}

/// A host of the world. A clone is the same host.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host {}", self.0.name)
    }
}

impl AsRef<str> for Host {
    fn as_ref(&self) -> &str {
        &self.0.name
    }
}

/// How a program on a host ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended(pub Status);

impl Ended {
    /// Whether it returned, or left with status 0.
    #[must_use]
    pub fn is_success(self) -> bool {
        self.0 == Status::Exited(0)
    }

    /// Whether its host crashed under it, or a signal ended it.
    #[must_use]
    pub fn is_killed(self) -> bool {
        matches!(self.0, Status::Signalled(_))
    }

    /// For a test that expects the program to have ended well.
    ///
    /// # Panics
    /// Unless it did, with `who` and how it ended: a panic in a program is exit status 101.
    #[track_caller]
    pub fn success(self, who: &str) {
        assert!(self.is_success(), "{who} ended with {:?}", self.0);
    }
}

impl Host {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Starts a program on the host, as a process of its own, now and each time the host is restarted. A panic of its main thread
    /// is exit status 101.
    ///
    /// All processes of a run share one address space: a program may carry an `Arc` for a test's observations, and what Rust keeps in
    /// statics is shared, but for the reactors, pools and signal handlers of tokio, smol and rayon.
    ///
    /// # Panics
    /// If the host is down.
    pub fn start(&self, main: impl Fn() + Send + Sync + 'static) {
        self.check_start(calls::start(self.0.id, &self.0.name, Arc::new(main)));
    }

    /// Runs a program on the host, once, and waits until it has ended.
    ///
    /// # Panics
    /// If the host is down.
    #[must_use = "it says whether the program failed"]
    pub fn run(&self, main: impl FnOnce() + Send + 'static) -> Ended {
        let process = self.check_start(calls::start_once(self.0.id, &self.0.name, Box::new(main)));
        until_ended(|| calls::wait(process))
    }

    fn check_start(&self, started: Result<Result<Pid, Errno>, calls::NotSimulated>) -> Pid {
        simulated(started).unwrap_or_else(|errno| panic!("nothing can start on {}: {errno:?}", self.0.name))
    }

    /// The process of the program that was started first.
    fn process(&self) -> Option<Pid> {
        simulated(calls::process_of(self.0.id, 0))
    }

    /// Waits until the program that was started first has ended by itself, and says how. A crash of the host is no end: after a
    /// restart the program begins anew, and goes on being waited for. A program of a host that failed, and of which nobody asks, fails
    /// the run.
    ///
    /// # Panics
    /// If none was started.
    #[must_use = "it says whether the program failed"]
    pub fn wait(&self) -> Ended {
        assert!(self.process().is_some(), "no program was started on {}", self.0.name);
        until_ended(|| calls::wait_for_program(self.0.id, 0))
    }

    /// How the program that was started first ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        simulated(calls::ended(self.process()?)).map(Ended)
    }

    /// Whether the host has power.
    #[must_use]
    pub fn is_up(&self) -> bool {
        simulated(calls::state(self.0.id)).0 == Power::Up
    }

    /// Whether its programs stand still, by [`Host::pause`] or by a fault.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        simulated(calls::state(self.0.id)).1
    }

    /// The host loses its power: its processes end where they stand, without a word to anybody. Connections to it hang until the
    /// peer's time-outs, or until it is back and answers with a reset. Files it wrote stay. Of one that is down already nothing
    /// becomes; says whether it was up.
    ///
    /// What the host's programs held in statics of the process — a lock of `std::io::stdout`, a `OnceLock` that was being filled — is
    /// shared by all programs of a run, and stays as it was.
    ///
    /// # Panics
    /// If it runs the caller.
    pub fn crash(&self) -> bool {
        self.changed("crash", simulated(calls::crash(self.0.id)))
    }

    /// The host comes back, and its programs begin anew, in the order in which they were first started. Of one that is up nothing
    /// becomes; says whether it was down.
    pub fn restart(&self) -> bool {
        self.changed("restart", simulated(calls::restart(self.0.id)))
    }

    /// Its programs stand still, as if stopped by `SIGSTOP`: its kernel goes on taking what arrives, and time passes for it. A host that
    /// is down has none, and begins without a pause; says whether it is paused.
    ///
    /// # Panics
    /// If it runs the caller.
    pub fn pause(&self) -> bool {
        let host = self.0.id;
        self.changed("pause", simulated(calls::act("pause a host", |kernel| kernel.pause(host))))
    }

    /// Its programs go on.
    pub fn resume(&self) {
        let host = self.0.id;
        let resume = |kernel: &mut Kernel| {
            kernel.resume(host);
            Ok(())
        };
        self.changed("resume", simulated(calls::act("resume a host", resume)));
    }

    /// Whether a change was one: a fault may have made it before.
    fn changed(&self, what: &str, answer: Result<(), Errno>) -> bool {
        match answer {
            Ok(()) => true,
            Err(Errno::EALREADY | Errno::EHOSTDOWN) => false,
            Err(Errno::EPERM) => panic!(
                "a program cannot {what} {}, the host it runs on\nnext: do so from the program that builds the world",
                self.0.name
            ),
            Err(errno) => panic!("cannot {what} {}: {errno:?}", self.0.name),
        }
    }
}

fn until_ended(wait: impl Fn() -> Result<Result<Status, Errno>, calls::NotSimulated>) -> Ended {
    loop {
        match simulated(wait()) {
            Ok(status) => return Ended(status),
            Err(Errno::EINTR) => {}
            Err(errno) => unreachable!("a program that was started can be waited for, but {errno:?}"),
        }
    }
}
