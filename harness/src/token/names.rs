//! What the points of a run are called: the functions on the stack, and how often the thread was there before.
//!
//! Does not know tokens of other runs. Invariant: a name holds no line, address, type argument or number of a closure, and hangs on
//! nothing that other threads did.

use std::collections::BTreeMap;

use photofinish_sim::thread::{Pedigree, Pedigrees, ThreadId};

use super::hash;
use crate::client::{Client, ClientError, Request, Run, StackOf, Watch};
use crate::signature::{module_of, segments};
use crate::symbols::{Inner, Place, Symbols};

/// What a thread without a known beginning has instead of a sort.
pub(super) const UNKNOWN: u8 = 0;

/// So many functions of the program, the outermost, say of what sort a thread is.
const OUTERMOST: usize = 2;

/// Real time that a run may take longer because it is looked at.
const SLOWER: u64 = 30;

/// A run whose points were written down.
pub(super) struct Looked {
    pub(super) run: Run,
    /// By thread: the place of each of its points, the first having number 1.
    threads: Vec<Vec<u32>>,
    /// By thread.
    sorts: Vec<u8>,
    pedigrees: Pedigrees,
    /// By place: the innermost function of the program.
    functions: BTreeMap<u32, String>,
}

/// What stacks are called that were seen in earlier runs of the same executable. Naming them takes longer than making the runs.
#[derive(Default)]
pub(super) struct Seen(BTreeMap<Vec<u64>, Stack>);

/// So many stacks are remembered.
const SEEN_MAX: usize = 1 << 16;

impl Seen {
    fn stack(&mut self, addresses: &[u64], symbols: &Symbols) -> Stack {
        if let Some(stack) = self.0.get(addresses) {
            return stack.clone();
        }
        let stack = Stack::new(addresses, symbols);
        if self.0.len() < SEEN_MAX {
            self.0.insert(addresses.to_vec(), stack.clone());
        }
        stack
    }
}

/// Makes a run again, with the stacks at its first so many points.
pub(super) fn look(client: &mut Client, request: &Request, points: u64) -> Result<Looked, ClientError> {
    let run = watched(client, request, points)?;
    Ok(Looked::new(run, client.symbols(), &mut Seen::default()))
}

/// The same run with the stacks, which have no names yet.
pub(super) fn watched(client: &mut Client, request: &Request, points: u64) -> Result<Run, ClientError> {
    let mut request = request.clone();
    request.watch = Some(Watch { points, ..Watch::default() });
    request.events = false;
    request.limits.real_ms_max = request.limits.real_ms_max.saturating_mul(SLOWER);
    client.run(&request)
}

/// A stack's name and what it says of its thread.
#[derive(Clone)]
struct Stack {
    place: u32,
    sort: u8,
    function: Option<String>,
}

impl Stack {
    fn new(addresses: &[u64], symbols: &Symbols) -> Self {
        let mut names: Vec<String> = Vec::new();
        // What calls the outermost function of the program is ours, or the standard library's on our behalf, and differs with our code.
        let mut outermost_end = 0;
        let mut program: Vec<String> = Vec::new();
        for place in addresses.iter().flat_map(|address| symbols.places(*address)) {
            if place.inner == Inner::Simulator || place.function == "?" {
                continue;
            }
            let name = name(&place);
            if place.inner == Inner::Program && program.last() != Some(&name) {
                program.push(name.clone());
            }
            // A closure in a function, or a function that calls itself, is that function.
            if names.last() != Some(&name) {
                names.push(name);
            }
            if place.inner == Inner::Program {
                outermost_end = names.len();
            }
        }
        names.truncate(outermost_end);
        let outermost = &program[program.len().saturating_sub(OUTERMOST)..];
        let sort = if outermost.is_empty() { UNKNOWN } else { (hash(&outermost.join("\n")) % 255) as u8 + 1 };
        let place = hash(&names.join("\n")).max(1);
        Self { place, sort, function: program.into_iter().next() }
    }
}

/// The function of a place: the module that its file is, and its last name, for debug information says no more of one that is inlined
/// elsewhere, and whether it is may change with any edit.
fn name(place: &Place) -> String {
    let module = module_of(place.line.rsplit_once(':').map_or(&*place.line, |(file, _)| file));
    let last = segments(&place.function).last().copied().unwrap_or_default();
    let last = last.split(['<', '{']).next().unwrap_or_default();
    format!("{module}::{last}")
}

impl Looked {
    pub(super) fn new(run: Run, symbols: &Symbols, seen: &mut Seen) -> Self {
        let mut stacks: BTreeMap<u32, Stack> = BTreeMap::new();
        for stack in &run.stacks {
            if let StackOf::Points(number) = stack.of {
                stacks.insert(number, seen.stack(&stack.addresses, symbols));
            }
        }
        let count = run.trace.family.count();
        let (mut threads, mut sorts) = (vec![Vec::new(); count], vec![UNKNOWN; count]);
        for point in &run.points {
            let (Some(stack), Some(places)) =
                (stacks.get(&point.stack), threads.get_mut(point.thread.index()))
            else {
                continue;
            };
            // Whatever was left out for want of room leaves a hole without a name.
            places.resize(usize::try_from(point.number.saturating_sub(1)).unwrap_or_default(), 0);
            places.push(stack.place);
            let sort = &mut sorts[point.thread.index()];
            if *sort == UNKNOWN {
                *sort = stack.sort;
            }
        }
        let functions =
            stacks.into_values().filter_map(|stack| Some((stack.place, stack.function?))).collect();
        let pedigrees = run.trace.family.pedigrees();
        Self { run, threads, sorts, pedigrees, functions }
    }

    /// All threads, in the order in which they were created.
    pub(super) fn ids(&self) -> impl Iterator<Item = ThreadId> + use<> {
        (0..).map(ThreadId).take(self.threads.len())
    }

    pub(super) fn pedigree(&self, thread: ThreadId) -> Pedigree {
        self.pedigrees.of(thread).cloned().unwrap_or_default()
    }

    pub(super) fn thread(&self, pedigree: &Pedigree) -> Option<ThreadId> {
        self.ids().find(|thread| self.pedigrees.of(*thread) == Some(pedigree))
    }

    pub(super) fn sort(&self, thread: ThreadId) -> u8 {
        self.sorts.get(thread.index()).copied().unwrap_or(UNKNOWN)
    }

    /// The children of a thread, in order.
    pub(super) fn children(&self, parent: &Pedigree) -> Vec<ThreadId> {
        let is_child = |thread: &ThreadId| {
            let pedigree = self.pedigree(*thread);
            pedigree.0.split_last().is_some_and(|(_, of)| of == parent.0)
        };
        self.ids().filter(is_child).collect()
    }

    fn places(&self, thread: ThreadId) -> &[u32] {
        self.threads.get(thread.index()).map_or(&[], |places| places)
    }

    /// Points of a thread that were written down.
    pub(super) fn points(&self, thread: ThreadId) -> u64 {
        self.places(thread).len() as u64
    }

    /// Where a thread was when it had passed so many points, and how often it had been there before; nowhere before the first.
    pub(super) fn place_at(&self, thread: ThreadId, points: u64) -> Option<(u32, u32)> {
        let Some(index) = points.checked_sub(1) else { return Some((0, 0)) };
        let places = self.places(thread);
        let index = usize::try_from(index).ok()?;
        let place = *places.get(index).filter(|place| **place != 0)?;
        let before = places[..index].iter().filter(|other| **other == place).count();
        Some((place, u32::try_from(before).ok()?))
    }

    /// The points a thread has passed when it is at a place for the nth time, from 0.
    pub(super) fn find(&self, thread: ThreadId, place: u32, nth: u32) -> Option<u64> {
        if place == 0 {
            return Some(0);
        }
        self.at(thread, place).nth(usize::try_from(nth).ok()?)
    }

    /// The points at which a thread was at a place.
    pub(super) fn at(&self, thread: ThreadId, place: u32) -> impl Iterator<Item = u64> {
        (1..).zip(self.places(thread)).filter(move |(_, other)| **other == place).map(|(number, _)| number)
    }

    /// The innermost function of the program at a place.
    pub(super) fn function(&self, place: u32) -> Option<&str> {
        self.functions.get(&place).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::Author;

    #[test]
    fn a_function_has_one_name_wherever_it_is_inlined() {
        let check = |function: &str, line: &str, expected: &str| {
            let place = Place {
                function: function.into(),
                line: line.into(),
                path: line.into(),
                inner: Inner::Program,
                of: Author::Own,
            };
            assert_eq!(name(&place), expected, "{function} {line}");
        };
        for function in
            ["take", "take<u8>", "<my_app::pool::Pool<T> as my_app::Take>::take", "my_app::pool::take"]
        {
            check(function, "my-app/src/pool.rs:7", "my_app::pool::take");
        }
        for closure in ["{closure#2}", "my_app::pool::take::{{closure}}", "my_app::pool::take::{closure#0}"] {
            check(closure, "my-app/src/pool.rs:9", "my_app::pool::");
        }
        check(
            "core::ops::function::FnOnce::call_once{{vtable.shim}}",
            "src/ops/function.rs:250",
            "src::ops::function::call_once",
        );
    }
}
