//! The executable that serves the guests.
//!
//! Invariant: its main function is the harness' and nothing else.

fn main() {
    photofinish::serve(photofinish_guests::GUESTS)
}
