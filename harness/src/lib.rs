//! What a test author touches: scenarios as data, the executable that serves them, and the client that asks for runs.
//!
//! Invariant: a run is asked for by data and answered by data, so that whatever searches, replays or reports is the same for
//! every target.
//!
//! Reading order: [`scenario`] (what there is to run) and [`oracles`] (what is asked of it), [`guest`] (the executable it runs in),
//! [`client`] (who asks), [`verdict`] (what a run means), [`guard`] (whether it repeats, and why not), [`series`] (runs that share a
//! process), [`record`] and [`tracefile`] (what is kept of it), [`recording`] (all that a report draws of it), [`mod@line`] (what to type to see it again), [`shrinking`] (failures made
//! small), [`token`] (a run as text), [`whole`] (files), [`marks`] and [`traced`] (what a program says of itself), [`symbols`]
//! (where in the source, whose [`plain`] crates are left out), [`target`] (other people's programs and simulators, asked in the same way), [`world`] (hosts, for programs on several), [`debugger`] (a run under gdb), [`linear`]
//! (whether what concurrent callers saw has an order), [`mod@test`] (tests of anybody's crate), [`mod@cargo`], [`instrumented`] and
//! [`wrapper`] (how they are built).

#[cfg(simulated)]
pub mod cargo;
#[cfg(simulated)]
pub mod client;
#[cfg(simulated)]
pub mod debugger;
#[cfg(simulated)]
mod decided;
#[cfg(simulated)]
pub mod examine;
#[cfg(simulated)]
pub mod guard;
#[cfg(simulated)]
pub mod guest;
#[cfg(simulated)]
mod hooks;
#[cfg(simulated)]
pub mod instrumented;
#[cfg(simulated)]
pub mod line;
pub mod linear;
#[cfg(simulated)]
pub mod marks;
pub mod oracles;
#[cfg(simulated)]
pub mod plain;
#[cfg(simulated)]
pub mod record;
#[cfg(simulated)]
pub mod recording;
pub mod scenario;
#[cfg(simulated)]
pub mod series;
#[cfg(simulated)]
pub mod shrinking;
#[cfg(simulated)]
pub mod signature;
#[cfg(simulated)]
pub mod story;
#[cfg(simulated)]
pub mod sweep;
#[cfg(simulated)]
pub mod symbols;
#[cfg(simulated)]
pub mod target;
pub mod test;
#[cfg(simulated)]
pub mod token;
#[cfg(simulated)]
pub mod traced;
#[cfg(simulated)]
pub mod tracefile;
#[cfg(simulated)]
mod typed;
#[cfg(simulated)]
pub mod verdict;
#[cfg(simulated)]
pub mod whole;
#[cfg(simulated)]
mod wire;
#[cfg(simulated)]
pub mod world;
#[cfg(simulated)]
pub mod wrapper;

#[cfg(simulated)]
pub use guest::serve;
#[cfg(simulated)]
#[doc(hidden)]
pub use photofinish_boundary::entry as __entry;
/// Runs a test under many seeds: its threads, its time and its sockets are the simulator's, and each seed is another schedule.
///
/// The test is an ordinary `#[test]`, beside others in the same executable, under `cargo test` and `cargo nextest run`. It takes
/// nothing and returns `()` or `Result<(), E>` with `E: Debug`; it fails if a run panics, returns an error, deadlocks, never
/// ends, or does what the simulator does not model. An `async fn` runs on tokio's multi-thread runtime: the crate's own `tokio`, with
/// its features `rt-multi-thread`, and `net` and `time` as the test wants them.
///
/// # An example
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use std::thread;
///
/// #[photofinish::test]
/// fn every_visit_counts() {
///     let visits = AtomicU32::new(0);
///     let visit = || visits.store(visits.load(SeqCst) + 1, SeqCst);
///     thread::scope(|scope| {
///         scope.spawn(visit);
///         scope.spawn(visit);
///     });
///     assert_eq!(visits.into_inner(), 2, "visits counted");
/// }
/// ```
///
/// `cargo test` preempts threads at calls into the system alone, and does not find the race above. `cargo photofinish test` takes the
/// same arguments, builds the tests so that they can be preempted at every atomic operation, and does. A failure prints its
/// signature, where it happened, the decisions of the scheduler that led there, what the test wrote, the seed, and the command that
/// shows the same run with all its events: `PHOTOFINISH_TOKEN=pf1-… cargo photofinish test every_visit_counts -- --exact`. Options of cargo
/// stand in it as they were given, as do `RUSTFLAGS`, `PHOTOFINISH_PLAIN_CRATES` and cargo's variables for profiles and targets. `cargo
/// test` tells its tests nothing of its options: there the profile and the package are known, and the line says what else to add.
///
/// The run that is shown is not the one that was found, but a small one that fails in the same way: with as few decisions as can be found in
/// five seconds (`shrink`). Of each it is said what happens without it, and of a thread that was stopped, which two operations must come in
/// this order. Its *token* names these decisions by the functions on the threads' stacks. In the build that made it, it is that run; in
/// another its decisions are looked for by name, and the replay says which are where they were, which moved, and which are gone. The
/// line with `PHOTOFINISH_SEED` makes the run as it was found.
///
/// With `fetch_add` in the place of the load and the store, every run passes. Until then the test can say what is known of it:
/// `#[photofinish::test(fails = "panic in *")]` passes as long as some run fails so, and fails when none does any more.
///
/// # Options
///
/// | option | is | without it |
/// |---|---|---|
/// | `seeds = 500` | seeds that are tried, from 0 on | 100, or with `time` no limit |
/// | `time = "10s"` | real time after which no further seed is begun | no limit |
/// | `fails = "panic in *"` | the signature with which a run must fail, or its beginning and a `*`; the search ends there | every run must pass |
/// | `strategy = "pct:3"` | how schedules are drawn, as `cargo xtask sim --strategy` takes it | `swarm` |
/// | `os = "macos"` | the operating system that answers: `linux`, `macos` or `freebsd` | `linux` |
/// | `cores = 2` | processors that the test is told it has | 4 |
/// | `threads = 128` | threads that it may have at one time | 64 |
/// | `heap = "checked"` | the heap: `checked` ends a run at the first misuse of it that it sees | `plain` |
/// | `shrink = "30s"` | real time for making a failure small, and as long again for saying why it fails; `0s` shows it as it was found | 5 s |
/// | `oracles = "leaks,late=20"` | what is asked of each run besides, as `cargo xtask sim --oracles` takes it: `threads`, `tasks`, `children`, `sockets`, `descriptors` (none may be left when the test returns), `leaks` (all of these), `stuck`, `late=MS`, `idle=POINTS` | nothing |
///
/// | variable | does |
/// |---|---|
/// | `PHOTOFINISH_SEED=17` | makes the run of one seed, and shows all its events |
/// | `PHOTOFINISH_TOKEN=pf1-…` | makes the run of a token, and shows all its events; tests that it is not of are passed over, and say so |
/// | `PHOTOFINISH_RECORD=FILE` | writes the trace of the run that is reported |
/// | `PHOTOFINISH_TRACE=FILE` | replays such a trace, in the build that it was recorded with |
///
/// # Hosts
///
/// A test's body can build a [`World`](crate::world::World) of hosts and start programs on them, so that there is no option for it; the body
/// goes on beside them, and the run is over when it returns. They share one address space, and so the statics of the test. Each host has its own runtimes of tokio
/// and smol and its own pool of rayon, whose statics are told apart.
///
/// ```
/// use photofinish::world::World;
/// use std::{net::TcpListener, net::TcpStream, time::Duration};
///
/// #[photofinish::test]
/// fn the_server_is_found_by_name() {
///     let world = World::new();
///     let server = world.host("server").start(|| {
///         let listener = TcpListener::bind("0.0.0.0:7000").unwrap();
///         listener.accept().unwrap();
///     });
///     let client = world.host("client").start(|| {
///         std::thread::sleep(Duration::from_secs(1));
///         TcpStream::connect("server:7000").unwrap();
///     });
///     client.wait().success("the client");
///     server.wait().success("the server");
/// }
/// ```
///
/// # What a run is
///
/// Each run is a fresh process: it begins with an environment of its own (`PATH`, `HOME`, `LANG`, `TMPDIR`), in an empty folder, and what
/// it prints is shown if it fails. The executable starts itself again for that, before any test of it has run.
///
/// Where nothing can be simulated (elsewhere than on Linux with glibc, on x86-64 or aarch64) the body runs once, natively, and the test
/// says so. There is no `world` there: tests with hosts stand under `#[cfg(target_os = "linux")]`.
pub use photofinish_macros::test;
pub use photofinish_marks::{choose, choose_as, choose_in};
pub use photofinish_sim as sim;
