//! What one run of a program shows of it: how long it is, how long each of its threads, and which words they touch.
//!
//! Does not know how the run was made. Invariant: the words stand in the order in which the run touched them, so that the same run
//! draws the same words wherever they lie.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::lengths::{Family, Lengths};
use super::words::{self, Words};
use crate::event::{Event, Stamp};
use crate::seed::Draws;
use crate::thread::ThreadId;

/// So many words are told apart: those touched first after them count for nothing.
const WORDS: usize = 64;

/// What is done to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// It is read.
    Loads,
    /// Something is added.
    Adds,
    /// Something is subtracted.
    Subtracts,
    /// Anything else.
    Other,
}

/// A thread is about to touch a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// Scheduling points passed in the run, with this one.
    pub step: u64,
    /// Whose it is.
    pub thread: ThreadId,
    /// Where the word lies.
    pub word: u64,
    /// What is done to it.
    pub access: Access,
}

/// What one run shows of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// The scheduling points it passes.
    pub points: u64,
    /// How often time passes in it.
    pub clock: u64,
    /// How long its threads are.
    pub lengths: Lengths,
    /// What they touch that is not for making, joining and counting them, if that was looked at.
    pub words: Vec<Word>,
}

/// A word that threads touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Where it lies.
    pub address: u64,
    /// How often each thread touches it.
    pub touches: Lengths,
    /// Whether one thread touches it while another does.
    pub sharing: Sharing,
}

/// Whether threads share a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sharing {
    /// Several touch it that live at the same time.
    Shared,
    /// One alone touches it, in this run.
    Private,
}

/// Which words a walk is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selection {
    /// Those that are shared.
    Shared,
    /// One of those.
    One,
    /// Those that one thread alone touches, too: in another run they may be shared.
    All,
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared => "shared",
            Self::One => "one",
            Self::All => "all",
        })
    }
}

impl Shape {
    /// What the events of a whole run of so many points show, and the words that its threads touched in it.
    #[must_use]
    pub fn of(events: &[(Stamp, Event)], touched: &[Touch], points: u64) -> Self {
        let is_clock = |event: &&(Stamp, Event)| matches!(event.1, Event::Passed { .. });
        let family = Family::of(events);
        let lives = lives(events);
        let mut order: Vec<u64> = Vec::new();
        let mut by_word: BTreeMap<u64, Vec<Touch>> = BTreeMap::new();
        for touch in touched {
            let touches = by_word.entry(touch.word).or_default();
            if touches.is_empty() {
                order.push(touch.word);
            }
            touches.push(*touch);
        }
        let words = order.into_iter().filter_map(|address| {
            let touches = &by_word[&address];
            let sharing = sharing(touches, &lives)?;
            let touches = family.counts(touches.iter().map(|touch| (touch.thread, 1)));
            Some(Word { address, touches, sharing })
        });
        Self {
            points,
            clock: events.iter().filter(is_clock).count() as u64,
            lengths: family.lengths(events, points),
            words: words.take(WORDS).collect(),
        }
    }

    /// Draws the words of a selection, as many as fit, the shared ones first, and how often each thread touches one of them. Where none
    /// is shared, all are selected; `None` if there are none at all.
    pub(super) fn select(&self, selection: Selection, draws: &mut Draws) -> Option<(Words, Lengths)> {
        let of = |sharing| self.words.iter().filter(move |word| word.sharing == sharing).copied();
        let (mut shared, mut private): (Vec<Word>, Vec<Word>) =
            (of(Sharing::Shared).collect(), of(Sharing::Private).collect());
        if selection != Selection::All && !shared.is_empty() {
            private.clear();
        }
        let most = if selection == Selection::One { 1 } else { words::MOST };
        let mut drawn = Vec::new();
        for pool in [&mut shared, &mut private] {
            while drawn.len() < most && !pool.is_empty() {
                let nth = usize::try_from(draws.below(pool.len() as u64)).expect("below a length");
                drawn.push(pool.swap_remove(nth));
            }
        }
        let touches = Lengths::sum(drawn.iter().map(|word| word.touches));
        (!drawn.is_empty()).then(|| (Words::new(drawn.iter().map(|word| word.address)), touches))
    }
}

/// When a thread lived.
#[derive(Clone, Copy, Debug)]
struct Life {
    /// Who created it.
    parent: Option<ThreadId>,
    /// The step at which it was created.
    born: u64,
    /// The step at which it ended.
    ended: u64,
}

/// By thread: when it lived.
fn lives(events: &[(Stamp, Event)]) -> BTreeMap<ThreadId, Life> {
    let mut lives = BTreeMap::from([(ThreadId::MAIN, Life { parent: None, born: 0, ended: u64::MAX })]);
    for (stamp, event) in events {
        match event {
            Event::Spawned { child } => {
                let life = Life { parent: Some(stamp.thread), born: stamp.step, ended: u64::MAX };
                lives.insert(*child, life);
            }
            Event::Ended => {
                if let Some(life) = lives.get_mut(&stamp.thread) {
                    life.ended = stamp.step;
                }
            }
            _ => {}
        }
    }
    lives
}

/// Whether threads share a word that is touched so; `None` if it is std's, for making and joining threads, or a count of references, or
/// if nobody writes it, or the first thread alone touches it.
fn sharing(touches: &[Touch], lives: &BTreeMap<ThreadId, Life>) -> Option<Sharing> {
    let has = |access| touches.iter().any(|touch| touch.access == access);
    if touches.iter().all(|touch| touch.access == Access::Loads) {
        return None;
    }
    let is_count = has(Access::Subtracts) && !has(Access::Loads) && !has(Access::Other);
    let threads: BTreeSet<ThreadId> = touches.iter().map(|touch| touch.thread).collect();
    if threads.len() == 1 {
        return (!threads.contains(&ThreadId::MAIN)).then_some(Sharing::Private);
    }
    let conflict = |first: &Touch, second: &Touch| {
        let is_read = first.access == Access::Loads && second.access == Access::Loads;
        !is_read && could_be_first(first, second, lives)
    };
    let mut pairs = touches
        .iter()
        .enumerate()
        .flat_map(|(nth, first)| touches[nth + 1..].iter().map(move |second| (first, second)));
    let is_shared = !is_count && pairs.any(|(first, second)| conflict(first, second));
    is_shared.then_some(Sharing::Shared)
}

/// Whether the second of two touches could come before the first: neither was its thread created after it, nor had whoever makes it
/// waited for the first's thread, which a thread does for those that it created.
fn could_be_first(first: &Touch, second: &Touch, lives: &BTreeMap<ThreadId, Life>) -> bool {
    let (Some(one), Some(other)) = (lives.get(&first.thread), lives.get(&second.thread)) else {
        return false;
    };
    let joined = one.parent == Some(second.thread) && one.ended < second.step;
    first.thread != second.thread && other.born <= first.step && !joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Seed, Stream};

    const MAIN: ThreadId = ThreadId::MAIN;
    const A: ThreadId = ThreadId(1);
    const B: ThreadId = ThreadId(2);

    fn event(step: u64, thread: ThreadId, event: Event) -> (Stamp, Event) {
        (Stamp { step, at_ns: 10 * step, thread }, event)
    }

    /// The first thread makes A at step 10 and B at 20, which end at 40 and 60.
    fn events() -> Vec<(Stamp, Event)> {
        vec![
            event(10, MAIN, Event::Spawned { child: A }),
            event(20, MAIN, Event::Spawned { child: B }),
            event(40, A, Event::Ended),
            event(60, B, Event::Ended),
        ]
    }

    fn shape(touches: &[(u64, ThreadId, u64, Access)]) -> Shape {
        let touch = |&(step, thread, word, access): &(u64, ThreadId, u64, Access)| Touch {
            step,
            thread,
            word,
            access,
        };
        Shape::of(&events(), &touches.iter().map(touch).collect::<Vec<_>>(), 80)
    }

    fn sharing_of(touches: &[(u64, ThreadId, Access)]) -> Option<Sharing> {
        let touches: Vec<_> =
            touches.iter().map(|(step, thread, access)| (*step, *thread, 7, *access)).collect();
        shape(&touches).words.first().map(|word| word.sharing)
    }

    #[test]
    fn a_word_is_shared_if_one_thread_could_write_it_before_another() {
        use Access::{Loads, Other};
        let shared = Some(Sharing::Shared);
        // B ran behind A, and could have run before it.
        assert_eq!(sharing_of(&[(30, A, Other), (50, B, Loads)]), shared);
        assert_eq!(sharing_of(&[(15, MAIN, Other), (30, A, Loads)]), shared);
        // Before it was made, and behind whoever waited for it.
        assert_eq!(sharing_of(&[(5, MAIN, Other), (30, A, Loads), (70, MAIN, Other)]), None);
        assert_eq!(sharing_of(&[(15, MAIN, Other), (50, B, Other)]), None);
        // The first thread did not make it wait for A's end.
        assert_eq!(sharing_of(&[(30, A, Other), (35, MAIN, Other)]), shared);
    }

    #[test]
    fn what_nobody_writes_and_what_counts_references_is_left_out() {
        use Access::{Adds, Loads, Subtracts};
        assert_eq!(sharing_of(&[(30, A, Loads), (50, B, Loads)]), None);
        assert_eq!(sharing_of(&[(25, MAIN, Adds), (30, A, Subtracts), (50, B, Subtracts)]), None);
        // A ticket counts up only, and somebody may look at how many references there are.
        assert_eq!(sharing_of(&[(30, A, Adds), (50, B, Adds)]), Some(Sharing::Shared));
        assert_eq!(
            sharing_of(&[(30, A, Subtracts), (32, A, Loads), (50, B, Subtracts)]),
            Some(Sharing::Shared)
        );
    }

    #[test]
    fn what_one_thread_alone_touches_is_private_unless_it_is_the_first() {
        assert_eq!(sharing_of(&[(30, A, Access::Other)]), Some(Sharing::Private));
        assert_eq!(sharing_of(&[(30, A, Access::Loads)]), None);
        assert_eq!(sharing_of(&[(30, MAIN, Access::Other)]), None);
    }

    #[test]
    fn a_selection_has_the_touches_of_its_words() {
        use Access::Other;
        let shape = shape(&[
            (30, A, 0x20, Other),
            (31, A, 0x10, Other),
            (32, A, 0x10, Other),
            (33, A, 0x30, Other),
            (50, B, 0x20, Other),
            (51, B, 0x10, Other),
        ]);
        let select = |selection, seed| {
            let (words, touches) =
                shape.select(selection, &mut Draws::new(Seed(seed), Stream::Words)).unwrap();
            (words.to_string(), touches.to_string())
        };
        let of = |words: &str, touches: &str| (words.to_owned(), touches.to_owned());
        assert_eq!(select(Selection::Shared, 1), of("10+20", "0,3@0,2@0"));
        assert_eq!(select(Selection::All, 1), of("10+20+30", "0,4@0,2@0"));
        let one: BTreeSet<_> = (0..20).map(|seed| select(Selection::One, seed)).collect();
        assert_eq!(one, BTreeSet::from([of("10", "0,2@0,1@0"), of("20", "0,1@0,1@0")]));
    }

    #[test]
    fn more_words_than_fit_are_drawn_from_and_none_are_none() {
        let many: Vec<_> =
            (0..40).flat_map(|word| [(30, A, word, Access::Other), (50, B, word, Access::Other)]).collect();
        let drawn = |seed| {
            let mut draws = Draws::new(Seed(seed), Stream::Words);
            shape(&many).select(Selection::All, &mut draws).unwrap().0
        };
        assert_eq!(drawn(1).addresses().len(), words::MOST);
        assert_ne!(drawn(1), drawn(2));
        assert_eq!(shape(&[]).select(Selection::All, &mut Draws::new(Seed(1), Stream::Words)), None);
    }
}
