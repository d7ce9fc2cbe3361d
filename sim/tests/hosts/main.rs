//! Several hosts on one kernel: links that lose, hosts that crash, connections that time out.
//!
//! Does not know processes on the hosts: the first process plays all parts. Invariant: the kernel's books are right after every step.

mod datagrams;
mod interfaces;
mod keepalive;
mod links;
mod origins;
mod patience;
mod random;
mod strays;
mod times;
mod unreachable;
mod world;
