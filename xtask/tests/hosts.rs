//! Worlds of several hosts under the simulation.
//!
//! Knows the guests by name only. Invariant: every variant of `hosts` is run here, with many seeds.

mod served;
mod swept;

#[test]
fn hosts_find_each_other_crash_and_come_back_under_every_schedule() {
    swept::check_scenario("hosts", 30);
}
