//! The deterministic kernel as plain data: choices, trace, events, clock, scheduler, futexes, descriptors, sockets.
//!
//! It knows no libc call, no real thread, no file, no environment: whoever drives it (the boundary, or a test) reports what
//! the program does and is told what to do next. Invariant: a run is a function of the reports and of the picks.
//!
//! Reading order: [`seed`] and [`choice`] (the one door), [`chooser`] (who answers), [`kernel`] (who asks), [`call`] (what
//! the program can ask for), [`net`] and [`fd`] (what it acts on), [`mark`] (what it says of itself), [`fault`] (what strikes it), [`heap`] (where its
//! memory comes from), [`event`] and [`ending`] (what came of it),
//! [`oracle`] (what may be asked of that).
#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic)]

pub mod call;
pub mod choice;
pub mod chooser;
mod cmsg;
pub mod ending;
pub mod errno;
pub mod event;
pub mod fault;
pub mod fd;
pub mod file;
mod futex;
pub mod heap;
pub mod host;
pub mod kernel;
pub mod limits;
pub mod link;
pub mod mark;
pub mod net;
pub mod oracle;
pub mod personality;
pub mod plan;
pub mod preempt;
pub mod process;
pub mod ready;
pub mod seed;
pub mod thread;
mod timer;
pub mod trace;
pub mod traced;
pub mod tree;
pub mod unix;
pub mod wait;
