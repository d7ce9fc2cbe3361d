//! Which decisions are left, and after how many runs, where it is known which are needed.
//!
//! Does not know how the shrinker goes about it. Invariant: what is needed is written beside what is expected.

use photofinish_shrink::{Budget, Kept, Minimal, Size, Why, shrink};
use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision, Plan};

use crate::toy::{Toy, crowd, kept, number, preempt, shrink_all};

/// The plan shrinks to the decisions of these numbers, which alone are needed, within so many runs.
fn check_needed(failing: &Plan, needed: &[usize], runs_max: u64) {
    let needed: Vec<Decision> = needed.iter().map(|index| failing.decisions[*index].clone()).collect();
    let fails = |plan: &Plan| needed.iter().all(|decision| plan.decisions.contains(decision));
    let shrunk = shrink_all(failing, &mut Toy::of(2, fails));
    assert_eq!(shrunk.best, kept(&Plan { decisions: needed.clone() }));
    assert!(shrunk.stats.runs <= runs_max, "{:?}: {} runs", needed, shrunk.stats.runs);
}

#[test]
fn the_decisions_that_are_needed_are_what_is_left() {
    let failing = crowd(3000, 0);
    check_needed(&failing, &[], 5);
    check_needed(&failing, &[1234], 330);
    check_needed(&failing, &[0, 2999], 430);
    check_needed(&failing, &[700, 1900], 430);
    check_needed(&failing, &[3, 4, 5, 6], 1000);
    check_needed(&failing, &[3, 400, 500, 1600, 2000, 2001, 2700], 1700);
}

#[test]
fn many_that_are_needed_are_found_among_more() {
    let needed: Vec<usize> = (0..40).map(|index| 17 + 121 * index).collect();
    check_needed(&crowd(5000, 7), &needed, 3200);
}

#[test]
fn a_chain_of_which_each_needs_the_one_before_is_left() {
    let failing = crowd(3000, 1);
    // A decision fits only if those of the chain before it were given.
    let chain: Vec<Decision> = (0..6).map(|link| failing.decisions[300 * link + 37].clone()).collect();
    let follow = |plan: &Plan| {
        let mut given = 0;
        let mut recorded = Vec::new();
        for decision in &plan.decisions {
            match chain.iter().position(|link| link == decision) {
                Some(link) if link == given => given += 1,
                Some(_) => continue,
                None => {}
            }
            recorded.push(decision.clone());
        }
        (given == chain.len()).then_some(Plan { decisions: recorded })
    };
    let shrunk = shrink_all(&failing, &mut Toy::new(1, follow));
    assert_eq!(shrunk.best, kept(&Plan { decisions: chain.clone() }));
    assert!(shrunk.stats.runs <= 1700, "{} runs", shrunk.stats.runs);
}

#[test]
fn a_switch_away_goes_with_its_switch_back() {
    let (away, back) = (preempt(1, 500, 2), preempt(2, 700, 1));
    let mut failing = crowd(900, 2);
    failing.decisions.insert(500, away.clone());
    failing.decisions.insert(700, back.clone());
    let needed = failing.decisions[10].clone();
    let fails = |plan: &Plan| {
        let has = |decision| plan.decisions.contains(decision);
        has(&needed) && has(&away) == has(&back)
    };
    let shrunk = shrink_all(&failing, &mut Toy::of(2, fails));
    assert_eq!(shrunk.best.trace.plan().decisions, std::slice::from_ref(&needed));
}

#[test]
fn an_odd_number_of_decisions_comes_down_to_one() {
    let failing = crowd(501, 3);
    let shrunk = shrink_all(&failing, &mut Toy::of(2, |plan| plan.decisions.len() % 2 == 1));
    assert_eq!(shrunk.stats.after.decisions(), 1);
}

#[test]
fn of_two_ways_to_fail_the_one_without_preemptions_is_left() {
    let failing = crowd(300, 4);
    let class = |kind: Kind| failing.decisions.iter().filter(move |decision| decision.kind == kind).cloned();
    let preemption = class(Kind::Preempt).find(|decision| decision.answer != Answer::Clock);
    let preemption = preemption.expect("there are many");
    let latencies: Vec<Decision> = class(Kind::Latency).take(3).collect();
    let fails = |plan: &Plan| {
        let has = |decision| plan.decisions.contains(decision);
        has(&preemption) || latencies.iter().all(has)
    };
    // Of one preemption no step leads to three latencies: to do without any is tried first.
    let shrunk = shrink_all(&failing, &mut Toy::of(2, fails));
    assert_eq!(shrunk.best.trace.plan().decisions, latencies);
}

#[test]
fn a_number_is_lowered_to_the_least_that_fails() {
    let failing =
        Plan { decisions: vec![number(Kind::Latency, 1, 5, 900), number(Kind::Entropy, 0, 0, u64::MAX - 2)] };
    let fails = |plan: &Plan| match plan.decisions.as_slice() {
        [Decision { answer: Answer::Pick(latency), .. }, Decision { answer: Answer::Pick(entropy), .. }] => {
            *latency >= 123 && *entropy > 1 << 40
        }
        _ => false,
    };
    let shrunk = shrink_all(&failing, &mut Toy::of(2, fails));
    let expected = vec![number(Kind::Latency, 1, 5, 123), number(Kind::Entropy, 0, 0, (1 << 40) + 1)];
    assert_eq!(shrunk.best.trace.plan().decisions, expected);
    assert!(shrunk.stats.runs <= 150, "{} runs", shrunk.stats.runs);
}

/// A preemption that fails within a window of its thread's points ends at this point.
fn check_window(window: core::ops::Range<u64>, from: u64, expected: u64) {
    let fails = |plan: &Plan| match plan.decisions.as_slice() {
        [decision] => *decision == preempt(1, decision.points, 2) && window.contains(&decision.points),
        _ => false,
    };
    let failing = Plan { decisions: vec![preempt(1, from, 2)] };
    let shrunk = shrink_all(&failing, &mut Toy::of(2, fails));
    assert_eq!(shrunk.best.trace.plan().decisions, [preempt(1, expected, 2)], "{window:?}");
}

#[test]
fn a_preemption_ends_at_one_place_wherever_in_the_window_it_was() {
    // Every tenth point is a call, which reads better; else the first of the window.
    check_window(63..69, 65, 63);
    check_window(63..69, 68, 63);
    check_window(4_063..4_079, 4_064, 4_070);
    check_window(4_063..4_079, 4_078, 4_070);
    check_window(0..10_000, 7_777, 0);
}

#[test]
fn a_stall_is_preferred_to_a_preemption() {
    let clock = |decision: &Decision| Decision { answer: Answer::Clock, ..decision.clone() };
    let preemption = preempt(3, 0, 1);
    let stall = clock(&preemption);
    let fails = |plan: &Plan| plan.decisions.contains(&preemption) || plan.decisions.contains(&stall);
    let failing = Plan { decisions: vec![preemption.clone()] };
    let shrunk = shrink_all(&failing, &mut Toy::of(1, fails));
    assert_eq!(shrunk.best.trace.plan().decisions, std::slice::from_ref(&stall));
}

#[test]
fn what_fits_nowhere_is_not_counted_as_needed() {
    // Of each plan the run records the odd points alone.
    let failing = Plan { decisions: crowd(100, 5).decisions.into_iter().skip(1).step_by(2).collect() };
    let needed = failing.decisions[7].clone();
    let follow = |plan: &Plan| {
        let odd = plan.decisions.iter().filter(|decision| decision.points % 2 == 1).cloned().collect();
        plan.decisions.contains(&needed).then_some(Plan { decisions: odd })
    };
    let shrunk = shrink_all(&failing, &mut Toy::new(2, follow));
    assert_eq!(shrunk.best.trace.plan().decisions, std::slice::from_ref(&needed));
}

#[test]
fn of_equal_decisions_the_smaller_world_is_simpler() {
    // One decision; the plan that names thread 5 gives a run with fewer messages.
    let failing = Plan { decisions: vec![preempt(0, 0, 2)] };
    let mut judge =
        Toy::of(1, |plan| plan.decisions.len() == 1 && matches!(plan.decisions[0].answer, Answer::Thread(_)));
    struct Messages<'a>(Toy<'a>);
    impl photofinish_shrink::Judge for Messages<'_> {
        fn width(&self) -> usize {
            1
        }
        fn ask(&mut self, plans: &[Plan]) -> Result<Vec<Option<Kept>>, photofinish_shrink::Stopped> {
            let mut answers = self.0.ask(plans)?;
            for kept in answers.iter_mut().flatten() {
                let has = |to| kept.trace.plan().decisions.contains(&to);
                kept.size.messages = if has(preempt(0, 0, 0)) { 3 } else { 5 };
            }
            Ok(answers)
        }
    }
    judge.width = 1;
    let first = kept(&failing);
    let first = Kept { size: Size { messages: 5, ..first.size }, ..first };
    let shrunk = shrink(first, &mut Messages(judge), Budget { runs: 1000 });
    assert_eq!(shrunk.stats.after.messages, 3);
}

#[test]
fn a_budget_that_is_used_up_and_a_judge_that_stops_leave_the_best_so_far() {
    let failing = crowd(400, 6);
    let needed: Vec<Decision> = failing.decisions.iter().step_by(57).cloned().collect();
    let fails = |plan: &Plan| needed.iter().all(|decision| plan.decisions.contains(decision));
    let mut sizes = Vec::new();
    for runs in [0, 1, 5, 20, 240] {
        let shrunk = shrink(kept(&failing), &mut Toy::of(1, fails), Budget { runs });
        assert_eq!((shrunk.stats.runs, shrunk.minimal), (runs, Minimal::NotProved(Why::Budget)));
        assert!(fails(&shrunk.best.trace.plan()));
        sizes.push(shrunk.stats.after.decisions());
        let mut stopping = Toy::of(1, fails);
        stopping.stops_after = usize::try_from(runs).expect("few");
        let stopped = shrink(kept(&failing), &mut stopping, Budget { runs: 1000 });
        assert_eq!(stopped.minimal, Minimal::NotProved(Why::Stopped));
        assert_eq!(stopped.best, shrunk.best, "after {runs} runs");
    }
    assert!(sizes.is_sorted_by(|more, less| more >= less) && sizes[0] > sizes[4], "{sizes:?}");
}

/// The answer of a program's own question of this number.
fn chosen(nth: u32, pick: u64) -> Decision {
    Decision { nth, ..number(Kind::Chosen, 0, 5, pick) }
}

/// Shrinks where runs record a plan as it is, and of each number at most 50 is chosen.
fn check_chosen(failing: &[Decision], fails: impl Fn(&Plan) -> bool, expected: &[Decision]) {
    let mut judge = Toy::of(2, fails);
    judge.bound = 50;
    let shrunk = shrink_all(&Plan { decisions: failing.to_vec() }, &mut judge);
    assert_eq!(shrunk.best.plan.decisions, expected);
}

#[test]
fn a_number_that_is_chosen_ends_at_the_least_that_fails_whatever_its_neighbours_do() {
    let is_bad = |pick| [7, 11, 12, 41, 44].contains(&pick);
    let fails = |plan: &Plan| {
        plan.decisions.iter().any(|decision| matches!(decision.answer, Answer::Pick(pick) if is_bad(pick)))
    };
    for pick in [7, 11, 12, 41, 44] {
        check_chosen(&[chosen(0, pick)], fails, &[chosen(0, 7)]);
    }
}

#[test]
fn a_number_that_fails_alone_takes_the_place_of_two_that_fail_together() {
    let answers =
        |plan: &Plan| plan.decisions.iter().map(|decision| decision.answer.clone()).collect::<Vec<_>>();
    let fails = |plan: &Plan| {
        let answers = answers(plan);
        let has = |pick| answers.contains(&Answer::Pick(pick));
        has(31) || has(8) && has(3)
    };
    check_chosen(&[chosen(0, 8), chosen(1, 3)], fails, &[chosen(0, 31)]);
}

#[test]
fn answers_that_mean_the_same_to_any_question_end_at_the_first_and_in_order() {
    let answers = |plan: &Plan| {
        let picks = plan.decisions.iter().map(|decision| match decision.answer {
            Answer::Pick(pick) => pick,
            _ => 0,
        });
        let mut picks: Vec<u64> = picks.collect();
        picks.sort_unstable();
        picks
    };
    for failing in [
        vec![chosen(0, 9), chosen(1, 4)],
        vec![chosen(1, 4), chosen(3, 9)],
        vec![chosen(2, 9), chosen(3, 4)],
        vec![chosen(0, 1), chosen(1, 9), chosen(2, 2), chosen(3, 4)],
    ] {
        let fails = |plan: &Plan| [4, 9].iter().all(|needed| answers(plan).contains(needed));
        check_chosen(&failing, fails, &[chosen(0, 4), chosen(1, 9)]);
        check_chosen(&failing, |plan| answers(plan).contains(&9), &[chosen(0, 9)]);
    }
}
