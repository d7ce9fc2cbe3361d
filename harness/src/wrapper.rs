//! This executable as cargo's `RUSTC_WRAPPER`: rustc as asked, plus the instrumentation where it belongs.
//!
//! Runs once per crate, so it must start fast and print nothing: cargo reads rustc's own output through it.
//! Does not know which crates there are or where they are built, see [`crate::instrumented`].
//! Invariant: a call that is neither the build of an instrumented crate nor, at the finest level, of the boundary reaches rustc
//! unchanged.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use photofinish_sim::preempt::Preempt;

/// Set to `1` by the instrumented build, so that this executable is a wrapper and not a command line.
pub const WRAPPER_VAR: &str = "PHOTOFINISH_WRAPPER";

/// The level of the instrumentation, by its name; [`Preempt::Atomics`] when it is not set. `cargo photofinish` takes it from its user,
/// and the wrapper from `cargo photofinish` or `cargo xtask`.
pub const PREEMPT_VAR: &str = "PHOTOFINISH_PREEMPT";

/// Crates to leave plain besides [`crate::plain::PLAIN_CRATES`], separated by commas.
pub const PLAIN_CRATES_VAR: &str = "PHOTOFINISH_PLAIN_CRATES";

/// The archive to link after everything else, if executables are built that may not name us.
pub const ABSENT_VAR: &str = "PHOTOFINISH_ABSENT";

/// What makes LLVM turn every atomic operation into a call of `__tsan_atomic*`, and at [`Preempt::Blocks`] accesses to plain memory into
/// calls of `__tsan_read*`, `__tsan_write*`, `__tsan_memcpy` and the like.
///
/// The `tsan` pass rewrites atomics in every function; function entry and exit and exception handling would only cost time
/// and are switched off. `tsan-module` adds a constructor that calls `__tsan_init`, so the boundary defines that symbol
/// too. `fetch_min` and `fetch_max` are not among what the pass rewrites: they stay single instructions without a
/// scheduling point.
const PASSES: &[&str] = &["-Cpasses=tsan-module,tsan"];

/// What no level has.
const NEVER: &[&str] =
    &["-Cllvm-args=-tsan-instrument-func-entry-exit=0", "-Cllvm-args=-tsan-handle-cxx-exceptions=0"];

/// Plain memory is left alone: accesses, and copies.
const ATOMICS: [&[&str]; 2] =
    [&["-Cllvm-args=-tsan-instrument-memory-accesses=0"], &["-Cllvm-args=-tsan-instrument-memintrinsics=0"]];

/// Plain memory is rewritten only in functions that ask for the thread sanitizer, which stable rustc cannot say; LLVM can be told to take
/// all for such. Of a word that is read and then written in one basic block, without a call between, only the write is rewritten; what
/// never leaves its function's stack and what is constant is left alone, but for copies.
const BLOCKS: [&[&str]; 2] = [
    &["-Cllvm-args=-tsan-instrument-memory-accesses=1", "-Cllvm-args=-force-attribute=sanitize_thread"],
    &["-Cllvm-args=-tsan-instrument-memintrinsics=1"],
];

/// What instrumented crates have besides.
const COMMON: &[&str] = &[
    // The passes run at every level, but at 0, 1 and s rustc reuses generic functions that a plain crate below has
    // instantiated already, and so without instrumentation. At 2 it does so only for `#[inline(never)]` ones.
    "-Copt-level=2",
    // Stacks end in source lines, and a profiler can walk them.
    "-Cforce-frame-pointers=yes",
];

/// What tells the boundary, which stays plain, at which level the rest is instrumented.
const BOUNDARY: (&str, [&str; 2]) = ("photofinish_boundary", ["--cfg", "photofinish_preempt=\"blocks\""]);

/// What makes crates instrumented at a level.
fn flags(level: Preempt) -> impl Iterator<Item = &'static str> {
    let with = |[accesses, copies]: [&'static [&'static str]; 2]| [PASSES, accesses, NEVER, copies, COMMON];
    let lists = match level {
        Preempt::Calls => [&[] as &[&str]; 5],
        Preempt::Atomics => with(ATOMICS),
        Preempt::Blocks => with(BLOCKS),
    };
    lists.into_iter().flatten().copied()
}

/// What debug information tells: of a crate that somebody is working on also what each function is called that was inlined into
/// another, for signatures are made of that; of the crates it uses only lines.
const DEBUG_INFO: [&str; 2] = ["-Cdebuginfo=limited", "-Cdebuginfo=line-tables-only"];

/// One call of rustc that cargo asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Invocation {
    rustc: OsString,
    args: Vec<OsString>,
    instrumented: bool,
}

/// What an instrumented build is asked to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Where its scheduling points lie.
    pub level: Preempt,
    /// Crates to leave plain besides [`crate::plain::PLAIN_CRATES`], separated by commas.
    pub plain: String,
}

impl Asked {
    /// What the environment asks for.
    ///
    /// # Errors
    /// There is no such level.
    pub fn of_environment() -> Result<Self, String> {
        let plain = std::env::var(PLAIN_CRATES_VAR).unwrap_or_default();
        let level = match std::env::var_os(PREEMPT_VAR) {
            None => Preempt::default(),
            Some(name) => {
                name.to_string_lossy().parse().map_err(|error| format!("{PREEMPT_VAR}: {error}"))?
            }
        };
        Ok(Self { level, plain })
    }

    /// Everything that decides how a crate is compiled: two builds with equal keys may share their artifacts.
    ///
    /// Cargo does not count the wrapper into its fingerprints, so the instrumented build has to.
    #[must_use]
    pub fn key(&self) -> String {
        let plain: Vec<String> = plain_crates(&self.plain).into_iter().collect();
        let flags: Vec<&str> = flags(self.level).collect();
        format!("{} {}\n{}", flags.join(" "), DEBUG_INFO.join(" "), plain.join(" "))
    }

    /// Tells the wrapper that cargo will start.
    pub fn tell(&self, cargo: &mut Command) {
        cargo.env(WRAPPER_VAR, "1").env(PREEMPT_VAR, self.level.name()).env(PLAIN_CRATES_VAR, &self.plain);
    }
}

impl Invocation {
    /// The call this process stands for, if it was started as a wrapper.
    pub fn of_this_process() -> Option<Self> {
        if std::env::var_os(WRAPPER_VAR)? != "1" {
            return None;
        }
        // Whoever started cargo has read the same variables, and refused what makes no sense.
        let asked = Asked::of_environment().ok()?;
        let mut invocation = Self::new(std::env::args_os().skip(1), &asked)?;
        if let Some(absent) = std::env::var_os(ABSENT_VAR) {
            invocation.link(absent);
        }
        Some(invocation)
    }

    /// Reads `rustc args…`; nothing if the first word is not a rustc.
    fn new(words: impl IntoIterator<Item = OsString>, asked: &Asked) -> Option<Self> {
        let mut words = words.into_iter();
        let rustc = words.next().filter(|word| Path::new(word).file_stem().is_some_and(|s| s == "rustc"))?;
        let mut args: Vec<OsString> = words.collect();
        let full = in_full(&args);
        let instrumented = is_instrumented(&full, asked);
        if instrumented {
            args.extend(flags(asked.level).map(OsString::from));
            args.push(OsString::from(debug_info(&args)));
        } else if asked.level == Preempt::Blocks && is_for_target(&full, BOUNDARY.0) {
            args.extend(BOUNDARY.1.map(OsString::from));
        }
        Some(Self { rustc, args, instrumented })
    }

    /// Lets the linker take what is in no crate from an archive.
    fn link(&mut self, absent: OsString) {
        if self.instrumented {
            let mut argument = OsString::from("-Clink-arg=");
            argument.push(absent);
            self.args.push(argument);
        }
    }

    /// Becomes rustc, whose messages and exit code are then this process's own. Returns only when that fails.
    pub fn exec(&self) -> ExecError {
        let source = Command::new(&self.rustc).args(&self.args).exec();
        ExecError { rustc: self.rustc.clone(), source }
    }
}

/// Rustc could not be started.
#[derive(Debug, thiserror::Error)]
#[error("starting {} for the instrumented build failed: {source}\nnext: `rustc -vV`", rustc.display())]
pub struct ExecError {
    rustc: OsString,
    source: io::Error,
}

/// The crates that stay plain, with those of the environment.
fn plain_crates(more_plain: &str) -> BTreeSet<String> {
    let listed = crate::plain::PLAIN_CRATES.iter().map(|(name, _)| *name);
    listed.chain(more_plain.split(',').map(str::trim)).map(|name| name.replace('-', "_")).collect()
}

/// Cargo silences the lints of crates that it fetched, and of no others.
fn debug_info(args: &[OsString]) -> &'static str {
    DEBUG_INFO[usize::from(value_of(&in_full(args), "--cap-lints").is_some())]
}

/// Instrumented is what is built for an explicit target (so neither build script nor proc macro) and is not plain.
fn is_instrumented(args: &[String], asked: &Asked) -> bool {
    let name = value_of(args, "--crate-name").unwrap_or_default();
    // Cargo's probe of what rustc can do calls its crate `___`.
    let may = asked.level != Preempt::Calls && name != "___" && !plain_crates(&asked.plain).contains(name);
    may && is_for_target(args, name)
}

/// Whether this is the build of the crate of that name, for an explicit target.
fn is_for_target(args: &[String], name: &str) -> bool {
    let for_target = args.iter().any(|arg| arg == "--target" || arg.starts_with("--target="));
    for_target && value_of(args, "--crate-name").is_some_and(|given| given == name)
}

fn value_of<'a>(args: &'a [String], option: &str) -> Option<&'a str> {
    let with_equals = args.iter().find_map(|arg| arg.strip_prefix(option)?.strip_prefix('='));
    with_equals.or_else(|| Some(args.get(args.iter().position(|arg| arg == option)? + 1)?.as_str()))
}

/// The arguments with `@file` replaced by the file's lines: cargo writes one when the line would be too long.
fn in_full(args: &[OsString]) -> Vec<String> {
    let expand = |arg: &OsString| match arg.to_string_lossy() {
        text if text.starts_with('@') => match std::fs::read_to_string(&text[1..]) {
            Ok(lines) => lines.lines().map(str::to_owned).collect(),
            // Rustc will say what is wrong with it.
            Err(_) => vec![text.into_owned()],
        },
        text => vec![text.into_owned()],
    };
    args.iter().flat_map(expand).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn only_target_crates_that_are_not_plain_get_the_flags() {
        let check = |line: &str, more_plain: &str, instrumented: bool| {
            let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            for level in Preempt::ALL {
                let expected = instrumented && level != Preempt::Calls;
                let asked = Asked { level, plain: more_plain.to_owned() };
                assert_eq!(is_instrumented(&args, &asked), expected, "{line}: {asked:?}");
            }
        };
        check("--crate-name late_listener --target x86_64-unknown-linux-gnu", "", true);
        check("--crate-name=late_listener --target=x86_64-unknown-linux-gnu", "", true);
        check("--crate-name late_listener", "", false);
        check("--crate-name build_script_build --edition 2021", "", false);
        check("--crate-name photofinish_sim --target x", "", false);
        check("--crate-name rand_chacha --target x", "", false);
        check("--crate-name photofinish_scenarios --target x", "", true);
        check("--crate-name parking_lot_core --target x", "", true);
        check("--crate-name parking_lot_core --target x", "tokio, parking-lot-core", false);
        check("- --crate-name ___ --print=file-names --target x", "", false);
        check("-vV", "", false);
        check("--crate-name", "", false);
    }

    #[test]
    fn a_call_keeps_its_arguments_and_their_order() {
        let asked = Asked::default();
        let made = Invocation::new(words("/bin/rustc --crate-name a --target x"), &asked).expect("a rustc");
        assert_eq!(made.rustc, "/bin/rustc");
        assert_eq!(made.args[..4], words("--crate-name a --target x"));
        let flags = flags(Preempt::Atomics).chain(["-Cdebuginfo=limited"]).map(OsString::from);
        assert_eq!(made.args[4..], flags.collect::<Vec<_>>());
        let fetched = words("/bin/rustc --crate-name a --cap-lints allow --target x");
        let made = Invocation::new(fetched, &asked).expect("a rustc");
        assert_eq!(made.args.last(), Some(&OsString::from("-Cdebuginfo=line-tables-only")));
        let probe = Invocation::new(words("rustc -vV"), &asked).expect("a rustc");
        assert_eq!(probe.args, words("-vV"));
        let mut linked = made;
        linked.link("absent.rlib".into());
        assert_eq!(linked.args.last(), Some(&OsString::from("-Clink-arg=absent.rlib")));
        let mut unlinked = probe;
        unlinked.link("absent.rlib".into());
        assert_eq!(unlinked.args, words("-vV"), "what is not instrumented calls nothing of it");
        assert_eq!(Invocation::new(words("tidy"), &asked), None);
        assert_eq!(Invocation::new(words(""), &asked), None);
    }

    #[test]
    fn each_level_has_its_flags_and_the_boundary_knows_the_finest() {
        let added = |level: Preempt, name: &str| {
            let line = format!("rustc --crate-name {name} --target x");
            let asked = Asked { level, plain: String::new() };
            let args = Invocation::new(words(&line), &asked).expect("a rustc").args;
            args[4..].iter().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(added(Preempt::Calls, "a"), Vec::<String>::new());
        let (atomics, blocks) = (added(Preempt::Atomics, "a"), added(Preempt::Blocks, "a"));
        assert!(atomics[0] == blocks[0] && atomics != blocks, "{atomics:?} {blocks:?}");
        // LLVM refuses an option that is given twice.
        let names: Vec<&str> =
            blocks.iter().map(|flag| flag.rsplit_once('=').map_or("", |(name, _)| name)).collect();
        assert!((1..names.len()).all(|at| !names[..at].contains(&names[at])), "{blocks:?}");
        assert_eq!(added(Preempt::Atomics, BOUNDARY.0), Vec::<String>::new());
        assert_eq!(added(Preempt::Blocks, BOUNDARY.0), ["--cfg", "photofinish_preempt=\"blocks\""]);
        assert_eq!(added(Preempt::Blocks, "photofinish_sim"), Vec::<String>::new());
    }

    #[test]
    fn an_argument_file_is_read() {
        let dir = std::env::temp_dir().join(format!("photofinish-argfile-{}", std::process::id()));
        std::fs::write(&dir, "--crate-name\nlibc\n--target\nx\n").expect("a temporary file");
        let args = in_full(&[OsString::from(format!("@{}", dir.display()))]);
        std::fs::remove_file(&dir).expect("still there");
        assert_eq!(args, ["--crate-name", "libc", "--target", "x"]);
    }

    #[test]
    fn the_key_changes_with_what_is_plain_and_with_the_level() {
        let key = |plain: &str| Asked { plain: plain.to_owned(), ..Asked::default() }.key();
        assert_eq!(key(""), key(" "));
        assert_eq!(key("tokio,hyper"), key("hyper, tokio"));
        assert_ne!(key(""), key("tokio"));
        let keys = Preempt::ALL.map(|level| Asked { level, ..Asked::default() }.key());
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2], "{keys:?}");
    }
}
