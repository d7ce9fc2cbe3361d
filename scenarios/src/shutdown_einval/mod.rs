//! A supervisor arms a receive time-out on a socket whose peer has just said its last words and closed.
//!
//! On macOS setsockopt(2) then fails with EINVAL although the words can still be read. The supervisor takes the
//! successor for dead, kills it and tells the incumbent to go on, whose control path is gone by then. Supervisor,
//! incumbent and successor are processes; they do not know that they are simulated. The case after the `@` is what
//! is made to happen, and `@linux` is a variant on a system without that rule.
//! Invariant: what a variant may show is written here and in `expect`, and nowhere else.

mod expect;
mod program;
mod real;
mod test;

use photofinish::scenario::{Expectation, Heap, Os, Program, Scenario, Variant};

use expect::*;
use program::policy::{ARM_ONCE, BLIND_EOF, BUGGY, FIXED, FULL, READ_UNTIL_ONLY, RETRY, SWALLOW};
use real::{V0_1_2, V0_1_3};
use test::Program::{Ours, Real};
use test::case::{
    DRAINED_B, GENUINE, LATE_READY, MARKER_AT_ONCE, MARKER_IN_TIME, READY_A, READY_B, SEAL_A, SEAL_B,
    SLOW_SEAL,
};

/// What every process of this scenario is.
pub const PROGRAM: Program = Program { name: "shutdown-einval", main: program::main };

/// The story and its variants.
pub static SCENARIO: Scenario = Scenario {
    name: "shutdown-einval",
    story: "A supervisor hands a daemon over from one process to the next, and sets a time-out on a socket whose \
            peer has said everything and closed. macOS answers EINVAL, and a handoff that was done is undone.",
    programs: &[PROGRAM],
    variants: VARIANTS,
};

macro_rules! variant {
    ($name:literal, $os:ident, $program:expr, $case:expr, $expect:expr, $story:literal) => {
        Variant {
            name: $name,
            story: $story,
            os: Os::$os,
            heap: Heap::Plain,
            expect: $expect,
            oracles: photofinish::scenario::Oracles::NONE,
            run: || test::run($program, &$case),
        }
    };
}

/// No run may fail.
const SOUND: Expectation = Expectation::NEVER_FAILS;

#[rustfmt::skip]
static VARIANTS: &[Variant] = &[
    // Nothing goes wrong: the successor closes when it has said Ready.
    variant!("buggy", Macos, Ours(&BUGGY), READY_B, READY_DROPPED, "As it was: EINVAL is an error like any other."),
    variant!("blind-eof", Macos, Ours(&BLIND_EOF), READY_B, READY_DROPPED_AS_EOF, "EINVAL is taken for the end of the stream, and what was said before it is dropped."),
    variant!("swallow", Macos, Ours(&SWALLOW), READY_B, SOUND, "EINVAL is ignored, and the read has no time-out."),
    variant!("retry", Macos, Ours(&RETRY), READY_B, READY_WAITED_FOR, "The time-out is set again and again until the handoff's time is over."),
    variant!("read-until-only", Macos, Ours(&READ_UNTIL_ONLY), READY_B, SOUND, "The mend in one function of three."),
    variant!("arm-once", Macos, Ours(&ARM_ONCE), READY_B, SOUND, "The time-out is set when the socket is made, and never again."),
    variant!("full", Macos, Ours(&FULL), READY_B, SOUND, "The merged fix: after EINVAL, read if a peek shows that the read cannot wait."),
    variant!("fixed", Macos, Ours(&FIXED), READY_B, SOUND, "The merged fix, and a successor that serves only once its Ready was read."),
    variant!("real-0.1.2", Macos, Real(&V0_1_2), READY_B, READY_DROPPED, "The published crate beyond-handoff 0.1.2."),
    variant!("real-0.1.3", Macos, Real(&V0_1_3), READY_B, SOUND, "The published crate beyond-handoff 0.1.3, which has the merged fix."),
    // The successor dies before it says Ready.
    variant!("buggy@ready-a", Macos, Ours(&BUGGY), READY_A, DEATH_AS_EINVAL, "As it was; the successor dies before it is ready."),
    variant!("blind-eof@ready-a", Macos, Ours(&BLIND_EOF), READY_A, NEXT_DROPPED_AS_EOF, "EINVAL as the end; the successor dies before it is ready."),
    variant!("swallow@ready-a", Macos, Ours(&SWALLOW), READY_A, SOUND, "EINVAL ignored; the successor dies before it is ready."),
    variant!("retry@ready-a", Macos, Ours(&RETRY), READY_A, DEATH_WAITED_FOR, "Set again and again; the successor dies before it is ready."),
    variant!("read-until-only@ready-a", Macos, Ours(&READ_UNTIL_ONLY), READY_A, SOUND, "Mended in one function; the successor dies before it is ready."),
    variant!("arm-once@ready-a", Macos, Ours(&ARM_ONCE), READY_A, SOUND, "Set once; the successor dies before it is ready."),
    variant!("full@ready-a", Macos, Ours(&FULL), READY_A, SOUND, "The merged fix; the successor dies before it is ready."),
    variant!("fixed@ready-a", Macos, Ours(&FIXED), READY_A, SOUND, "The whole fix; the successor dies before it is ready."),
    // The incumbent dies when it has said SealComplete.
    variant!("buggy@seal-b", Macos, Ours(&BUGGY), SEAL_B, SEAL_DROPPED, "As it was; the incumbent dies when it has let go of the data and said so."),
    variant!("blind-eof@seal-b", Macos, Ours(&BLIND_EOF), SEAL_B, SEAL_DROPPED_AS_EOF, "EINVAL as the end; the incumbent dies when it has said SealComplete."),
    variant!("swallow@seal-b", Macos, Ours(&SWALLOW), SEAL_B, SOUND, "EINVAL ignored; the incumbent dies when it has said SealComplete."),
    variant!("retry@seal-b", Macos, Ours(&RETRY), SEAL_B, SEAL_WAITED_FOR, "Set again and again; the incumbent dies when it has said SealComplete."),
    variant!("read-until-only@seal-b", Macos, Ours(&READ_UNTIL_ONLY), SEAL_B, ONLY_SEAL_DROPPED, "Mended in one function; the incumbent dies when it has said SealComplete."),
    variant!("arm-once@seal-b", Macos, Ours(&ARM_ONCE), SEAL_B, SOUND, "Set once; the incumbent dies when it has said SealComplete."),
    variant!("full@seal-b", Macos, Ours(&FULL), SEAL_B, SOUND, "The merged fix; the incumbent dies when it has said SealComplete."),
    variant!("fixed@seal-b", Macos, Ours(&FIXED), SEAL_B, SOUND, "The whole fix; the incumbent dies when it has said SealComplete."),
    // The incumbent dies before it says SealComplete.
    variant!("buggy@seal-a", Macos, Ours(&BUGGY), SEAL_A, SEAL_DEATH_AS_EINVAL, "As it was; the incumbent dies when it has let go of the data."),
    variant!("full@seal-a", Macos, Ours(&FULL), SEAL_A, SOUND, "The merged fix; the incumbent dies when it has let go of the data."),
    variant!("fixed@seal-a", Macos, Ours(&FIXED), SEAL_A, SOUND, "The whole fix; the incumbent dies when it has let go of the data."),
    // The incumbent dies when it has said Drained.
    variant!("buggy@drained-b", Macos, Ours(&BUGGY), DRAINED_B, DRAINED_DROPPED, "As it was; the incumbent dies when it has said Drained."),
    variant!("full@drained-b", Macos, Ours(&FULL), DRAINED_B, SOUND, "The merged fix; the incumbent dies when it has said Drained."),
    variant!("fixed@drained-b", Macos, Ours(&FIXED), DRAINED_B, SOUND, "The whole fix; the incumbent dies when it has said Drained."),
    // EINVAL although the successor lives, which says nothing for 9 s.
    variant!("buggy@genuine", Macos, Ours(&BUGGY), GENUINE, NEXT_DROPPED, "As it was, and an EINVAL that no peer caused."),
    variant!("blind-eof@genuine", Macos, Ours(&BLIND_EOF), GENUINE, EINVAL_AS_EOF, "EINVAL as the end, and one that no peer caused."),
    variant!("swallow@genuine", Macos, Ours(&SWALLOW), GENUINE, COMMITS_LATE, "EINVAL ignored, and one that no peer caused."),
    variant!("retry@genuine", Macos, Ours(&RETRY), GENUINE, EINVAL_WAITED_OUT, "Set again and again, and an EINVAL that no peer caused."),
    variant!("read-until-only@genuine", Macos, Ours(&READ_UNTIL_ONLY), GENUINE, SOUND, "Mended in one function, and an EINVAL that no peer caused."),
    variant!("arm-once@genuine", Macos, Ours(&ARM_ONCE), GENUINE, SOUND, "Set once, so that no EINVAL can strike later; the successor is silent."),
    variant!("full@genuine", Macos, Ours(&FULL), GENUINE, SOUND, "The merged fix, and an EINVAL that no peer caused."),
    variant!("fixed@genuine", Macos, Ours(&FIXED), GENUINE, SOUND, "The whole fix, and an EINVAL that no peer caused."),
    // What the partial mend costs, and what the merged one leaves.
    variant!("arm-once@slow-seal", Macos, Ours(&ARM_ONCE), SLOW_SEAL, ABORTS_LATE, "Set once, to the whole time: what sealing took is not taken off."),
    variant!("full@slow-seal", Macos, Ours(&FULL), SLOW_SEAL, SOUND, "The merged fix, and an incumbent that takes 3 s to seal."),
    variant!("full@late-ready", Macos, Ours(&FULL), LATE_READY, ABORT_MEETS_BIND, "The merged fix, and a successor that is ready just when the supervisor gives up."),
    variant!("fixed@late-ready", Macos, Ours(&FIXED), LATE_READY, SOUND, "The whole fix, and a successor that is ready just when the supervisor gives up."),
    // An oracle with a race of its own.
    variant!("oracle-race", Macos, Ours(&FIXED), MARKER_AT_ONCE, MARKER_MISSING, "The whole fix, judged by a test that looks at once for what another process does."),
    variant!("oracle-race@bounded", Macos, Ours(&FIXED), MARKER_IN_TIME, SOUND, "The whole fix, judged by a test that looks for 3 s."),
    // Without the rule there is no EINVAL.
    variant!("buggy@linux", Linux, Ours(&BUGGY), READY_B, SOUND, "As it was, on Linux."),
    variant!("blind-eof@linux", Linux, Ours(&BLIND_EOF), READY_B, SOUND, "EINVAL as the end, on Linux."),
    variant!("swallow@linux", Linux, Ours(&SWALLOW), READY_B, SOUND, "EINVAL ignored, on Linux."),
    variant!("retry@linux", Linux, Ours(&RETRY), READY_B, SOUND, "Set again and again, on Linux."),
    variant!("read-until-only@linux", Linux, Ours(&READ_UNTIL_ONLY), READY_B, SOUND, "Mended in one function, on Linux."),
    variant!("arm-once@linux", Linux, Ours(&ARM_ONCE), READY_B, SOUND, "Set once, on Linux."),
    variant!("full@linux", Linux, Ours(&FULL), READY_B, SOUND, "The merged fix, on Linux."),
    variant!("fixed@linux", Linux, Ours(&FIXED), READY_B, SOUND, "The whole fix, on Linux."),
    variant!("real-0.1.2@linux", Linux, Real(&V0_1_2), READY_B, SOUND, "The published crate with the bug, on Linux."),
    variant!("real-0.1.3@linux", Linux, Real(&V0_1_3), READY_B, SOUND, "The published crate after its fix, on Linux."),
    variant!("buggy@ready-a-linux", Linux, Ours(&BUGGY), READY_A, SOUND, "As it was, on Linux; the successor dies before it is ready."),
    variant!("buggy@seal-b-linux", Linux, Ours(&BUGGY), SEAL_B, SOUND, "As it was, on Linux; the incumbent dies when it has said SealComplete."),
    variant!("buggy@seal-a-linux", Linux, Ours(&BUGGY), SEAL_A, SOUND, "As it was, on Linux; the incumbent dies when it has let go of the data."),
    variant!("buggy@drained-b-linux", Linux, Ours(&BUGGY), DRAINED_B, SOUND, "As it was, on Linux; the incumbent dies when it has said Drained."),
];

#[cfg(test)]
mod tests {
    use super::VARIANTS;
    use std::collections::BTreeSet;

    fn names() -> BTreeSet<&'static str> {
        VARIANTS.iter().map(|variant| variant.name).collect()
    }

    #[test]
    fn every_policy_has_its_row_of_cases_and_its_linux_twin() {
        let names = names();
        for name in names.iter().filter(|name| !name.contains('@') && !name.contains("oracle")) {
            assert!(names.contains(format!("{name}@linux").as_str()), "{name}@linux");
            for case in ["ready-a", "seal-b", "genuine"].iter().filter(|_| !name.contains("real")) {
                assert!(names.contains(format!("{name}@{case}").as_str()), "{name}@{case}");
            }
        }
    }

    #[test]
    fn no_variant_may_show_einval_on_linux() {
        for variant in VARIANTS {
            assert_eq!(variant.os == super::Os::Linux, variant.name.ends_with("linux"), "{}", variant.name);
            let may_fail = variant.expect != super::SOUND;
            assert!(variant.os == super::Os::Macos || !may_fail, "{}", variant.name);
        }
    }
}
