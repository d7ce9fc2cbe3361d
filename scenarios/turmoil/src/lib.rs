//! Programs on turmoil with bugs that only faults bring out, and the oracles that judge them.
//!
//! The programs use turmoil's sockets and tokio's time, and do not know who strikes them. Invariant: natively, where nothing strikes,
//! every variant passes that does not fail always.

pub mod clocks;
pub mod endings;
pub mod ledger;

use photofinish::scenario::Scenario;

/// Every scenario, in the order in which they are listed.
pub static SCENARIOS: &[&Scenario] = &[&ledger::SCENARIO, &clocks::SCENARIO, &endings::SCENARIO];

#[cfg(test)]
mod tests {
    use super::SCENARIOS;

    #[test]
    fn natively_nothing_strikes_and_every_variant_passes() {
        for scenario in SCENARIOS {
            for variant in scenario.variants.iter().filter(|variant| !variant.expect.always) {
                assert_eq!((variant.run)(), Ok(()), "{}/{}", scenario.name, variant.name);
            }
        }
    }

    #[test]
    fn every_scenario_is_found_by_its_name() {
        for scenario in SCENARIOS {
            assert!(
                scenario.name.starts_with("turmoil-"),
                "{}: it would be looked for elsewhere",
                scenario.name
            );
        }
    }
}
