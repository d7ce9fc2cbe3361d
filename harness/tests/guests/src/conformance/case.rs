//! What a case is: a function that writes a transcript, and the symbols it holds against Linux.
//!
//! Does not run anything. Invariant: a case is found under one name in both worlds, `conformance-FAMILY/CASE`.

use photofinish::scenario::Scenario;

/// One case.
#[derive(Debug)]
pub struct Case {
    /// The name of its variant.
    pub name: &'static str,
    /// The owned symbols whose answers it writes down.
    pub covers: &'static [&'static str],
}

/// The cases of one man-page family.
pub struct Family {
    /// As guests.
    pub scenario: Scenario,
    /// What each covers, in the order of the variants.
    pub cases: &'static [Case],
}

/// Defines the `FAMILY` of a file: its name, its story, then one line per case.
macro_rules! family {
    ($family:literal, $story:literal; $($name:literal = $run:path, [$($symbol:literal),* $(,)?], $differs:literal;)*) => {
        /// The cases of this file.
        pub static FAMILY: $crate::conformance::case::Family = $crate::conformance::case::Family {
            scenario: photofinish::scenario::Scenario {
                name: concat!("conformance-", $family),
                story: $story,
                programs: $crate::processes::PROGRAMS,
                variants: &[$(photofinish::scenario::Variant {
                    name: $name,
                    story: $differs,
                    os: photofinish::scenario::Os::Linux,
                    heap: photofinish::scenario::Heap::Plain,
                    expect: photofinish::scenario::Expectation::NEVER_FAILS,
                    oracles: photofinish::scenario::Oracles::NONE,
                    run: || {
                        $run(&mut $crate::conformance::transcript::Transcript::default());
                        Ok(())
                    },
                }),*],
            },
            cases: &[$($crate::conformance::case::Case { name: $name, covers: &[$($symbol),*] }),*],
        };
    };
}

pub(crate) use family;
