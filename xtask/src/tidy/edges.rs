//! Which of our packages may use which.
//!
//! Knows nothing of what they contain.
//! Invariant: [`ROOMS`] is the one place that says so; a new package or edge is a change of this table, and is reviewed
//! as one.

use super::finding::{Finding, Place};

/// A package of ours and what it may use of ours.
#[derive(Debug)]
struct Room {
    package: &'static str,
    may_use: &'static [&'static str],
    /// In tests, besides.
    may_test_with: &'static [&'static str],
}

/// Every room of the house, lowest first.
const ROOMS: &[Room] = &[
    Room { package: "photofinish-sim", may_use: &[], may_test_with: &[] },
    // What programs under test name: it must stay without anything behind it.
    Room { package: "photofinish-marks", may_use: &[], may_test_with: &[] },
    Room { package: "photofinish-frames", may_use: &["photofinish-sim"], may_test_with: &[] },
    // Linked by other people's simulators, which may define the C library's symbols themselves: never the boundary.
    Room {
        package: "photofinish-served",
        may_use: &["photofinish-sim", "photofinish-frames"],
        may_test_with: &[],
    },
    // Part of the program under test, as the marks are: turmoil is told what the marks choose.
    Room { package: "photofinish-turmoil", may_use: &["photofinish-marks"], may_test_with: &[] },
    Room {
        package: "photofinish-boundary",
        may_use: &["photofinish-sim", "photofinish-frames", "photofinish-marks"],
        may_test_with: &[],
    },
    Room { package: "photofinish-shrink", may_use: &["photofinish-sim"], may_test_with: &[] },
    Room { package: "photofinish-reports", may_use: &["photofinish-sim"], may_test_with: &[] },
    Room { package: "photofinish-macros", may_use: &[], may_test_with: &[] },
    // Part of the program under test: it must bring nothing of ours along.
    Room { package: "photofinish-tracing-hook", may_use: &[], may_test_with: &[] },
    Room { package: "photofinish-tracing", may_use: &["photofinish-tracing-hook"], may_test_with: &[] },
    Room {
        package: "photofinish",
        may_use: &[
            "photofinish-sim",
            "photofinish-boundary",
            "photofinish-served",
            "photofinish-shrink",
            "photofinish-reports",
            "photofinish-macros",
            "photofinish-marks",
            "photofinish-tracing-hook",
        ],
        may_test_with: &[],
    },
    // Knows runs by name only: what a database costs is not laid upon those who write tests.
    Room { package: "photofinish-corpus", may_use: &[], may_test_with: &[] },
    // Of the boundary's folder because it is unsafe inside, but it knows only our error numbers: libc behind safe calls.
    Room { package: "photofinish-calls", may_use: &["photofinish-sim"], may_test_with: &[] },
    // Says only which features packages of others have.
    Room { package: "photofinish-united", may_use: &[], may_test_with: &[] },
    Room {
        package: "photofinish-scenarios",
        may_use: &["photofinish", "photofinish-calls", "photofinish-marks", "photofinish-united"],
        may_test_with: &[],
    },
    Room {
        package: "photofinish-turmoil-scenarios",
        may_use: &["photofinish", "photofinish-turmoil", "photofinish-united"],
        may_test_with: &[],
    },
    Room { package: "photofinish-load", may_use: &["photofinish"], may_test_with: &[] },
    Room { package: "photofinish-innocent", may_use: &[], may_test_with: &[] },
    Room {
        package: "photofinish-guests",
        may_use: &[
            "photofinish",
            "photofinish-calls",
            "photofinish-innocent",
            "photofinish-marks",
            "photofinish-tracing",
            "photofinish-united",
        ],
        may_test_with: &[],
    },
    Room {
        package: "xtask",
        may_use: &["photofinish", "photofinish-corpus", "photofinish-reports"],
        may_test_with: &["photofinish-guests"],
    },
];

/// A dependency of ours on ours, as cargo reports it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edge<'a> {
    /// Of the package itself or of its build script.
    Use(&'a str),
    /// Of its tests, examples and benchmarks.
    Test(&'a str),
}

/// Checks one package's dependencies on ours. `place` is the line of its manifest that names an edge, or its first.
pub(super) fn check<'a>(
    package: &str,
    edges: &[Edge<'_>],
    place: impl Fn(&str) -> Place<'a>,
) -> Vec<Finding> {
    let table = "ROOMS in xtask/src/tidy/edges.rs";
    let Some(room) = ROOMS.iter().find(|room| room.package == package) else {
        let wrong = format!("package `{package}` has no place in the house");
        return vec![place(package).finding(wrong, format!("give it a row in {table}"))];
    };
    let forbidden = |edge: &&Edge<'_>| match edge {
        Edge::Use(used) => !room.may_use.contains(used),
        Edge::Test(used) => !room.may_use.contains(used) && !room.may_test_with.contains(used),
    };
    edges.iter().filter(forbidden).map(|edge| finding(package, *edge, table, &place)).collect()
}

fn finding<'a>(package: &str, edge: Edge<'_>, table: &str, place: impl Fn(&str) -> Place<'a>) -> Finding {
    let (used, wrong) = match edge {
        Edge::Use(used) => (used, format!("`{package}` may not use `{used}`")),
        Edge::Test(used) => (used, format!("`{package}` may not test with `{used}`")),
    };
    place(used).finding(wrong, format!("move the code to a room that may, or argue for the edge in {table}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_case(package: &str, edges: &[Edge<'_>], expected: &[&str]) {
        let found = check(package, edges, |_| Place { path: "Cargo.toml", line: 1 });
        let found: Vec<&str> = found.iter().map(|finding| finding.wrong.as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn edges() {
        use Edge::{Test, Use};
        check_case("photofinish-sim", &[], &[]);
        check_case(
            "photofinish-sim",
            &[Use("photofinish-shrink")],
            &["`photofinish-sim` may not use `photofinish-shrink`"],
        );
        check_case("photofinish-boundary", &[Use("photofinish-sim")], &[]);
        check_case("photofinish-boundary", &[Test("photofinish-sim")], &[]);
        check_case(
            "photofinish-reports",
            &[Use("photofinish-sim"), Test("photofinish")],
            &["`photofinish-reports` may not test with `photofinish`"],
        );
        check_case("xtask", &[Use("photofinish-sim")], &["`xtask` may not use `photofinish-sim`"]);
        check_case("newcomer", &[], &["package `newcomer` has no place in the house"]);
    }

    #[test]
    fn rooms_use_only_rooms_above_them() {
        for (index, room) in ROOMS.iter().enumerate() {
            for used in room.may_use {
                assert!(
                    ROOMS[..index].iter().any(|lower| lower.package == *used),
                    "{} -> {used}",
                    room.package
                );
            }
        }
    }
}
