//! A failing run beside one that passes: what both did, and where they part.
//!
//! Two steps at the beginning are the same if they agree in everything but their stacks: both runs take the same decisions until they part.
//! After that, each thread's steps are put beside that thread's steps of the other run, and two are the same if the thread did the same,
//! whenever it was: times, deadlines and numbers of points do not count. The diff is that of `imara-diff`, whose heuristics keep it near
//! linear time, so that very different runs may be aligned at fewer steps than could be.
//!
//! Does not say which difference is to blame. Invariant: every step that is compared is in one pair, and the steps of a thread are in the
//! order of both runs.

use std::collections::BTreeMap;

use imara_diff::{Algorithm, Diff, Token};
use serde::Serialize;

use crate::record::{Packet, Passing, Record, Step, What};

/// Two runs beside each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The first step of the failing run that is not in the passing one as it is, an index into [`Record::steps`]; its number of
    /// steps if it is the beginning of the other. Nothing if the two did the same.
    pub first: Option<usize>,
    /// The same of the passing run, an index into [`Passing::steps`].
    pub first_passing: Option<usize>,
    /// The steps of both. Those of the failing run are in its order; one that is only in the passing run follows the pair before it of its
    /// thread, or the common beginning.
    pub pairs: Vec<Aligned>,
    /// How many steps at the beginning of the failing and of the passing run are not compared, because the other record does not have
    /// them any more.
    pub uncompared: (usize, usize),
}

/// One step, or the same step of both runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aligned {
    /// Of the failing run, and of the passing one.
    Both(usize, usize),
    /// Of the failing run alone.
    Failing(usize),
    /// Of the passing run alone.
    Passing(usize),
}

/// What a thread did in one of two runs alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// The thread.
    pub thread: u32,
    /// How many steps it made only in the failing run, and the first of them.
    pub failing: (usize, Option<usize>),
    /// How many steps it made only in the passing run, and the first of them.
    pub passing: (usize, Option<usize>),
}

impl Comparison {
    /// The comparison with the passing run of the record, if there is one.
    #[must_use]
    pub fn of(record: &Record) -> Option<Self> {
        let passing = record.passing.as_ref()?;
        Some(Self::between((&record.steps, record.left_out), (&passing.steps, passing.left_out)))
    }

    /// The comparison of two runs: their steps, and how many are left out at the beginning of each.
    #[must_use]
    pub fn between(failing: (&[Step], u64), passing: (&[Step], u64)) -> Self {
        let ((failing, left_of_failing), (passing, left_of_passing)) = (failing, passing);
        // The same number of steps of the run comes before what is compared of each.
        let skip = |steps: &[Step], more: u64| usize::try_from(more).unwrap_or(usize::MAX).min(steps.len());
        let uncompared = (
            skip(failing, left_of_passing.saturating_sub(left_of_failing)),
            skip(passing, left_of_failing.saturating_sub(left_of_passing)),
        );
        let both = failing[uncompared.0..].iter().zip(&passing[uncompared.1..]);
        let common = both.take_while(|(failing, passing)| is_same(failing, passing)).count();
        let parts = (uncompared.0 + common, uncompared.1 + common);
        let mut pairs: Vec<Aligned> =
            (0..common).map(|at| Aligned::Both(uncompared.0 + at, uncompared.1 + at)).collect();
        if parts == (failing.len(), passing.len()) {
            return Self { first: None, first_passing: None, pairs, uncompared };
        }
        after((failing, parts.0), (passing, parts.1), &mut pairs);
        if common == 0 && left_of_failing.max(left_of_passing) > 0 {
            // They part among the steps that were left out.
            return Self { first: None, first_passing: None, pairs, uncompared };
        }
        Self { first: Some(parts.0), first_passing: Some(parts.1), pairs, uncompared }
    }

    /// What differs, by thread, those that differ alone.
    #[must_use]
    pub fn differs(&self, failing: &[Step], passing: &Passing) -> Vec<Differs> {
        let mut differs: BTreeMap<u32, Differs> = BTreeMap::new();
        for pair in &self.pairs {
            let (thread, at, is_failing) = match *pair {
                Aligned::Both(..) => continue,
                Aligned::Failing(at) => (failing[at].thread, at, true),
                Aligned::Passing(at) => (passing.steps[at].thread, at, false),
            };
            let of = differs.entry(thread).or_insert(Differs { thread, ..Differs::default() });
            let side = if is_failing { &mut of.failing } else { &mut of.passing };
            side.0 += 1;
            side.1 = side.1.or(Some(at));
        }
        differs.into_values().collect()
    }
}

fn is_same(one: &Step, other: &Step) -> bool {
    (one.step, one.at_ns, one.thread) == (other.step, other.at_ns, other.thread) && one.what == other.what
}

/// The steps from the given indices on, thread by thread.
fn after(failing: (&[Step], usize), passing: (&[Step], usize), pairs: &mut Vec<Aligned>) {
    let mut threads: BTreeMap<u32, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (at, step) in failing.0.iter().enumerate().skip(failing.1) {
        threads.entry(step.thread).or_default().0.push(at);
    }
    for (at, step) in passing.0.iter().enumerate().skip(passing.1) {
        threads.entry(step.thread).or_default().1.push(at);
    }
    let mut tokens = Tokens::default();
    // By step of the failing run: its partner, and what only the passing run has after it.
    let mut partners: BTreeMap<usize, usize> = BTreeMap::new();
    let mut follow: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (ours, theirs) in threads.values() {
        let mut before = None;
        let mut pair = (ours.iter(), theirs.iter());
        for edit in edits(
            &tokens.of(ours.iter().map(|at| &failing.0[*at].what)),
            &tokens.of(theirs.iter().map(|at| &passing.0[*at].what)),
        ) {
            match edit {
                Edit::Both => {
                    let (Some(ours), Some(theirs)) = (pair.0.next(), pair.1.next()) else { break };
                    partners.insert(*ours, *theirs);
                    before = Some(*ours);
                }
                Edit::Ours => before = pair.0.next().copied(),
                Edit::Theirs => follow.entry(before).or_default().extend(pair.1.next()),
            }
        }
    }
    // Of several threads that begin differently.
    let mut first = follow.remove(&None).unwrap_or_default();
    first.sort_unstable();
    pairs.extend(first.into_iter().map(Aligned::Passing));
    for at in failing.1..failing.0.len() {
        pairs.push(partners.get(&at).map_or(Aligned::Failing(at), |partner| Aligned::Both(at, *partner)));
        pairs.extend(follow.remove(&Some(at)).into_iter().flatten().map(Aligned::Passing));
    }
}

enum Edit {
    Both,
    Ours,
    Theirs,
}

/// How one row of tokens becomes the other.
fn edits(ours: &[Token], theirs: &[Token]) -> Vec<Edit> {
    let tokens = ours.iter().chain(theirs).map(|token| token.0 + 1).max().unwrap_or(0);
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Myers, ours, theirs, tokens);
    let mut edits = Vec::new();
    let (mut our, mut their) = (0, 0);
    let index = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    for hunk in diff.hunks() {
        edits.extend((our..index(hunk.before.start)).map(|_| Edit::Both));
        edits.extend(hunk.before.clone().map(|_| Edit::Ours));
        edits.extend(hunk.after.clone().map(|_| Edit::Theirs));
        (our, their) = (index(hunk.before.end), index(hunk.after.end));
    }
    debug_assert_eq!(ours.len() - our, theirs.len() - their, "what no hunk names is in both");
    edits.extend((our..ours.len()).map(|_| Edit::Both));
    edits
}

/// Numbers for what threads did: equal for what is the same whenever it happened.
#[derive(Default)]
struct Tokens(BTreeMap<String, u32>);

impl Tokens {
    fn of<'a>(&mut self, row: impl Iterator<Item = &'a What>) -> Vec<Token> {
        let number = |what: &What| {
            let next = u32::try_from(self.0.len()).expect("a run has fewer steps than 2^31");
            Token(*self.0.entry(format!("{:?}", timeless(what))).or_insert(next))
        };
        row.map(number).collect()
    }
}

/// A step without what only says when.
fn timeless(what: &What) -> What {
    let timeless = |packet: &Packet| {
        let mut packet = packet.clone();
        if let Some(sent) = &mut packet.sent {
            (sent.step, sent.at_ns) = (0, 0);
        }
        packet
    };
    match what {
        What::Blocked { on, .. } => What::Blocked { on: on.clone(), until_ns: None },
        What::Passed { why, .. } => What::Passed { ns: 0, why: *why },
        What::Sent(packet) => What::Sent(timeless(packet)),
        What::Arrived(packet) => What::Arrived(timeless(packet)),
        What::Strayed { packet, fate } => What::Strayed { packet: timeless(packet), fate: fate.clone() },
        what => what.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(thread: u32, at_ns: u64, word: &str) -> Step {
        Step { step: at_ns, at_ns, thread, what: What::Noted { what: word.to_owned() }, stack: None }
    }

    /// Steps as `0a 1b`: a thread and what it did.
    fn run(text: &str) -> Vec<Step> {
        let words = text.split_whitespace().zip(1..);
        words.map(|(word, at_ns)| step(u32::from(word.as_bytes()[0] - b'0'), at_ns, &word[1..])).collect()
    }

    fn compared(failing: &str, passing: &str) -> (Option<usize>, String) {
        let (failing, passing) = (run(failing), run(passing));
        let comparison = Comparison::between((&failing, 0), (&passing, 0));
        let words = comparison.pairs.iter().map(|pair| match *pair {
            Aligned::Both(i, j) => format!("{i}={j}"),
            Aligned::Failing(i) => format!("{i}-"),
            Aligned::Passing(j) => format!("+{j}"),
        });
        (comparison.first, words.collect::<Vec<_>>().join(" "))
    }

    fn check(failing: &str, passing: &str, first: Option<usize>, pairs: &str) {
        assert_eq!(compared(failing, passing), (first, pairs.to_owned()), "{failing} beside {passing}");
    }

    #[test]
    fn runs_part_at_their_first_difference_and_are_aligned_by_thread_after_it() {
        check("0a 1b", "0a 1b", None, "0=0 1=1");
        check("0a", "0a 1b", Some(1), "0=0 +1");
        check("0a 1b", "0a", Some(1), "0=0 1-");
        check("", "", None, "");
        // Another order of threads is a difference, and nobody did anything else.
        check("0a 0b 1c 0d", "0a 1c 0b 0d", Some(1), "0=0 1=2 2=1 3=3");
        check("0a 0x 1c 0d", "0a 1c 0y 0d", Some(1), "0=0 1- +2 2=1 3=3");
    }

    #[test]
    fn a_step_at_another_time_ends_the_common_beginning_and_is_aligned_all_the_same() {
        let (mut failing, passing) = (run("0a 0b"), run("0a 0b"));
        failing[1].at_ns = 77;
        let comparison = Comparison::between((&failing, 0), (&passing, 0));
        assert_eq!(comparison.first, Some(1));
        assert_eq!(comparison.pairs, [Aligned::Both(0, 0), Aligned::Both(1, 1)]);
    }

    #[test]
    fn what_the_other_record_does_not_have_any_more_is_not_compared() {
        let (failing, passing) = (run("0a 0b 1c 1d"), run("0a 0b 1c 0e"));
        let comparison = Comparison::between((&failing[2..], 2), (&passing, 0));
        assert_eq!(comparison.uncompared, (0, 2));
        assert_eq!((comparison.first, comparison.first_passing), (Some(1), Some(3)));
        assert_eq!(comparison.pairs, [Aligned::Both(0, 2), Aligned::Passing(3), Aligned::Failing(1)]);
    }

    #[test]
    fn what_differs_is_counted_by_thread() {
        let (failing, passing) = (run("0a 0x 1c 0d"), run("0a 1c 0y 0d 2z"));
        let comparison = Comparison::between((&failing, 0), (&passing, 0));
        let passing = Passing { steps: passing, ..Passing::default() };
        let differs = [
            Differs { thread: 0, failing: (1, Some(1)), passing: (1, Some(2)) },
            Differs { thread: 2, failing: (0, None), passing: (1, Some(4)) },
        ];
        assert_eq!(comparison.differs(&failing, &passing), differs);
    }

    #[test]
    fn long_runs_that_have_little_in_common_are_compared() {
        let long = |factor: usize| -> Vec<Step> {
            let word = |at: usize| (at * factor % 1009).to_string();
            (0..50_000).map(|at| step(u32::try_from(at % 3).expect("small"), at as u64, &word(at))).collect()
        };
        let (failing, passing) = (long(7), long(11));
        let comparison = Comparison::between((&failing, 0), (&passing, 0));
        let both = comparison.pairs.iter().filter(|pair| matches!(pair, Aligned::Both(..))).count();
        assert!(both > 1_000, "{both}");
    }

    fn any_run() -> impl Strategy<Value = Vec<Step>> {
        let step = (0..3_u32, 0..4_u64, "[a-c]").prop_map(|(thread, at_ns, word)| step(thread, at_ns, &word));
        prop::collection::vec(step, 0..40)
    }

    proptest! {
        #[test]
        fn each_step_is_in_one_pair_and_threads_keep_their_order(failing in any_run(), passing in any_run()) {
            let comparison = Comparison::between((&failing, 0), (&passing, 0));
            let (mut ours, mut theirs) = (vec![], BTreeMap::<u32, Vec<usize>>::new());
            for pair in &comparison.pairs {
                if let Aligned::Both(i, j) = *pair {
                    prop_assert_eq!(timeless(&failing[i].what), timeless(&passing[j].what));
                    prop_assert_eq!(failing[i].thread, passing[j].thread);
                }
                if let Aligned::Both(i, _) | Aligned::Failing(i) = *pair {
                    ours.push(i);
                }
                if let Aligned::Both(_, j) | Aligned::Passing(j) = *pair {
                    theirs.entry(passing[j].thread).or_default().push(j);
                }
            }
            prop_assert_eq!(ours, (0..failing.len()).collect::<Vec<_>>());
            prop_assert!(theirs.values().all(|steps| steps.is_sorted_by(|one, other| one < other)));
            prop_assert_eq!(theirs.values().map(Vec::len).sum::<usize>(), passing.len());
        }
    }
}
