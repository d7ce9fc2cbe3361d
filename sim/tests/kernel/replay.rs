//! Traces that no longer fit, damaged traces, and the codec.
//!
//! Does not know how traces are found. Invariant: whatever the trace, a strict replay ends without a panic, and if it
//! diverges it names a pick of that trace.

use photofinish_sim::choice::{Candidate, Kind, Pick};
use photofinish_sim::chooser::Strict;
use photofinish_sim::ending::Ending;
use photofinish_sim::kernel::Detail;
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::ThreadId;
use photofinish_sim::trace::{Malformed, Trace};
use proptest::prelude::*;

use crate::driver::run;
use crate::program::{Program, cases, some_program};
use crate::watch::strategies;

const KINDS: [Kind; 25] = [
    Kind::Preempt,
    Kind::Next,
    Kind::FutexWake,
    Kind::Spurious,
    Kind::Latency,
    Kind::Tie,
    Kind::Entropy,
    Kind::Short,
    Kind::Interrupt,
    Kind::Armed,
    Kind::Buggify,
    Kind::Loss,
    Kind::Duplicate,
    Kind::Reorder,
    Kind::Enabled,
    Kind::Crash,
    Kind::Pause,
    Kind::Partition,
    Kind::Hold,
    Kind::Reset,
    Kind::Victim,
    Kind::Shape,
    Kind::Aim,
    Kind::Lasts,
    Kind::Chosen,
];

fn some_pick() -> impl Strategy<Value = Pick> {
    (0..80_u64, 0..2_u32, 0..KINDS.len(), 0..5_u64, 0..5_u64, 0..4_u32, 0..40_u64).prop_map(
        |(step, nth, kind, bound, pick, thread, thread_points)| Pick {
            step,
            nth,
            kind: KINDS[kind],
            bound,
            pick,
            to: None,
            thread: ThreadId(thread),
            thread_points,
            pc: 0,
        },
    )
}

fn altered(pick: Pick, field: usize, by: u64) -> Pick {
    let by = by + 1;
    let mut pick = pick;
    match field {
        0 => pick.step += by,
        1 => pick.nth += 1,
        2 => pick.kind = KINDS[usize::try_from(by % 7).unwrap()],
        3 => pick.bound = pick.bound.wrapping_add(by),
        4 => pick.pick = pick.pick.wrapping_add(by) % pick.bound,
        5 => pick.pick = pick.pick.saturating_add(by),
        6 => pick.thread.0 += 1,
        _ => pick.thread_points += by,
    }
    pick
}

/// Replays a trace to its end; if it diverges, the pick named must be one of it.
fn ends_or_names_its_pick(program: &Program, trace: Trace) {
    let outcome = run(program, Box::new(Strict::new(trace.clone())), Detail::Events);
    if let Ending::Diverged(divergence) = &outcome.ending {
        assert!(trace.picks.contains(&divergence.expected), "{divergence}");
    } else {
        let boring = |pick: &&Pick| pick.pick != 0;
        let given: Vec<Pick> =
            trace.picks.iter().filter(boring).map(|pick| Pick { pc: 0, ..*pick }).collect();
        let made: Vec<Pick> = outcome.trace.picks.iter().map(|pick| Pick { pc: 0, ..*pick }).collect();
        assert_eq!(given, made, "not diverged, so every pick was given once, in order");
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_changed_trace_ends_or_diverges_by_name(
        program in some_program(),
        seed in any::<u64>(),
        strategy in 2..strategies().len(),
        at in any::<prop::sample::Index>(),
        (field, by) in (0..8_usize, 0..4_u64),
        added in some_pick(),
    ) {
        let found = run(&program, strategies()[strategy].chooser(Seed(seed)), Detail::HashOnly);
        let picks = found.trace.picks;
        let mut longer = picks.clone();
        longer.insert(at.index(picks.len() + 1), added);
        ends_or_names_its_pick(&program, Trace { picks: longer, ..Trace::default() });
        if !picks.is_empty() {
            let at = at.index(picks.len());
            let mut removed = picks.clone();
            removed.remove(at);
            ends_or_names_its_pick(&program, Trace { picks: removed, ..Trace::default() });
            let mut changed = picks.clone();
            changed[at] = altered(picks[at], field, by);
            ends_or_names_its_pick(&program, Trace { picks: changed, ..Trace::default() });
            let mut swapped = picks.clone();
            swapped.swap(at, picks.len() - 1);
            ends_or_names_its_pick(&program, Trace { picks: swapped, ..Trace::default() });
        }
    }

    #[test]
    fn garbage_is_no_run(
        program in some_program(), picks in prop::collection::vec(some_pick(), 0..12)
    ) {
        let trace = Trace { picks, ..Trace::default() };
        let _: Result<(), Malformed> = trace.check();
        ends_or_names_its_pick(&program, trace);
    }

    #[test]
    fn a_trace_reads_back_from_json(picks in prop::collection::vec(some_pick(), 0..12)) {
        let trace = Trace { picks, ..Trace::default() };
        let text = serde_json::to_string(&trace).unwrap();
        prop_assert_eq!(serde_json::from_str::<Trace>(&text).unwrap(), trace);
    }
}

#[test]
fn a_damaged_trace_is_told_from_one_that_does_not_fit() {
    let good = Pick {
        step: 5,
        nth: 0,
        kind: Kind::Preempt,
        bound: 3,
        pick: 2,
        to: Some(Candidate::Clock),
        thread: ThreadId(0),
        thread_points: 5,
        pc: 0,
    };
    let later = Pick { step: 9, thread_points: 9, ..good };
    let cases: [(&str, Vec<Pick>, Result<(), usize>); 13] = [
        ("nothing", vec![], Ok(())),
        ("two", vec![good, later], Ok(())),
        ("two kinds at a step", vec![good, Pick { kind: Kind::Tie, to: None, ..good }], Ok(())),
        ("nobody runs", vec![Pick { to: None, ..good }], Err(0)),
        ("a fault lets a thread run", vec![Pick { kind: Kind::Loss, ..good }], Err(0)),
        ("a thread nobody created", vec![good, Pick { thread: ThreadId(1), ..later }], Err(1)),
        ("nobody created who runs", vec![Pick { to: Some(Candidate::Thread(ThreadId(1))), ..good }], Err(0)),
        ("boring", vec![good, Pick { pick: 0, ..later }], Err(1)),
        ("out of bounds", vec![Pick { pick: 3, ..good }], Err(0)),
        ("no bound", vec![Pick { bound: 0, ..good }], Err(0)),
        ("backwards", vec![later, good], Err(1)),
        ("twice", vec![good, good], Err(1)),
        ("more points than steps", vec![Pick { thread_points: 6, ..good }], Err(0)),
    ];
    for (name, picks, expected) in cases {
        assert_eq!(
            Trace { picks, ..Trace::default() }.check().map_err(|malformed| malformed.index),
            expected,
            "{name}"
        );
    }
}
