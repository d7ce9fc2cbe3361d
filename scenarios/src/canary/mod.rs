//! Programs whose verdict is known: a sweep in which one of them shows another one has gone blind.
//!
//! They do not look for anything. Invariant: every variant but `healthy` fails in every simulated run, `healthy` in none.

mod program;

use photofinish::scenario::{Expectation, Find, Scenario, Variant};

/// The story and its variants.
pub static SCENARIO: Scenario = Scenario {
    name: "canary",
    story: "Small programs whose verdict does not depend on luck. If one that must fail passes, no other verdict \
            of the same build is worth anything.",
    programs: &[],
    variants: VARIANTS,
};

static VARIANTS: &[Variant] = &[
    Variant {
        name: "panic",
        story: "After a little talk over a channel and a socket, a thread asserts what does not hold.",
        os: photofinish::scenario::Os::Linux,
        heap: photofinish::scenario::Heap::Plain,
        expect: always(&[Find { signature: "panic*", within_runs: 1 }]),
        oracles: photofinish::scenario::Oracles::NONE,
        run: program::panic,
    },
    Variant {
        name: "deadlock",
        story: "Two threads hold a lock each, tell each other so, and then want the other's.",
        os: photofinish::scenario::Os::Linux,
        heap: photofinish::scenario::Heap::Plain,
        expect: always(&[Find { signature: "deadlock*", within_runs: 1 }]),
        oracles: photofinish::scenario::Oracles::NONE,
        run: program::deadlock,
    },
    Variant {
        name: "wrong-answer",
        story: "An echo server answers with something else, and the oracle says so.",
        os: photofinish::scenario::Os::Linux,
        heap: photofinish::scenario::Heap::Plain,
        expect: always(&[Find { signature: program::WRONG_ANSWER, within_runs: 1 }]),
        oracles: photofinish::scenario::Oracles::NONE,
        run: program::wrong_answer,
    },
    Variant {
        name: "mark",
        story: "After the same talk the program says of itself what must hold, and it does not.",
        os: photofinish::scenario::Os::Linux,
        heap: photofinish::scenario::Heap::Plain,
        expect: always(&[Find { signature: "always in *", within_runs: 1 }]),
        oracles: photofinish::scenario::Oracles::NONE,
        run: program::mark,
    },
    Variant {
        name: "healthy",
        story: "The same talk with an honest echo server: nothing is wrong with it.",
        os: photofinish::scenario::Os::Linux,
        heap: photofinish::scenario::Heap::Plain,
        expect: Expectation::NEVER_FAILS,
        oracles: photofinish::scenario::Oracles::NONE,
        run: program::healthy,
    },
];

const fn always(must: &'static [Find]) -> Expectation {
    Expectation { must, may: &[], always: true }
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn the_healthy_one_passes() {
        assert_eq!(program::healthy(), Ok(()));
    }

    #[test]
    fn nothing_is_said_of_marks_outside_a_simulation() {
        assert_eq!(program::mark(), Ok(()));
    }

    #[test]
    fn the_wrong_answer_is_noticed() {
        let failure = program::wrong_answer().unwrap_err();
        assert_eq!(failure.signature, program::WRONG_ANSWER);
    }

    #[test]
    fn the_panic_comes_through() {
        let payload = std::panic::catch_unwind(program::panic).unwrap_err();
        let message = payload.downcast_ref::<String>().unwrap();
        assert!(message.contains("the canary sings"), "{message}");
    }
}
