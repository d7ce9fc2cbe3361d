//! Programs under test for our own tests.
//!
//! They know nothing of the simulator but the shape of a scenario. Invariant: each also runs natively.

use photofinish::scenario::Scenario;

pub mod conformance;
pub mod endings;
pub mod load;
pub mod races;
pub mod sync;
pub mod time;

/// Every guest.
pub static GUESTS: &[&Scenario] =
    &[&sync::SCENARIO, &time::SCENARIO, &races::SCENARIO, &endings::SCENARIO, &load::SCENARIO, &conformance::SCENARIO];
