//! `write(2)` to standard output and error: kept with the run.
//!
//! Does not show anything. Invariant: nothing the program writes there reaches the real descriptors while it runs.

use photofinish_sim::event::Event;
use photofinish_sim::kernel::Kernel;

use crate::run::{obey, with_kernel};
use crate::sight::{self, Passed};

/// Keeps bytes written to descriptor 1 or 2.
pub(crate) fn keep(number: u8, bytes: &[u8]) -> isize {
    sight::point(Passed::Next);
    obey(with_kernel(Kernel::output_point));
    crate::phase::as_simulator(|| {
        // Long output goes in pieces, so that one event stays small.
        for piece in bytes.chunks(1 << 16) {
            let event = Event::Wrote { fd: i32::from(number), bytes: piece.to_vec() };
            crate::run::run().kernel.emit(&event);
        }
    });
    bytes.len().cast_signed()
}
