//! A [turmoil] simulation whose faults and link latencies are choices of a search, one by one.
//!
//! turmoil simulates hosts and their network on one thread: it has no races of threads, and what goes wrong in it follows from one seed.
//! Here its own seed stays the same, and what goes wrong is asked of whoever searches, through [`photofinish_marks`]: which link is cut,
//! when and for how long is one decision, which a replay gives again, a failing run loses if it does not need it, and a story names. Where
//! nobody searches, as in an ordinary `cargo test`, the simulation is turmoil's own, without a fault and with the least latencies.
//!
//! In a simulation of Photofinish the simulation is a program as any other. So its hash keys are seeded and `std::time` is virtual, neither
//! of which turmoil does by itself; and `std::time` keeps pace with turmoil's clock, step by step.
//!
//! ```
//! use std::time::Duration;
//!
//! use photofinish_turmoil::{Fault, Faults, Simulation};
//! use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
//! use turmoil::net::{TcpListener, TcpStream};
//!
//! # fn main() -> Result<(), photofinish_turmoil::Failed> {
//! let ms = Duration::from_millis;
//! let faults = Faults::none()
//!     .partitions(Fault::within(ms(0)..=ms(500)).lasting(ms(50)..=ms(400)))
//!     .crashes(["server"], Fault::within(ms(0)..=ms(500)).lasting(ms(100)..=ms(100)))
//!     .latency(ms(2)..=ms(32));
//! Simulation::new().faults(faults).run(|builder| {
//!     let mut sim = builder.simulation_duration(Duration::from_secs(5)).build();
//!     sim.host("server", || async {
//!         let listener = TcpListener::bind("0.0.0.0:7000").await?;
//!         loop {
//!             let (mut stream, _) = listener.accept().await?;
//!             tokio::task::spawn_local(async move { stream.write_u8(42).await });
//!         }
//!     });
//!     sim.client("client", async {
//!         let mut stream = TcpStream::connect("server:7000").await?;
//!         assert_eq!(stream.read_u8().await?, 42);
//!         Ok(())
//!     });
//!     sim
//! })?;
//! # Ok(())
//! # }
//! ```
//!
//! As the body of a `#[photofinish::test]` this is searched: each seed draws other faults. Does not know a simulator but turmoil.
//! Invariant: a run is a function of the numbers chosen, and without any it is turmoil's.
#![forbid(unsafe_code)]

mod clock;
mod failed;
mod faults;
mod nemesis;
mod plan;
mod simulation;

pub use failed::Failed;
pub use faults::{Fault, Faults};
pub use simulation::{SEED, Simulation};
