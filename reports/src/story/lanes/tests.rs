use proptest::prelude::*;

use super::*;
use crate::record::{Packet, Pause, Sender, Switch, Wake};

fn record(steps: Vec<(u64, u32, What)>) -> Record {
    let at_ns = |step: u64| step * 10;
    let steps = steps.into_iter().map(|(step, thread, what)| Step {
        step: step % 1000,
        at_ns: at_ns(step),
        thread,
        what,
        stack: None,
    });
    Record { steps: steps.collect(), threads: vec![Thread::default(); 3], ..Record::default() }
}

/// The spans as `who state from-to`, by index of step, and the arrows as `kind from>to`.
fn drawn(steps: Vec<(u64, u32, What)>) -> (String, String) {
    let lanes = Lanes::of(&record(steps));
    let who = |lane: usize| match lanes.lanes[lane].who {
        Who::Thread(thread) => format!("{thread}"),
        Who::Task(task) => format!("task{task}"),
    };
    let spans = lanes.spans.iter().map(|span| {
        let state = format!("{:?}", span.state).to_lowercase();
        format!("{} {state} {}-{}", who(span.lane), span.from.index, span.to.index)
    });
    let arrows = lanes.arrows.iter().map(|arrow| {
        let to = arrow.to.map_or_else(|| String::from("?"), &who);
        format!("{:?} {}>{to}", arrow.kind, who(arrow.from)).to_lowercase()
    });
    (spans.collect::<Vec<_>>().join(", "), arrows.collect::<Vec<_>>().join(", "))
}

fn check(steps: Vec<(u64, u32, What)>, spans: &str, arrows: &str) {
    let names = format!("{steps:?}");
    assert_eq!(drawn(steps), (spans.to_owned(), arrows.to_owned()), "{names}");
}

fn switched(to: u32, why: Switch) -> What {
    What::Switched { to, why }
}

fn blocked() -> What {
    What::Blocked { on: String::from("futex word 1"), until_ns: None }
}

fn woke(thread: u32) -> What {
    What::Woke { thread, how: Wake::Cause }
}

fn arrived() -> What {
    let sent = Some(Sender { thread: 0, step: 1, at_ns: 10 });
    What::Arrived(Packet { segment: String::from("data"), bytes: 5, sent, ..Packet::default() })
}

#[test]
fn a_thread_that_is_made_can_run_until_it_does_and_its_end_wakes_who_waits_for_it() {
    let steps = vec![
        (1, 0, What::Spawned { child: 1 }),
        (2, 0, blocked()),
        (2, 0, switched(1, Switch::Blocked)),
        (4, 1, What::Ended),
        (4, 1, woke(0)),
        (4, 1, switched(0, Switch::Ended)),
        (6, 0, What::Ended),
    ];
    let spans = "0 running 0-1, 1 runnable 0-2, 1 running 2-3, 0 blocked 1-4, 0 runnable 4-5, 0 running 5-6";
    check(steps, spans, "spawn 0>1, wake 1>0");
}

#[test]
fn a_running_thread_wakes_and_time_does_not() {
    let wake = |before: Vec<(u64, u32, What)>| {
        let mut steps = vec![
            (1, 0, What::Spawned { child: 1 }),
            (1, 0, switched(1, Switch::Preempted)),
            (2, 1, blocked()),
            (2, 1, switched(0, Switch::Blocked)),
        ];
        steps.extend(before);
        steps.push((5, 0, woke(1)));
        drawn(steps).1
    };
    assert_eq!(wake(vec![]), "spawn 0>1, wake 0>1");
    assert_eq!(wake(vec![(5, 0, What::Passed { ns: 7, why: Pause::Stalled })]), "spawn 0>1");
    assert_eq!(wake(vec![(3, 0, blocked())]), "spawn 0>1");
    assert_eq!(wake(vec![(5, 0, arrived())]), "spawn 0>1, message 0>1");
    assert_eq!(wake(vec![(4, 0, arrived())]), "spawn 0>1, message 0>?, wake 0>1");
}

#[test]
fn a_thread_that_is_woken_before_another_runs_goes_on_without_a_switch() {
    let steps = vec![
        (1, 0, blocked()),
        (1, 0, What::Passed { ns: 5, why: Pause::Idle }),
        (1, 0, What::Woke { thread: 0, how: Wake::Deadline }),
        (3, 0, What::Called { name: String::from("nanosleep"), arg: 0, result: 0 }),
        (4, 0, What::Ended),
    ];
    check(steps, "0 running 0-0, 0 blocked 0-2, 0 running 2-4", "");
}

#[test]
fn pauses_that_follow_one_another_are_one() {
    let stalled = || What::Passed { ns: 10, why: Pause::Stalled };
    let call = || What::Called { name: String::from("read"), arg: 3, result: 1 };
    let steps = vec![(1, 0, call()), (1002, 0, stalled()), (2002, 0, call())];
    let lanes = Lanes::of(&record(steps));
    let stalls: Vec<u64> =
        lanes.spans.iter().filter(|s| s.state == State::Stalled).map(|s| s.to.at_ns - s.from.at_ns).collect();
    assert_eq!(stalls, [10]);
    let mut steps = vec![(1, 0, call())];
    steps.extend((1..=50).map(|nth| (1000 * nth, 0, What::Passed { ns: 10_000, why: Pause::Stalled })));
    let mut lanes = Lanes::of(&record(steps));
    lanes.spans.retain(|span| span.state == State::Stalled);
    assert_eq!(lanes.spans.len(), 1, "{:?}", lanes.spans);
    assert_eq!(lanes.spans[0].to.at_ns, 500_000);
}

#[test]
fn what_a_thread_was_before_the_first_step_that_is_kept_follows_from_what_it_does() {
    let steps = vec![
        (5, 0, woke(1)),
        (6, 0, switched(2, Switch::Preempted)),
        (7, 2, What::Ended),
        (7, 2, switched(1, Switch::Ended)),
    ];
    let spans = "1 blocked 0-0, 0 running 0-1, 2 runnable 0-1, 2 running 1-2, 1 runnable 0-3, 0 runnable 1-4, \
                 1 running 3-4";
    // Whether the first thread ran or waited when the other woke is not known: no arrow.
    check(steps, spans, "");
}

#[test]
fn a_process_that_is_over_takes_its_threads_along() {
    let steps = vec![
        (1, 0, What::Spawned { child: 1 }),
        (2, 0, What::Exited { pid: 7, status: String::from("was ended by signal 9") }),
        (3, 0, What::Called { name: String::from("kill"), arg: 7, result: 0 }),
    ];
    let mut record = record(steps);
    record.threads[1].pid = 7;
    let lanes = Lanes::of(&record);
    let of = |thread| lanes.spans.iter().find(|span| Some(span.lane) == lanes.lane(Who::Thread(thread)));
    assert_eq!(of(1).map(|span| span.to.index), Some(1));
    assert_eq!(of(0).map(|span| span.to.index), Some(3));
}

#[test]
fn a_task_runs_where_the_thread_says_so() {
    let said = |of: &str, task| What::Traced {
        level: String::from("INFO"),
        of: of.to_owned(),
        target: String::from("app"),
        name: String::from("poll"),
        fields: String::new(),
        span: Some(1),
        task,
    };
    let steps = vec![
        (1, 0, said("enter", Some(7))),
        (2, 0, said("event", Some(7))),
        (3, 0, said("exit", Some(7))),
        (4, 0, said("event", Some(8))),
        (5, 0, said("event", Some(8))),
        (6, 0, said("event", None)),
    ];
    check(steps, "task7 running 0-2, task8 running 3-4, 0 running 0-6", "");
}

#[test]
fn lanes_are_ordered_by_host_process_and_number() {
    let process = |pid, host| Process { pid, program: String::from("p"), host };
    let thread = |pid| Thread { pid, ..Thread::default() };
    let record = Record {
        processes: vec![process(1, 1), process(2, 0)],
        threads: vec![thread(1), thread(2), thread(1)],
        ..Record::default()
    };
    let order: Vec<Who> = Lanes::of(&record).lanes.iter().map(|lane| lane.who).collect();
    assert_eq!(order, [1, 0, 2].map(Who::Thread));
}

fn any_what() -> impl Strategy<Value = What> {
    let thread = 0..4_u32;
    prop_oneof![
        thread.clone().prop_map(|child| What::Spawned { child }),
        Just(What::Ended),
        thread.clone().prop_map(|to| switched(to, Switch::Preempted)),
        thread.clone().prop_map(|to| switched(to, Switch::Ended)),
        Just(blocked()),
        thread.prop_map(woke),
        (0..50_u64).prop_map(|ns| What::Passed { ns, why: Pause::Stalled }),
        Just(arrived()),
        Just(What::Called { name: String::from("read"), arg: 0, result: 0 }),
        (0..4).prop_map(|pid| What::Signalled { pid, signal: 9 }),
    ]
}

proptest! {
    #[test]
    fn spans_of_a_thread_do_not_overlap_whatever_the_record_says(
        steps in prop::collection::vec((0..30_u64, 0..4_u32, any_what()), 0..40)
    ) {
        let mut record = record(steps);
        record.steps.sort_by_key(|step| step.at_ns);
        let lanes = Lanes::of(&record);
        let mut ends = vec![(0, 0); lanes.lanes.len()];
        for span in &lanes.spans {
            prop_assert!((span.from.at_ns, span.from.index) <= (span.to.at_ns, span.to.index), "{:?}", span);
            prop_assert!(span.to.at_ns <= lanes.end.at_ns);
            let end = (span.from.at_ns, span.from.step);
            prop_assert!(ends[span.lane] <= end, "{:?} begins before {:?}", span, ends[span.lane]);
            ends[span.lane] = (span.to.at_ns, span.to.step);
        }
        let lane = lanes.lanes.len();
        prop_assert!(lanes.arrows.iter().all(|arrow| arrow.from < lane && arrow.to.is_none_or(|to| to < lane)));
    }
}
