//! Tests that do not know Photofinish, in an executable of their own.
//!
//! Invariant: they link and pass in every build.

use std::sync::atomic::AtomicU32;

use downstream::{Careful, Sells as _};

#[test]
fn the_last_ticket_is_sold_once() {
    let tickets = Careful(AtomicU32::new(1));
    assert!(tickets.sell());
    assert!(!tickets.sell());
}
