//! Plans followed leniently: exactly where they fit, and without harm where they do not.
//!
//! Does not know what shrinks plans. Invariant: what a lenient run records is a trace like any other, which replays strictly.

use std::cell::RefCell;
use std::rc::Rc;

use photofinish_sim::choice::{Kind, Pick, Posed};
use photofinish_sim::chooser::{Attentive, Lenient, Strict, Telling};
use photofinish_sim::ending::Ending;
use photofinish_sim::kernel::Detail;
use photofinish_sim::plan::Plan;
use photofinish_sim::seed::Seed;
use proptest::prelude::*;

use crate::driver::{Outcome, run};
use crate::program::{Program, cases, some_program};
use crate::watch::strategies;

fn follow(program: &Program, plan: Plan) -> Outcome {
    run(program, Box::new(Lenient::new(plan)), Detail::Events)
}

fn found(program: &Program, seed: u64, strategy: usize) -> Outcome {
    run(program, strategies()[strategy].chooser(Seed(seed)), Detail::Events)
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_whole_plan_gives_the_run_again(
        program in some_program(), seed in any::<u64>(), strategy in 0..strategies().len()
    ) {
        let first = found(&program, seed, strategy);
        let again = follow(&program, first.trace.plan());
        prop_assert_eq!(&again.trace, &first.trace);
        prop_assert_eq!(again.events, first.events);
    }

    #[test]
    fn a_part_of_a_plan_is_a_run_that_replays_strictly(
        program in some_program(),
        seed in any::<u64>(),
        strategy in 0..strategies().len(),
        kept in prop::collection::vec(any::<bool>(), 64),
    ) {
        let mut plan = found(&program, seed, strategy).trace.plan();
        let mut kept = kept.into_iter().cycle();
        plan.decisions.retain(|_| kept.next().unwrap_or_default());
        let part = follow(&program, plan.clone());
        prop_assert!(!matches!(part.ending, Ending::Diverged(_)));
        let made = part.trace.plan().decisions;
        prop_assert!(made.iter().all(|decision| plan.decisions.contains(decision)), "{:?} of {:?}", made, plan);
        let strict = run(&program, Box::new(Strict::new(part.trace.clone())), Detail::Events);
        prop_assert_eq!(strict.events, part.events);
        prop_assert_eq!(strict.ending, part.ending);
    }

    #[test]
    fn a_replay_that_is_asked_at_every_point_is_the_same_run(
        program in some_program(), seed in any::<u64>(), strategy in 0..strategies().len()
    ) {
        let first = found(&program, seed, strategy);
        let strict = Attentive::new(Box::new(Strict::new(first.trace.clone())));
        let lenient = Attentive::new(Box::new(Lenient::new(first.trace.plan())));
        for replay in [strict, lenient] {
            let again = run(&program, Box::new(replay), Detail::Events);
            prop_assert_eq!(&again.events, &first.events);
            prop_assert_eq!(&again.ending, &first.ending);
            prop_assert_eq!(again.trace.plan(), first.trace.plan());
        }
    }

    #[test]
    fn a_replay_that_tells_its_questions_is_the_same_run_and_names_each_answer_of_it(
        program in some_program(), seed in any::<u64>(), strategy in 0..strategies().len()
    ) {
        let first = found(&program, seed, strategy);
        let told = Rc::new(RefCell::new(Vec::new()));
        let tell = Box::new({ let told = Rc::clone(&told); move |posed| told.borrow_mut().push(posed) });
        let wanted = (u64::MAX, (|kind| !matches!(kind, Kind::Preempt | Kind::Next)) as fn(Kind) -> bool);
        let replay = Telling::new(Box::new(Lenient::new(first.trace.plan())), wanted, tell);
        let again = run(&program, Box::new(replay), Detail::Events);
        prop_assert_eq!(&again.events, &first.events);
        prop_assert_eq!(again.trace.plan(), first.trace.plan());
        let answered = first.trace.picks.iter().filter(|pick| pick.to.is_none()).map(|pick| {
            let Pick { thread, thread_points, kind, nth, bound, .. } = *pick;
            Posed { thread, thread_points, kind, nth, bound }
        });
        let told = told.borrow();
        for posed in answered {
            prop_assert_eq!(told.iter().filter(|told| **told == posed).count(), 1, "{:?}", posed);
        }
    }

    #[test]
    fn an_empty_plan_is_boring(program in some_program()) {
        prop_assert!(follow(&program, Plan::default()).trace.picks.is_empty());
    }

    #[test]
    fn a_plan_of_another_program_harms_nobody(
        (one, other) in (some_program(), some_program()), seed in any::<u64>(), strategy in 0..strategies().len()
    ) {
        let plan = found(&one, seed, strategy).trace.plan();
        let run = follow(&other, plan.clone());
        prop_assert!(!matches!(run.ending, Ending::Diverged(_)));
        prop_assert!(run.trace.picks.len() <= plan.decisions.len());
    }
}
