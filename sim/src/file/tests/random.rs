//! Random commands over pipes, counters and instances, against a naive idea of `epoll(7)`.
//!
//! Does not know the ready list. Invariants checked: an instance reports all levels that hold and nothing else; nothing that
//! is watched by edges twice without a change; one event at a time, everything has its turn; whoever slept was woken.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::{World, bits, words};
use crate::fd::Object;
use crate::file::epoll::bits::{ET, ONESHOT};

const FILES: [&str; 6] = ["p.r", "p.w", "q.r", "q.w", "a", "s"];

/// Items of the instance `e`, by file.
#[derive(Debug, Default)]
struct Naive {
    items: BTreeMap<&'static str, u32>,
    /// Edges that were reported and after which nothing happened.
    told: BTreeSet<&'static str>,
}

#[derive(Clone, Debug)]
enum Step {
    Add(&'static str, u32),
    Modify(&'static str, u32),
    Delete(&'static str),
    Write(&'static str, u32),
    Read(&'static str, u32),
    Wait,
    Turns,
}

fn step() -> impl Strategy<Value = Step> {
    let file = || proptest::sample::select(&FILES[..]);
    let events = || {
        let ways = proptest::sample::select(vec!["IN", "OUT", "IN|OUT", "NOTHING"]).prop_map(bits);
        (ways, proptest::sample::select(vec![0, 0, ET, ONESHOT])).prop_map(|(ways, how)| ways | how)
    };
    prop_oneof![
        3 => (file(), events()).prop_map(|(file, events)| Step::Add(file, events)),
        1 => (file(), events()).prop_map(|(file, events)| Step::Modify(file, events)),
        1 => file().prop_map(Step::Delete),
        3 => (file(), prop_oneof![1..5_u32, 1..70_000_u32]).prop_map(|(file, size)| Step::Write(file, size)),
        3 => (file(), prop_oneof![8..9_u32, 1..70_000_u32]).prop_map(|(file, size)| Step::Read(file, size)),
        3 => Just(Step::Wait),
        1 => Just(Step::Turns),
    ]
}

/// The other end of a pipe: what happens at one end happens to both.
fn concerned(file: &'static str) -> Vec<&'static str> {
    FILES.into_iter().filter(|other| other.split('.').next() == file.split('.').next()).collect()
}

/// Whether a thread that waits would sleep: it found nothing, and no wake has come since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sleeper {
    None,
    Asleep,
}

struct Run {
    world: World,
    naive: Naive,
    sleeper: Sleeper,
}

impl Run {
    fn new() -> Self {
        let mut world = World::default();
        world.run("pipe p; pipe q; eventfd a 0; semaphore s 2; epoll e");
        Self { world, naive: Naive::default(), sleeper: Sleeper::None }
    }

    /// What a file is ready for, of what it is watched for.
    fn holds(&mut self, file: &str, events: u32) -> u32 {
        if events & !(ET | ONESHOT) == 0 {
            return 0;
        }
        bits(&self.world.run(&format!("poll {file}"))) & (events | bits("ERR|HUP"))
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        self.world.wakes.clear();
        match *step {
            Step::Add(file, events) => self.control("add", file, events)?,
            Step::Modify(file, events) => self.control("mod", file, events)?,
            Step::Delete(file) => {
                let expected = if self.naive.items.remove(file).is_some() { "ok" } else { "ENOENT" };
                prop_assert_eq!(self.world.run(&format!("del e {file}")), expected);
            }
            Step::Write(file, size) => {
                self.world.run(&format!("write {file} {size}"));
                self.stir(file);
            }
            Step::Read(file, size) => {
                self.world.run(&format!("read {file} {}", size.max(8)));
                self.stir(file);
            }
            Step::Wait => self.wait()?,
            Step::Turns => self.turns()?,
        }
        if !self.world.wakes.is_empty() {
            self.sleeper = Sleeper::None;
        }
        prop_assert!(
            self.sleeper == Sleeper::None || self.pending().is_empty(),
            "nobody is woken by {:?}",
            step
        );
        Ok(())
    }

    fn control(&mut self, op: &str, file: &'static str, events: u32) -> Result<(), TestCaseError> {
        let known = op == "mod";
        let answer = self.world.run(&format!("{op} e {file} {}", words(events)));
        if self.naive.items.contains_key(file) != known {
            prop_assert_eq!(answer, if known { "ENOENT" } else { "EEXIST" });
            return Ok(());
        }
        prop_assert_eq!(answer, "ok");
        // `EPOLLERR` and `EPOLLHUP` are added, so that not even an item for nothing is disabled.
        self.naive.items.insert(file, events | bits("ERR|HUP"));
        self.naive.told.remove(file);
        Ok(())
    }

    fn stir(&mut self, file: &'static str) {
        for file in concerned(file) {
            self.naive.told.remove(file);
        }
    }

    /// Levels and single shots that hold.
    fn pending(&mut self) -> BTreeMap<&'static str, u32> {
        let levels: Vec<_> =
            self.naive.items.iter().filter(|(_, events)| *events & ET == 0).map(|(k, v)| (*k, *v)).collect();
        let held = levels.into_iter().map(|(file, events)| (file, self.holds(file, events)));
        held.filter(|(_, holds)| *holds != 0).collect()
    }

    /// What `epoll_wait(2)` reports, as file and bits.
    fn report(&mut self, max: usize) -> Vec<(&'static str, u32)> {
        let answer = self.world.run(&format!("wait e {max}"));
        let words = answer.split(' ').filter(|word| *word != "-");
        let event = |word: &str| {
            let (name, found) = word.split_once('=').expect("a name and bits");
            (FILES.into_iter().find(|file| *file == name).expect("a watched file"), bits(found))
        };
        words.map(event).collect()
    }

    fn wait(&mut self) -> Result<(), TestCaseError> {
        let expected = self.pending();
        let reported = self.report(64);
        self.sleeper = if reported.is_empty() { Sleeper::Asleep } else { Sleeper::None };
        let mut levels = BTreeMap::new();
        for &(file, found) in &reported {
            let events = self.naive.items[file];
            prop_assert_eq!(found, self.holds(file, events), "{} is as reported", file);
            if events & ET == 0 {
                prop_assert!(levels.insert(file, found).is_none(), "{} is reported once", file);
            } else {
                prop_assert!(self.naive.told.insert(file), "{} is reported without a change", file);
            }
            if events & ONESHOT != 0 {
                self.naive.items.insert(file, events & (ET | ONESHOT));
            }
        }
        prop_assert_eq!(levels, expected);
        Ok(())
    }

    /// After edges and single shots are out of the way, levels come one by one, always in the same order.
    fn turns(&mut self) -> Result<(), TestCaseError> {
        self.wait()?;
        let all = self.report(64);
        let one_by_one: Vec<_> = (0..all.len() * 2).flat_map(|_| self.report(1)).collect();
        prop_assert_eq!(one_by_one, [&all[..], &all[..]].concat());
        Ok(())
    }
}

proptest! {
    #[test]
    fn an_instance_reports_what_holds(steps in proptest::collection::vec(step(), 1..60)) {
        let mut run = Run::new();
        prop_assert!(matches!(run.world.object("e"), Object::Epoll(_)));
        for step in &steps {
            run.step(step)?;
        }
    }
}
