//! Guests: endings.
//!
//! Invariant: each is a program of its own.

use photofinish::scenario::Scenario;

/// The guests of this file.
pub static SCENARIO: Scenario = Scenario { name: "endings", story: "", variants: &[] };
