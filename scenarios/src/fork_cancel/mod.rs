//! A relay passes a stream on through a fork of it, and the fork shares more, or less, than it should.
//!
//! A client stores an object through three relays, each of which passes the fragments on as they come. When the
//! connection that brings them drops, the fork is cancelled although it has everything; what mends that loses
//! wakeups instead, and so does the fix that was merged. The program does not know that it is simulated. The case
//! after the `@` is what is made to happen. Invariant: what a variant may show is written here and in `expect`, and
//! nowhere else.

mod expect;
mod net;
mod process;
mod program;
mod test;

use photofinish::scenario::{Heap, Os, Scenario, Variant};

use expect::*;
use program::revision::Revision::{Fixed, ForkOnly, Merged, Parent, TimeoutOnly, V1, V2};
use test::case::{ASSEMBLE, CANCEL, DROP, FORKED, GAP, IN_ORDER, RACE, REPORT, SWAPPED, WAKE, WAKERS};

/// The story and its variants.
pub static SCENARIO: Scenario = Scenario {
    name: "fork-cancel",
    story: "A relay reads a stream through a fork of it while the stream still comes in. The connection that \
            brings it drops, and cancels what the fork has not read yet; and each attempt to mend that can \
            leave the reader asleep beside its data.",
    programs: &[],
    variants: VARIANTS,
};

macro_rules! variant {
    ($name:literal, $revision:expr, $case:expr, $expect:expr, $story:literal) => {
        Variant {
            name: $name,
            story: $story,
            os: Os::Linux,
            heap: Heap::Plain,
            expect: $expect,
            oracles: photofinish::scenario::Oracles::NONE,
            run: || test::run($revision, &$case),
        }
    };
}

#[rustfmt::skip]
static VARIANTS: &[Variant] = &[
    // The client falls silent after one fragment; its connection is dropped when it has been idle for long enough.
    variant!("parent", Parent, REPORT, REPORTED, "As it was: a fork is the stream once more, and a pipe waits as long as it lives."),
    variant!("timeout-only", TimeoutOnly, REPORT, SOUND, "As it was, but a pipe gives up after 30 s."),
    variant!("fork-only", ForkOnly, REPORT, STUCK, "A fork has a state of its own, which nobody wakes."),
    variant!("v1", V1, REPORT, SOUND, "Forks, a time-out, and a listener that is made after the buffer was looked at."),
    variant!("v2", V2, REPORT, SOUND, "The listener is made first, but a second one may be notified before it is polled."),
    variant!("merged", Merged, REPORT, SOUND, "The merged fix: as v2, and a fork of what is cancelled is cancelled."),
    variant!("fixed", Fixed, REPORT, SOUND, "The merged fix, and a reader that listens until its listener waits."),
    // The connection drops while everything is in the buffer and the pipe is throttled.
    variant!("parent@cancel", Parent, CANCEL, CANCELLED, "As it was; the connection drops when everything has come."),
    variant!("timeout-only@cancel", TimeoutOnly, CANCEL, CANCELLED, "A time-out; the connection drops when everything has come."),
    variant!("fork-only@cancel", ForkOnly, CANCEL, SOUND, "A fork of its own; the connection drops when everything has come."),
    variant!("v1@cancel", V1, CANCEL, SOUND, "The first attempt; the connection drops when everything has come."),
    variant!("v2@cancel", V2, CANCEL, SOUND, "The second attempt; the connection drops when everything has come."),
    variant!("merged@cancel", Merged, CANCEL, SOUND, "The merged fix; the connection drops when everything has come."),
    variant!("fixed@cancel", Fixed, CANCEL, SOUND, "The whole fix; the connection drops when everything has come."),
    // The connection drops about when the pipe ends, by the time that its last word takes.
    variant!("parent@drop", Parent, DROP, MAY_BE_CANCELLED, "As it was; the connection drops about when the pipe ends."),
    variant!("fixed@drop", Fixed, DROP, SOUND, "The whole fix; the connection drops about when the pipe ends."),
    // One fragment never comes.
    variant!("parent@gap", Parent, GAP, STUCK, "As it was; the second fragment never comes."),
    variant!("timeout-only@gap", TimeoutOnly, GAP, SOUND, "A time-out; the second fragment never comes."),
    variant!("fork-only@gap", ForkOnly, GAP, STUCK, "A fork of its own; the second fragment never comes."),
    variant!("v1@gap", V1, GAP, SOUND, "The first attempt; the second fragment never comes."),
    variant!("v2@gap", V2, GAP, SOUND, "The second attempt; the second fragment never comes."),
    variant!("merged@gap", Merged, GAP, SOUND, "The merged fix; the second fragment never comes."),
    variant!("fixed@gap", Fixed, GAP, SOUND, "The whole fix; the second fragment never comes."),
    // Each fragment is waited for.
    variant!("parent@wake", Parent, WAKE, ASSEMBLES_LATE, "As it was; each fragment is waited for."),
    variant!("timeout-only@wake", TimeoutOnly, WAKE, ASSEMBLES_LATE, "A time-out; each fragment is waited for."),
    variant!("fork-only@wake", ForkOnly, WAKE, NEVER_WOKEN, "A fork of its own; each fragment is waited for."),
    variant!("v1@wake", V1, WAKE, MAY_LOSE, "The first attempt; each fragment is waited for."),
    variant!("v2@wake", V2, WAKE, MAY_LOSE, "The second attempt; each fragment is waited for."),
    variant!("merged@wake", Merged, WAKE, MAY_LOSE, "The merged fix; each fragment is waited for."),
    variant!("fixed@wake", Fixed, WAKE, SOUND, "The whole fix; each fragment is waited for."),
    // The connection drops before the relay forks.
    variant!("parent@forked", Parent, FORKED, SOUND, "As it was; the stream is cancelled before it is forked."),
    variant!("timeout-only@forked", TimeoutOnly, FORKED, SOUND, "A time-out; the stream is cancelled before it is forked."),
    variant!("fork-only@forked", ForkOnly, FORKED, RESURRECTED_FOR_EVER, "A fork of its own; the stream is cancelled before it is forked."),
    variant!("v1@forked", V1, FORKED, RESURRECTED, "The first attempt; the stream is cancelled before it is forked."),
    variant!("v2@forked", V2, FORKED, RESURRECTED, "The second attempt; the stream is cancelled before it is forked."),
    variant!("merged@forked", Merged, FORKED, SOUND, "The merged fix; the stream is cancelled before it is forked."),
    variant!("fixed@forked", Fixed, FORKED, SOUND, "The whole fix; the stream is cancelled before it is forked."),
    // A thread pushes fragments out of order while a task reads them.
    variant!("parent@race", Parent, RACE, SOUND, "As it was; fragments are pushed while they are read."),
    variant!("timeout-only@race", TimeoutOnly, RACE, SOUND, "A time-out; fragments are pushed while they are read."),
    variant!("fork-only@race", ForkOnly, RACE, NEVER_WOKEN, "A fork of its own; fragments are pushed while they are read."),
    variant!("v1@race", V1, RACE, LOSES_AND_IS_LATE, "The first attempt; fragments are pushed while they are read."),
    variant!("v2@race", V2, RACE, LOSES, "The second attempt; fragments are pushed while they are read."),
    variant!("merged@race", Merged, RACE, LOSES, "The merged fix; fragments are pushed while they are read."),
    variant!("fixed@race", Fixed, RACE, SOUND, "The whole fix; fragments are pushed while they are read."),
    variant!("merged@swapped", Merged, SWAPPED, LOSES, "The merged fix; two of three fragments change places."),
    variant!("fixed@swapped", Fixed, SWAPPED, SOUND, "The whole fix; two of three fragments change places."),
    variant!("merged@in-order", Merged, IN_ORDER, MAY_LOSE_ONLY, "The merged fix; two fragments come in order."),
    variant!("fixed@in-order", Fixed, IN_ORDER, SOUND, "The whole fix; two fragments come in order."),
    // What waits for the whole object, which no revision mended.
    variant!("merged@assemble", Merged, ASSEMBLE, FINDS_ASSEMBLY_LATE, "The merged fix; the last fragment comes while the object is assembled."),
    variant!("fixed@assemble", Fixed, ASSEMBLE, SOUND, "The whole fix; the last fragment comes while the object is assembled."),
    // What waiting leaves behind.
    variant!("parent@wakers", Parent, WAKERS, SOUND, "As it was; the wakers that waiting leaves behind are counted."),
    variant!("v1@wakers", V1, WAKERS, RETAINS, "The first attempt; the wakers that waiting leaves behind are counted."),
    variant!("v2@wakers", V2, WAKERS, MAY_LOSE_ONLY, "The second attempt; the wakers that waiting leaves behind are counted."),
    variant!("merged@wakers", Merged, WAKERS, MAY_LOSE_ONLY, "The merged fix; the wakers that waiting leaves behind are counted."),
    variant!("fixed@wakers", Fixed, WAKERS, SOUND, "The whole fix; the wakers that waiting leaves behind are counted."),
];

#[cfg(test)]
mod tests {
    use super::VARIANTS;
    use std::collections::BTreeSet;

    fn names() -> BTreeSet<&'static str> {
        VARIANTS.iter().map(|variant| variant.name).collect()
    }

    #[test]
    fn every_revision_has_its_row_of_cases() {
        let names = names();
        for name in names.iter().filter(|name| !name.contains('@')) {
            for case in ["cancel", "gap", "wake", "forked", "race"] {
                assert!(names.contains(format!("{name}@{case}").as_str()), "{name}@{case}");
            }
        }
    }

    #[test]
    fn what_is_fixed_may_show_nothing() {
        for variant in VARIANTS.iter().filter(|variant| variant.name.starts_with("fixed")) {
            assert_eq!(variant.expect, super::SOUND, "{}", variant.name);
        }
    }
}
