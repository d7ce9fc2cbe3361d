//! Ordinary programs with races in them, and the oracles that judge them.
//!
//! The programs do not know that they may be simulated: they use `std` threads, locks, clocks and sockets, and
//! every one of them also runs natively. Invariant: a program's only sources of change are scheduling, time and
//! the network, and a passing run leaves no thread and no socket behind.

pub mod canary;
pub mod fork_cancel;
pub mod kernels;
pub mod late_listener;
pub mod lost_update;
pub mod native;
pub mod shutdown_einval;

use photofinish::scenario::Scenario;

/// Every scenario, in the order in which they are listed.
pub static SCENARIOS: &[&Scenario] = &[
    &lost_update::SCENARIO,
    &late_listener::SCENARIO,
    &shutdown_einval::SCENARIO,
    &fork_cancel::SCENARIO,
    &kernels::SCENARIO,
    &canary::SCENARIO,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_variant_has_a_name_of_its_own() {
        for scenario in super::SCENARIOS {
            let names: BTreeSet<&str> = scenario.variants.iter().map(|variant| variant.name).collect();
            assert_eq!(names.len(), scenario.variants.len(), "{}", scenario.name);
        }
    }
}
