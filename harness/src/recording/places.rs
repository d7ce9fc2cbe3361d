//! Where threads were, each place once, and the lines of the source around.
//!
//! Does not judge which matter. Invariant: two stacks are one in the record exactly if they read alike.

use std::collections::BTreeMap;

use photofinish_reports::record::{Author, Frame, Operation, Stack, Step, what};
use photofinish_sim::event::{Event, Stamp};

use super::EVENTS_MAX;
use crate::client::Run;
use crate::shrinking;
use crate::signature;
use crate::symbols::{self, Inner, Place, Symbols};

/// Lines of the source that are kept before and behind a place.
const AROUND: u32 = 6;

/// A source file larger than this is not read: nobody wrote it.
const SOURCE_MAX: u64 = 4 << 20;

/// Lines of the source by file and number.
type Sources = BTreeMap<String, BTreeMap<u32, String>>;

/// The stacks and frames of one record.
pub(super) struct Places<'a> {
    symbols: &'a Symbols,
    stacks: BTreeMap<Stack, u32>,
    frames: BTreeMap<Frame, u32>,
    /// Where the files of frames were read by the compiler.
    paths: BTreeMap<String, String>,
    /// Of addresses that were asked for.
    known: BTreeMap<Vec<u64>, u32>,
}

impl<'a> Places<'a> {
    pub(super) fn new(symbols: &'a Symbols) -> Self {
        Self {
            symbols,
            stacks: BTreeMap::new(),
            frames: BTreeMap::new(),
            paths: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// What happened in a run, with where the threads were.
    pub(super) fn steps(&mut self, run: &Run) -> Vec<Step> {
        let first = run.events.len().saturating_sub(EVENTS_MAX);
        let step = |(number, (stamp, event)): (usize, &(Stamp, Event))| Step {
            step: stamp.step,
            at_ns: stamp.at_ns,
            thread: stamp.thread.0,
            what: what(event),
            stack: run.stack_at(number).map(|stack| self.stack(&stack.addresses)),
        };
        run.events.iter().enumerate().skip(first).map(step).collect()
    }

    /// The stack of these addresses, without what is the simulator's.
    pub(super) fn stack(&mut self, addresses: &[u64]) -> u32 {
        if let Some(known) = self.known.get(addresses) {
            return *known;
        }
        let places = addresses.iter().flat_map(|address| self.symbols.places(*address));
        let places: Vec<Place> = places.filter(|place| place.inner != Inner::Simulator).collect();
        // What calls the outermost function of the program is the standard library's, on our behalf.
        let end = places.iter().rposition(|place| place.inner == Inner::Program).map_or(0, |last| last + 1);
        let frames = places[..end].iter().map(|place| self.frame(place)).collect();
        let stack = number_of(&mut self.stacks, Stack(frames));
        self.known.insert(addresses.to_vec(), stack);
        stack
    }

    /// An operation that was found when a run was explained.
    pub(super) fn operation(&mut self, operation: &shrinking::Operation) -> Operation {
        let frame = |(function, line): &(String, String)| {
            let (file, line) = split(line);
            Frame { function: function.clone(), file: file.to_owned(), line, author: Author::Program }
        };
        let mut frames: Vec<Frame> = operation.stack.iter().map(frame).collect();
        for frame in &mut frames {
            // Whose code it is was seen when its run was looked at.
            let same = |other: &&Frame| other.file == frame.file;
            frame.author = self.frames.keys().find(same).map_or(frame.author, |other| other.author);
        }
        let frames = frames.into_iter().map(|frame| number_of(&mut self.frames, frame)).collect();
        Operation { thread: operation.number, stack: number_of(&mut self.stacks, Stack(frames)) }
    }

    fn frame(&mut self, place: &Place) -> u32 {
        let (file, line) = split(&place.line);
        let author = match (place.inner, place.of) {
            (Inner::Std | Inner::Simulator, _) => Author::Std,
            (Inner::Program, symbols::Author::Own) => Author::Program,
            (Inner::Program, symbols::Author::Dependency) => Author::Dependency,
        };
        if author != Author::Std {
            self.paths.entry(file.to_owned()).or_insert_with(|| place.path.clone());
        }
        let function = signature::plain(&place.function);
        number_of(&mut self.frames, Frame { function, file: file.to_owned(), line, author })
    }

    /// Everything, in the order of its numbers, with the lines around each place of the program.
    pub(super) fn taken(self) -> (Vec<Stack>, Vec<Frame>, Sources) {
        let Self { stacks, frames, paths, .. } = self;
        let frames = in_order(frames);
        let mut sources = Sources::new();
        for (file, path) in paths {
            let text = read(&path).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let wanted = frames.iter().filter(|frame| frame.file == file && frame.author == Author::Program);
            for frame in wanted {
                let from = frame.line.saturating_sub(AROUND).max(1);
                for number in from..=frame.line.saturating_add(AROUND) {
                    let Some(line) = lines.get(number as usize - 1) else { break };
                    sources.entry(file.clone()).or_default().insert(number, (*line).to_owned());
                }
            }
        }
        (in_order(stacks), frames, sources)
    }
}

/// A source file, if it is there and is one.
fn read(path: &str) -> Option<String> {
    let is_small = std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= SOURCE_MAX);
    is_small.then(|| std::fs::read_to_string(path).ok())?
}

/// File and line of a place; line 0 if it is not known.
fn split(line: &str) -> (&str, u32) {
    let parts = line.rsplit_once(':').and_then(|(file, number)| Some((file, number.parse().ok()?)));
    parts.unwrap_or((line, 0))
}

/// The number of something in its table, into which it is put if it is not there.
fn number_of<T: Ord>(table: &mut BTreeMap<T, u32>, entry: T) -> u32 {
    let next = u32::try_from(table.len()).expect("fewer places than there is memory for");
    *table.entry(entry).or_insert(next)
}

fn in_order<T: Ord>(table: BTreeMap<T, u32>) -> Vec<T> {
    let mut entries: Vec<(T, u32)> = table.into_iter().collect();
    entries.sort_by_key(|(_, number)| *number);
    entries.into_iter().map(|(entry, _)| entry).collect()
}
