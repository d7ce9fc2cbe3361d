//! The checker against histories with a known order, and against every order there is.
//!
//! Knows the models only by what they answer. Invariant: what is compared with was made without the search.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// A model that answers, so that histories can be made of it.
trait Answers: Model<Answer: PartialEq> {
    fn answer(&self, op: &Self::Op) -> (Self, Self::Answer);
}

impl Answers for Register<u8> {
    fn answer(&self, op: &RegisterOp<u8>) -> (Self, RegisterAnswer<u8>) {
        self.ask(op)
    }
}

impl Answers for Map<u8, u8> {
    fn answer(&self, op: &MapOp<u8, u8>) -> (Self, Option<u8>) {
        self.ask(op)
    }
}

impl Answers for Queue<u8> {
    fn answer(&self, op: &QueueOp<u8>) -> (Self, QueueAnswer<u8>) {
        self.ask(op)
    }
}

fn register_op() -> impl Strategy<Value = RegisterOp<u8>> {
    prop_oneof![
        Just(RegisterOp::Read),
        (0..3_u8).prop_map(RegisterOp::Write),
        (0..3_u8, 0..3_u8).prop_map(|(from, to)| RegisterOp::CompareAndSet(from, to)),
    ]
}

fn map_op() -> impl Strategy<Value = MapOp<u8, u8>> {
    prop_oneof![
        (0..2_u8).prop_map(MapOp::Get),
        (0..2_u8, 0..3_u8).prop_map(|(key, value)| MapOp::Insert(key, value)),
        (0..2_u8).prop_map(MapOp::Remove),
    ]
}

fn queue_op() -> impl Strategy<Value = QueueOp<u8>> {
    prop_oneof![(0..4_u8).prop_map(QueueOp::Push), Just(QueueOp::Pop)]
}

/// What happens next to an operation: it is called, takes effect, is answered.
const STAGES: u8 = 3;

/// A history of operations that take effect one by one between call and answer, in the order that `next` draws. Those whose number is
/// in `crashed` are never answered, and take effect if they come to it.
fn interleaved<M: Answers>(
    model: &M,
    ops: &[M::Op],
    next: &[Index],
    crashed: &BTreeSet<usize>,
) -> History<M::Op, M::Answer> {
    let mut history = History::default();
    let mut state = model.clone();
    let mut stages = vec![0; ops.len()];
    let (mut calls, mut answers) = (vec![None; ops.len()], vec![None; ops.len()]);
    for index in next {
        let open: Vec<usize> = (0..ops.len()).filter(|op| stages[*op] < STAGES).collect();
        if open.is_empty() {
            break;
        }
        let op = *index.get(&open);
        match stages[op] {
            0 => calls[op] = Some(history.call(format!("caller {op}"), ops[op].clone())),
            1 => {
                let (after, answer) = state.answer(&ops[op]);
                state = after;
                answers[op] = Some(answer);
            }
            _ if crashed.contains(&op) => {}
            _ => history.answer(calls[op].unwrap(), answers[op].clone().unwrap()),
        }
        stages[op] += 1;
    }
    history
}

/// Whether an order explains the history, by trying each.
fn has_order<M: Answers>(state: &M, history: &History<M::Op, M::Answer>, done: &mut Vec<usize>) -> bool {
    let left = || (0..history.len()).filter(|index| !done.contains(index));
    if left().all(|index| history.calls[index].answered.is_none()) {
        return true;
    }
    let first: Vec<usize> = left()
        .filter(|index| left().all(|other| history.calls[other].over() > history.calls[*index].called))
        .collect();
    first.into_iter().any(|index| {
        let (after, due) = state.answer(&history.calls[index].op);
        if history.calls[index].answered.as_ref().is_some_and(|(_, heard)| *heard != due) {
            return false;
        }
        done.push(index);
        let found = has_order(&after, history, done);
        done.pop();
        found
    })
}

/// Replays an order that was returned.
fn explains<M: Answers>(model: &M, history: &History<M::Op, M::Answer>, order: &[Call]) {
    let mut state = model.clone();
    for (at, call) in order.iter().enumerate() {
        let operation = &history.calls[call.0];
        assert!(!order[..at].contains(call), "{call:?} stands in it twice");
        assert!(
            order[at..].iter().all(|later| history.calls[later.0].over() > operation.called),
            "{call:?} was called when a later one was over"
        );
        let (after, due) = state.answer(&operation.op);
        assert!(operation.answered.as_ref().is_none_or(|(_, heard)| *heard == due), "{call:?}");
        state = after;
    }
    for (index, operation) in history.calls.iter().enumerate() {
        assert!(operation.answered.is_none() || order.contains(&Call(index)), "call {index} is left out");
    }
}

/// Two answers change places.
fn swap_answers<Op, Answer: Clone>(history: &mut History<Op, Answer>, swapped: [Index; 2]) {
    let answered: Vec<usize> =
        (0..history.len()).filter(|index| history.calls[*index].answered.is_some()).collect();
    if answered.is_empty() {
        return;
    }
    let [a, b] = swapped.map(|index| *index.get(&answered));
    let heard = |call: usize| history.calls[call].answered.clone().expect("it was answered");
    let (of_a, of_b) = (heard(a), heard(b));
    history.calls[a].answered = Some((of_a.0, of_b.1));
    history.calls[b].answered = Some((of_b.0, of_a.1));
}

/// The checker says what trying every order says, and shows no more than it must.
fn judged_as_by_brute_force<M: Answers>(model: &M, history: &History<M::Op, M::Answer>) {
    let expected = has_order(model, history, &mut Vec::new());
    match check(model, history) {
        Ok(order) => {
            assert!(expected, "an order was found where there is none: {history:?}");
            explains(model, history, &order);
        }
        Err(unexplained) => {
            assert!(!expected, "{unexplained}\n{history:?}");
            assert_eq!(unexplained.why(), Why::NoOrder);
            let shortest = (1..=history.answers())
                .map(|answers| history.prefix(answers))
                .find(|prefix| !has_order(model, prefix, &mut Vec::new()))
                .expect("the whole has none");
            assert_eq!(unexplained.calls(), shortest.len());
        }
    }
}

/// Holds a model against both promises.
fn promises<M: Answers>(
    model: &M,
    ops: &[M::Op],
    next: &[Index],
    crashed: &BTreeSet<usize>,
    swapped: [Index; 2],
) {
    let history = interleaved(model, ops, next, crashed);
    match check(model, &history) {
        Ok(order) => explains(model, &history, &order),
        Err(unexplained) => panic!("{unexplained}\n{history:?}"),
    }
    let mut mutated = history;
    swap_answers(&mut mutated, swapped);
    judged_as_by_brute_force(model, &mutated);
}

fn draws() -> impl Strategy<Value = (Vec<Index>, BTreeSet<usize>, [Index; 2])> {
    let next = prop::collection::vec(any::<Index>(), 0..28);
    (next, prop::collection::btree_set(0..7_usize, 0..3), any::<[Index; 2]>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn registers(ops in prop::collection::vec(register_op(), 0..8), (next, crashed, swapped) in draws()) {
        promises(&Register(0), &ops, &next, &crashed, swapped);
    }

    #[test]
    fn maps(ops in prop::collection::vec(map_op(), 0..8), (next, crashed, swapped) in draws()) {
        promises(&Map::default(), &ops, &next, &crashed, swapped);
    }

    #[test]
    fn queues(ops in prop::collection::vec(queue_op(), 0..8), (next, crashed, swapped) in draws()) {
        promises(&Queue::default(), &ops, &next, &crashed, swapped);
    }

    #[test]
    fn a_map_has_an_order_if_each_of_its_keys_has_one(
        ops in prop::collection::vec(map_op(), 0..8),
        (next, crashed, swapped) in draws(),
    ) {
        let mut history = interleaved(&Map::default(), &ops, &next, &crashed);
        swap_answers(&mut history, swapped);
        let whole = has_order(&Map::default(), &history, &mut Vec::new());
        let parts = history.parts(|op| *op.key());
        prop_assert_eq!(parts.values().all(|part| check(&Map::default(), part).is_ok()), whole);
    }
}

/// `Ok` calls, `Err` answers the call of that number.
type Moment<Op, Answer> = Result<Op, (usize, Answer)>;

/// A history written down.
fn history<Op, Answer>(moments: Vec<Moment<Op, Answer>>) -> History<Op, Answer> {
    let mut history = History::default();
    for moment in moments {
        match moment {
            Ok(op) => {
                let caller = format!("c{}", history.len());
                let _ = history.call(caller, op);
            }
            Err((call, answer)) => history.answer(Call(call), answer),
        }
    }
    history
}

fn accepted<M: Model>(model: &M, moments: Vec<Moment<M::Op, M::Answer>>) {
    if let Err(unexplained) = check(model, &history(moments)) {
        panic!("{unexplained}");
    }
}

fn refused<M: Model>(model: &M, moments: Vec<Moment<M::Op, M::Answer>>) -> Unexplained {
    check(model, &history(moments)).expect_err("no order explains it")
}

#[test]
fn a_call_that_was_not_answered_may_have_taken_effect_or_not_and_keeps_doing_so() {
    use RegisterAnswer::{Value, Written};
    use RegisterOp::{Read, Write};
    let zero = Register(0);
    accepted(&zero, vec![Ok(Write(1)), Ok(Read), Err((1, Value(0)))]);
    accepted(&zero, vec![Ok(Write(1)), Ok(Read), Err((1, Value(1)))]);
    // It can take effect long after its caller crashed, but not be taken back.
    accepted(&zero, vec![Ok(Write(1)), Ok(Read), Err((1, Value(0))), Ok(Read), Err((2, Value(1)))]);
    refused(&zero, vec![Ok(Write(1)), Ok(Read), Err((1, Value(1))), Ok(Read), Err((2, Value(0)))]);
    // Nor before it was made.
    refused(&zero, vec![Ok(Read), Err((0, Value(1))), Ok(Write(1)), Err((1, Written))]);
}

#[test]
fn what_is_popped_twice_and_what_overtakes_is_refused() {
    use QueueAnswer::{Empty, Popped, Pushed};
    use QueueOp::{Pop, Push};
    let empty = Queue::default();
    let pushed = || vec![Ok(Push(1)), Err((0, Pushed)), Ok(Push(2)), Err((1, Pushed))];
    let with = |more: Vec<_>| pushed().into_iter().chain(more).collect::<Vec<_>>();
    accepted(&empty, with(vec![Ok(Pop), Ok(Pop), Err((2, Popped(2))), Err((3, Popped(1)))]));
    refused(&empty, with(vec![Ok(Pop), Ok(Pop), Err((2, Popped(1))), Err((3, Popped(1)))]));
    refused(&empty, with(vec![Ok(Pop), Err((2, Popped(2)))]));
    refused(&empty, with(vec![Ok(Pop), Err((2, Empty))]));
}

#[test]
fn what_cannot_be_explained_is_shown_up_to_its_first_answer() {
    use RegisterAnswer::{Value, Written};
    use RegisterOp::{Read, Write};
    let unexplained = refused(
        &Register(0),
        vec![
            Ok(Write(1)),
            Ok(Read),
            Err((1, Value(1))),
            Ok(Read),
            Err((2, Value(0))),
            Ok(Write(7)),
            Err((0, Written)),
            Err((3, Written)),
        ],
    );
    assert_eq!((unexplained.why(), unexplained.calls()), (Why::NoOrder, 3));
    let expected = "\
no order of these calls explains the last answer (call..answer):
  0..   c0: Write(1), not answered
  1..2  c1: Read -> Value(1)
> 3..4  c2: Read -> Value(0)
the order that goes furthest:
    c0: Write(1), not answered
    c1: Read -> Value(1)
leaves Register(1); what is left cannot follow:
    c2: Read -> Value(0)";
    assert_eq!(unexplained.to_string(), expected);
}

#[test]
fn long_histories_are_judged_and_a_search_without_end_is_given_up() {
    use RegisterAnswer::{Value, Written};
    use RegisterOp::{Read, Write};
    let mut history = History::default();
    for round in 0..500_u32 {
        let calls = [history.call("a", Write(round)), history.call("b", Read), history.call("c", Read)];
        history.answer(calls[2], Value(round));
        history.answer(calls[0], Written);
        history.answer(calls[1], Value(round));
    }
    assert!(check(&Register(u32::MAX), &history).is_ok());
    let late = history.call("d", Read);
    history.answer(late, Value(3));
    assert_eq!(check(&Register(u32::MAX), &history).unwrap_err().why(), Why::NoOrder);

    let mut wide = History::default();
    let writes: Vec<Call> = (0..30).map(|value| wide.call(format!("w{value}"), Write(value))).collect();
    writes.into_iter().for_each(|write| wide.answer(write, Written));
    let read = wide.call("r", Read);
    wide.answer(read, Value(77));
    let gave_up = check_within(&Register(99), &wide, 10_000).unwrap_err();
    assert_eq!(gave_up.why(), Why::GaveUp);
    assert!(gave_up.to_string().contains("after 10000 steps"), "{gave_up}");
}
