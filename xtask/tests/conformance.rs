//! The simulation held against Linux: one source, two worlds, the same transcript.
//!
//! Does not know what a case asks. Invariant: what Linux does is right by definition; a line that differs is the simulation's
//! mistake, or stands in [`UNCOVERED`] as something no case asks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use object::{Object as _, ObjectSymbol as _};
use photofinish::client::{Client, Isolation, Request, Run};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::ending::Ending;
use photofinish::sim::event::Event;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish_guests::conformance::FAMILIES;
use photofinish_guests::conformance::case::Family;
use xtask::instrumented::Bin;
use xtask::workspace::Workspace;

mod built;

use built::build;

/// Owned symbols that no case asks about, and why.
const UNCOVERED: &[(&str, &str)] = &[
    ("execv", "as execvp, by another name"),
    ("execve", "as execvp, with an environment"),
    ("posix_spawn", "as posix_spawnp, by another name"),
    ("setpgrp", "as setpgid, by another name"),
    ("pkey_mprotect", "as mprotect, with a key, of which there is none"),
    ("prctl", "as by syscall(2), by another name"),
    ("pvalloc", "as memalign to whole pages, by another name"),
    ("valloc", "as memalign to a page, by another name"),
    ("vfork", "as fork, by another name"),
    ("wait", "as waitpid, by another name"),
    ("_Exit", "ends the process: an ending, held by the tests of endings"),
    ("alarm", "not modelled: refused by name"),
    ("gethostbyname", "not modelled: refused by name"),
    ("getifaddrs", "not modelled: refused by name"),
    ("if_indextoname", "not modelled: refused by name"),
    ("if_nametoindex", "not modelled: refused by name"),
    ("pthread_cancel", "not modelled: refused by name"),
    ("pthread_exit", "not modelled: refused by name"),
    ("quick_exit", "ends the process: an ending, held by the tests of endings"),
    ("setgroups", "not modelled, but of a child that std makes: refused by name"),
    ("setitimer", "not modelled: refused by name"),
];

/// Seeds of the swarm that each case runs under, besides the boring one.
const SEEDS: u64 = 6;

/// Seeds of the swarm for sequences, of which there are many.
const SEEDS_OF_SEQUENCES: u64 = 1;

/// No case takes as long on Linux.
const PATIENCE: Duration = Duration::from_secs(60);

fn guests() -> PathBuf {
    build(Bin { package: "photofinish-guests", name: "guests" })
}

fn native(guests: &Path, program: &str) -> String {
    let mut child = Command::new(guests);
    child.args(["native", program]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = child.spawn().expect("the guests start");
    let pid = child.id();
    let (sender, answer) = channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let answer = answer.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        answer.recv().expect("a killed process ends")
    });
    let answer = answer.expect("its pipes can be read");
    let said = String::from_utf8_lossy(&answer.stdout).into_owned();
    let complained = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{program} failed on Linux: {complained}\nafter\n{said}");
    said
}

fn simulated(run: &Run) -> String {
    let mut written = Vec::new();
    for (_, event) in &run.events {
        if let Event::Wrote { fd: 1, bytes } = event {
            written.extend(bytes);
        }
    }
    String::from_utf8_lossy(&written).into_owned()
}

/// What is wrong with a run, if anything is.
fn trouble(run: &Run) -> Option<String> {
    if run.truncated {
        return Some("left more than there is room for".into());
    }
    if run.ending != Ending::Returned {
        let panics = run.events.iter().filter(|(_, event)| matches!(event, Event::Panicked { .. }));
        return Some(format!("ended so: {:?} {:?}", run.ending, panics.collect::<Vec<_>>()));
    }
    let unmodelled = run.events.iter().find_map(|(_, event)| match event {
        Event::Unmodelled { what } => Some(format!("asked for what is not modelled: {what}")),
        _ => None,
    });
    unmodelled.or_else(|| (run.unmodelled > 0).then(|| "asked for what is not modelled".into()))
}

/// The first lines that differ, with those before them.
fn difference(linux: &str, simulation: &str) -> Option<String> {
    let (linux, simulation): (Vec<&str>, Vec<&str>) = (linux.lines().collect(), simulation.lines().collect());
    let mut text = String::new();
    let mut found = 0;
    for index in 0..linux.len().max(simulation.len()) {
        let (expected, actual) = (linux.get(index), simulation.get(index));
        if expected == actual {
            continue;
        }
        found += 1;
        if found > 12 {
            break;
        }
        if index > 0 {
            let _ = writeln!(text, "  {index}   after  {}", linux.get(index - 1).unwrap_or(&""));
        }
        let _ = writeln!(text, "  {}   Linux  {}", index + 1, expected.unwrap_or(&"(nothing)"));
        let _ = writeln!(text, "  {}     sim  {}", index + 1, actual.unwrap_or(&"(nothing)"));
    }
    (!text.is_empty()).then_some(text)
}

fn request(program: &str, strategy: Strategy, seed: u64) -> Request {
    // What may go wrong at any time does so on no Linux that is left alone.
    let limits = Limits { shorts_max: 0, interrupts_max: 0, ..Limits::default() };
    Request { strategy, limits, cores: 2, ..Request::new(program, Seed(seed)) }
}

fn is_long(family: &Family) -> bool {
    family.scenario.name.contains("sequence")
}

/// What Linux says of each sequence: its second answer where that is the simulation's, else its first.
///
/// The sequences leave the kernel a while to deliver what they sent. On a busy machine that while can be too short, and Linux
/// then answers one sequence in two ways: the simulation's must be one of them.
fn either_answer(first: &str, second: &str, simulation: &str) -> String {
    const MARK: &str = "sequence ";
    let (second, simulated): (Vec<&str>, Vec<&str>) =
        (second.split(MARK).collect(), simulation.split(MARK).collect());
    let choose = |(index, first)| match (second.get(index), simulated.get(index)) {
        (Some(second), Some(simulated)) if second == simulated => *second,
        _ => first,
    };
    let chosen: Vec<&str> = first.split(MARK).enumerate().map(choose).collect();
    chosen.join(MARK)
}

/// Runs every case of a family in both worlds, and says where they differ.
fn hold(guests: &Path, family: &Family) -> Vec<String> {
    let mut client =
        Client::start(guests, Limits::default().threads_max, Isolation::Fork).expect("it serves");
    let mut found = Vec::new();
    let seeds = if is_long(family) { SEEDS_OF_SEQUENCES } else { SEEDS };
    for case in family.cases {
        let program = format!("{}/{}", family.scenario.name, case.name);
        let linux = native(guests, &program);
        let requests = (0..=seeds).map(|n| match n {
            0 => request(&program, Strategy::Boring, 0),
            seed => request(&program, Strategy::Swarm, seed),
        });
        for request in requests {
            let run = client.run(&request).expect("the server serves");
            let simulation = simulated(&run);
            let mut differs = difference(&linux, &simulation);
            if differs.is_some() && is_long(family) {
                differs =
                    difference(&either_answer(&linux, &native(guests, &program), &simulation), &simulation);
            }
            let wrong = trouble(&run).into_iter().chain(differs);
            let wrong: Vec<String> = wrong.collect();
            if !wrong.is_empty() {
                let under = format!("{program} --strategy {} --seed {}", request.strategy, request.seed);
                found.push(format!("{under}\n{}", wrong.join("\n")));
                break;
            }
        }
    }
    found
}

#[test]
fn of_two_answers_of_linux_the_simulation_gives_one() {
    let first = "sequence 0\na\nsequence 1\nb\n";
    let second = "sequence 0\nx\nsequence 1\ny\n";
    for (simulation, differs) in [
        (first, false),
        (second, false),
        ("sequence 0\na\nsequence 1\ny\n", false),
        ("sequence 0\na\nsequence 1\nz\n", true),
        ("sequence 0\na\n", true),
    ] {
        let linux = either_answer(first, second, simulation);
        assert_eq!(
            difference(&linux, simulation).is_some() || linux.len() != simulation.len(),
            differs,
            "{simulation}"
        );
    }
}

#[test]
fn the_simulation_answers_as_linux_does() {
    let guests = guests();
    let only = std::env::var("CONFORMANCE").unwrap_or_default();
    let families = FAMILIES.iter().filter(|family| family.scenario.name.contains(&only));
    let (long, short): (Vec<_>, Vec<_>) = families.partition(|family| is_long(family));
    let hold_all = |families: Vec<&&Family>| -> Vec<String> {
        families.into_iter().flat_map(|family| hold(&guests, family)).collect()
    };
    let found = std::thread::scope(|scope| {
        let long = scope.spawn(|| hold_all(long));
        let mut found = hold_all(short);
        found.extend(long.join().expect("it does not panic"));
        found
    });
    assert!(found.is_empty(), "{} cases differ\n\n{}", found.len(), found.join("\n\n"));
}

/// The owned symbols, as the boundary's source defines them.
fn owned_symbols() -> BTreeSet<String> {
    let root = Workspace::load().expect("the workspace around this test").root().to_owned();
    let mut symbols = BTreeSet::new();
    let files = ["sim/boundary/src", "sim/boundary/src/symbols"].map(|folder| root.join(folder));
    for entry in files.iter().flat_map(|folder| std::fs::read_dir(folder).expect("the boundary's sources")) {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source file");
        let mut inside = false;
        for line in text.lines() {
            inside = (inside || ["owned! {", "fortified! {"].contains(&line)) && line != "}";
            let within = if inside { line.strip_prefix("    fn ") } else { None };
            let outside = line.strip_prefix("pub unsafe extern \"C\" fn ");
            if let Some(rest) = within.or(outside) {
                symbols.insert(rest.split('(').next().unwrap_or_default().to_owned());
            }
        }
    }
    symbols.retain(|symbol| !symbol.starts_with("__tsan") && symbol != "$name");
    symbols
}

#[test]
fn every_owned_symbol_has_a_case_or_a_reason() {
    let owned = owned_symbols();
    assert!(owned.len() > 60 && owned.contains("poll") && owned.contains("malloc"), "{owned:?}");
    let cases = FAMILIES.iter().flat_map(|family| family.cases);
    let covered: BTreeSet<&str> = cases.flat_map(|case| case.covers.iter().copied()).collect();
    let excused: BTreeMap<&str, &str> = UNCOVERED.iter().copied().collect();
    let has = |symbol: &&String| covered.contains(symbol.as_str()) || excused.contains_key(symbol.as_str());
    let missing: Vec<&String> = owned.iter().filter(|symbol| !has(symbol)).collect();
    assert!(missing.is_empty(), "no case names {missing:?}");
    let unknown: Vec<&&str> = covered.iter().filter(|symbol| !owned.contains(**symbol)).collect();
    assert!(unknown.is_empty(), "cases name {unknown:?}, which nobody owns");
    let stale: Vec<&&str> = excused.keys().filter(|symbol| !owned.contains(**symbol)).collect();
    assert!(stale.is_empty(), "excuses for {stale:?}, which nobody owns");
    let both: Vec<&&str> = excused.keys().filter(|symbol| covered.contains(**symbol)).collect();
    assert!(both.is_empty(), "{both:?} have both a case and an excuse");
}

/// The names that the C library exports.
fn exported() -> BTreeSet<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("a map of this process");
    let is_library = |path: &&str| path.rsplit('/').next().is_some_and(|name| name.starts_with("libc.so"));
    let path = maps.lines().filter_map(|line| line.split_whitespace().nth(5)).find(is_library);
    let image = std::fs::read(path.expect("this test is linked to it")).expect("it is a file");
    let library = object::File::parse(&*image).expect("it is an ELF file");
    let defined = library.dynamic_symbols().filter(|symbol| !symbol.is_undefined());
    defined.filter_map(|symbol| symbol.name().ok().map(str::to_owned)).collect()
}

/// The symbols that are refused by name: the rows of tables.
fn refused_symbols() -> BTreeSet<String> {
    let root = Workspace::load().expect("the workspace around this test").root().to_owned();
    let text =
        std::fs::read_to_string(root.join("sim/boundary/src/symbols/refused.rs")).expect("a source file");
    let rows = text.lines().filter(|line| line.ends_with(");"));
    let names =
        rows.filter_map(|row| row.strip_prefix("    ")?.split_once('(').map(|(name, _)| name.to_owned()));
    names.filter(|name| !name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_')).collect()
}

#[test]
fn what_a_compiler_calls_in_place_of_an_owned_symbol_is_owned_too() {
    let (mut owned, exported) = (owned_symbols(), exported());
    owned.append(&mut refused_symbols());
    assert!(owned.contains("popen") && owned.contains("thrd_create"), "{owned:?}");
    assert!(exported.contains("fcntl") && exported.contains("__read_chk"), "{exported:?}");
    // With large files, with checks of buffers and of modes.
    let others = |name: &String| {
        let stem = name.strip_suffix("64").unwrap_or(name);
        [format!("{stem}64"), format!("__{name}_chk"), format!("__{name}_2")]
    };
    let missing: BTreeSet<String> = owned.iter().flat_map(others).collect();
    let missing: Vec<&String> =
        missing.iter().filter(|name| exported.contains(*name) && !owned.contains(*name)).collect();
    assert!(missing.is_empty(), "the C library has {missing:?}, which nobody owns");
}

#[test]
fn a_case_is_a_variant_of_the_same_name() {
    for family in FAMILIES {
        let names: Vec<&str> = family.scenario.variants.iter().map(|variant| variant.name).collect();
        let cases: Vec<&str> = family.cases.iter().map(|case| case.name).collect();
        assert_eq!(names, cases, "{}", family.scenario.name);
        assert!(family.scenario.name.starts_with("conformance-"));
    }
}
