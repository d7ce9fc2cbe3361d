//! What a test author touches: scenarios as data, the executable that serves them, and the client that asks for runs.
//!
//! Invariant: a run is asked for by data and answered by data, so that whatever searches, replays or reports is the same for
//! every target.
//!
//! Reading order: [`scenario`] (what there is to run), [`guest`] (the executable it runs in), [`client`] (who asks),
//! [`verdict`] (what a run means), [`series`] (runs that share a process), [`record`] and [`tracefile`] (what is kept of it), [`marks`] and [`traced`] (what a program says of
//! itself), [`symbols`] (where in the source, whose [`plain`] crates are left out), [`world`] (hosts, for programs on several), [`linear`]
//! (whether what concurrent callers saw has an order).

pub mod client;
pub mod examine;
pub mod guest;
mod hooks;
pub mod linear;
pub mod marks;
pub mod plain;
pub mod record;
pub mod scenario;
pub mod series;
pub mod sweep;
pub mod symbols;
pub mod traced;
pub mod tracefile;
pub mod verdict;
pub mod world;

pub use guest::serve;
pub use photofinish_sim as sim;
