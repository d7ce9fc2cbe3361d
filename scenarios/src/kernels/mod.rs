//! Small programs with one bug each, on which simulators are compared: `cargo xtask compare`.
//!
//! The programs are written against the names in `names`; `scenarios/peers` compiles them against the names of others. They are
//! not stories of real bugs but their cores. Invariant: what runs here is what runs there, byte for byte of its source.

mod names;
mod program;

use photofinish::scenario::{Expectation, Failure, Find, Heap, Oracles, Os, Scenario, Variant};

/// The kernels.
pub static SCENARIO: Scenario = Scenario {
    name: "kernels",
    story: "A small program with one bug, such as simulators of threads are measured by.",
    programs: &[],
    variants: VARIANTS,
};

/// Threads wait for each other.
const DEADLOCK: &str = "deadlock*";
/// Two reads that should have been one.
const TORN: &str = "torn: *";
/// An event that nobody heard.
const LOST: &str = "lost: *";
/// What SCTBench's programs claim, and does not hold.
const WRONG: &str = "wrong: *";

const fn finds(must: &'static [Find]) -> Expectation {
    Expectation { must, may: &[], always: false }
}

macro_rules! variant {
    ($name:literal, $signature:expr, $within:literal, $story:literal) => {
        variant!($name, &[Find { signature: $signature, within_runs: $within }], $story)
    };
    ($name:literal, $must:expr, $story:literal) => {
        Variant {
            name: $name,
            story: $story,
            os: Os::Linux,
            heap: Heap::Plain,
            expect: finds($must),
            oracles: Oracles::NONE,
            run: || run($name),
        }
    };
}

#[rustfmt::skip]
static VARIANTS: &[Variant] = &[
    variant!("lost-wakeup", DEADLOCK, 100, "A flag is looked at outside of the lock that its condition is waited for under."),
    variant!("lost-wakeup-padded", DEADLOCK, 200, "The same with 200 operations on counters that nobody shares."),
    variant!("ab-ba", DEADLOCK, 100, "Two threads take two locks, each in its own order."),
    variant!("ab-ba-padded", DEADLOCK, 200, "The same with 200 operations on counters that nobody shares."),
    variant!("ab-ba-shared", DEADLOCK, 200, "The same with 200 operations on one counter."),
    variant!("atomicity-2-padded", TORN, 1000, "A torn read that takes two preemptions, among 100 other operations."),
    variant!("atomicity-3", TORN, 1000, "A torn read that takes three preemptions."),
    variant!("atomicity-3-padded", TORN, 2000, "The same among 125 other operations."),
    variant!("late-listener", LOST, 200, "20 operations lose against 200: the caller must be held up for as long."),
    variant!("late-listener-busy", LOST, 200, "The same beside six threads that have nothing to do with it."),
    variant!("account", WRONG, 100, "SCTBench's account: an auditor adds up wrongly, which shows only after both bookings."),
    variant!("bluetooth-driver", WRONG, 1000, "SCTBench's bluetooth_driver: a request looks whether the driver stops, and counts itself only after that."),
    variant!("carter01", DEADLOCK, 100, "SCTBench's carter01: who waits for the room holds the lock that its holder needs to leave."),
    variant!("circular-buffer", WRONG, 100, "SCTBench's circular_buffer: a look that came too early is counted as an element."),
    variant!("din-phil-3", DEADLOCK, 200, "Three of SCTBench's philosophers, each with the left fork."),
    variant!("din-phil-4", DEADLOCK, 200, "The same with four."),
    variant!("lazy01", WRONG, 100, "SCTBench's lazy01: two add to a sum, and a third believes to be there before both have."),
    variant!("reorder-3", WRONG, 500, "SCTBench's reorder: two set a pair in two steps, and a third sees half of it."),
    variant!("reorder-4", WRONG, 1000, "The same with three that set it."),
    variant!("stack", WRONG, 100, "SCTBench's stack: whoever pops looks whether anything was ever pushed."),
    variant!("stringbuffer", WRONG, 1000, "SCTBench's stringbuffer: a text is measured, erased, and then copied."),
    variant!("token-ring", WRONG, 100, "SCTBench's token_ring: three pass a token on, in another order than a fourth believes."),
    variant!("twostage", WRONG, 200, "SCTBench's twostage: two values that belong together, each with a lock of its own."),
    variant!("work-steal-queue", WRONG, 200, "SCTBench's WSQ: a slot is filled again before the thief that claimed it has looked."),
    variant!("work-steal-queue-fixed", &[], "The same with one slot left free, which is the thief's."),
    variant!("wronglock-3", WRONG, 200, "SCTBench's wronglock: one counts under a lock, and three under another."),
];

fn run(name: &str) -> Result<(), Failure> {
    let kernel = program::KERNELS.iter().find(|kernel| kernel.name == name);
    let kernel = kernel.expect("a test holds that every variant has its kernel");
    (kernel.run)().map_err(|wrong| Failure { signature: wrong.to_owned(), detail: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_is_a_variant_and_every_variant_a_kernel() {
        let kernels: Vec<&str> = program::KERNELS.iter().map(|kernel| kernel.name).collect();
        let variants: Vec<&str> = VARIANTS.iter().map(|variant| variant.name).collect();
        assert_eq!(kernels, variants);
    }
}
