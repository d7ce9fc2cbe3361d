//! Guests that end in every way there is.
//!
//! Invariant: how each ends does not depend on the schedule.

mod files;
mod foreign;
mod hunger;
mod sudden;

use photofinish::scenario::{Find, Scenario, Variant};

use crate::{doomed, sound};

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "endings",
    story: "Programs that return, leave, crash, hang, starve, or ask for what is not there.",
    programs: &[],
    variants: VARIANTS,
};

const fn find(signature: &'static str) -> Find {
    Find { signature, within_runs: 1 }
}

static VARIANTS: &[Variant] = &[
    doomed("exit-3", "process::exit(3).", &[find("exit 3")], sudden::exit_3),
    doomed("exit-3-thread", "process::exit(3) in another thread.", &[find("exit 3")], sudden::exit_3_thread),
    sound("exit-0", "process::exit(0) with a thread still running.", sudden::exit_0),
    doomed("abort", "process::abort().", &[find("signal SIGABRT in *")], sudden::abort),
    doomed("overflow", "A recursion without an end.", &[find("signal SIGSEGV in *")], sudden::overflow),
    doomed(
        "overflow-thread",
        "The same in another thread.",
        &[find("signal SIGSEGV in *")],
        sudden::overflow_thread,
    ),
    doomed("panic", "A panic in main.", &[find("panic in *")], sudden::panic),
    sound("panic-survived", "A panic in a thread that main joins and goes on.", sudden::panic_survived),
    doomed(
        "panic-in-drop",
        "A panic while a panic unwinds.",
        &[find("signal SIGABRT in *")],
        sudden::panic_in_drop,
    ),
    doomed("spin", "A loop without a scheduling point.", &[find("escaped")], hunger::spin),
    doomed("yields", "A loop of nothing but yields.", &[find("livelock")], hunger::yields),
    doomed(
        "park-alone",
        "Main parks, and there is nobody else.",
        &[find("deadlock in *")],
        hunger::park_alone,
    ),
    doomed(
        "mutexes-crossed",
        "Two threads have a mutex of C code each, and want the other's.",
        &[find("deadlock in *")],
        hunger::crossed,
    ),
    doomed(
        "semaphore-alone",
        "Main waits for a semaphore, and there is nobody else.",
        &[find("deadlock in *")],
        hunger::never_posted,
    ),
    doomed(
        "sleep-long",
        "A sleep beyond the time a run may take.",
        &[find("out-of-time")],
        hunger::sleep_long,
    ),
    doomed("threads", "Ever more threads, all alive.", &[find("out-of-threads")], hunger::threads),
    doomed(
        "memory",
        "More memory than there is, without asking.",
        &[find("signal SIGABRT in *")],
        hunger::memory,
    ),
    sound(
        "memory-asked",
        "More memory than there is, asked for, and a no taken for an answer.",
        hunger::memory_asked,
    ),
    doomed(
        "command",
        "A program that no scenario registered is started.",
        &[find("unmodelled: *")],
        foreign::command,
    ),
    doomed("netlink", "A socket that talks to the kernel.", &[find("unmodelled: *")], foreign::netlink),
    doomed("multicast", "A UDP socket joins a group.", &[find("unmodelled: *")], foreign::multicast),
    doomed(
        "big-stack",
        "A thread with a stack larger than any.",
        &[find("unmodelled: *")],
        foreign::big_stack,
    ),
    doomed(
        "machine",
        "What belongs to the machine is asked for, and to other programs.",
        &[find("unmodelled: *")],
        foreign::machine,
    ),
    doomed(
        "spelled",
        "Files of the machine are opened by other names than their own.",
        &[find("unmodelled: *")],
        foreign::spelled,
    ),
    sound("output", "A lot of output to both streams.", files::output),
    sound("files", "Real files are written, read and removed.", files::files),
    doomed(
        "files-crash",
        "A file is left behind by an abort.",
        &[find("signal SIGABRT in *")],
        files::crashed,
    ),
    doomed("files-hang", "A file is left behind by a loop without an end.", &[find("escaped")], files::hung),
];
