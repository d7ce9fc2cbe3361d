//! `getpid(2)`, `gettid(2)`, `setuid(2)`, `sched_setaffinity(2)`, `sysconf(3)`, `kill(2)` of nobody, `sigaltstack(2)`.
//!
//! How many processors there are is the machine's or the run's affair. Invariant: no line holds an id.

use photofinish_calls::{affinity, identity, process, user};

use super::case::family;
use super::transcript::Transcript;

family! {
    "identity", "Who a program is and what it runs on.";
    "ids" = ids, ["getpid", "getppid", "gettid", "syscall"], "Ids of the process and its threads.";
    "processors" = processors, ["sched_getaffinity", "sysconf", "sched_getcpu"], "The processors a program may use.";
    "affinity" = bound, [
        "sched_setaffinity", "sched_getaffinity", "pthread_setaffinity_np", "pthread_getaffinity_np", "sched_getcpu",
    ], "Threads that are bound to processors.";
    "yield" = yields, ["sched_yield", "syscall"], "Giving up a turn.";
    "users" = users, [
        "setuid", "seteuid", "setreuid", "setresuid", "setfsuid", "setgid", "setegid", "setregid", "setresgid", "setfsgid",
    ], "Becoming who one is.";
    "stack" = stack, ["sigaltstack"], "Std gives every thread an alternate signal stack.";
}

fn ids(t: &mut Transcript) {
    let (pid, tid) = (identity::getpid(), identity::gettid());
    t.value("the main thread's id is the process'", pid == tid);
    t.value("syscall agrees", identity::syscall(libc::SYS_getpid) == i64::from(pid));
    t.value("syscall agrees", identity::syscall(libc::SYS_gettid) == i64::from(tid));
    let parent = identity::getppid();
    t.value("a parent", parent > 0 && parent != pid && parent == identity::getppid());
    t.value("std agrees", i64::from(std::process::id()) == i64::from(pid));
    let other =
        || std::thread::spawn(|| (identity::getpid(), identity::gettid())).join().expect("it does not panic");
    let (its_pid, its_tid) = other();
    t.value("a thread has the process' id", its_pid == pid);
    t.value("and one of its own", its_tid != tid && its_tid > 0);
    let both = std::thread::scope(|scope| {
        let one = scope.spawn(identity::gettid);
        (one.join().expect("it does not panic"), identity::gettid())
    });
    t.value("as has another", both.0 != tid && both.1 == tid);
}

fn processors(t: &mut Transcript) {
    let set = affinity::sched_getaffinity(0, 128).expect("a large set");
    let allowed: u32 = set.iter().map(|byte| byte.count_ones()).sum();
    let parallelism = std::thread::available_parallelism().map(std::num::NonZero::get);
    t.value("std sees the allowed ones, or fewer", parallelism.is_ok_and(|n| n <= allowed as usize));
    t.call("a set without room", affinity::sched_getaffinity(0, 0).map(|_| ()));
    t.call("a set of 1 byte", affinity::sched_getaffinity(0, 1).map(|_| ()));
    t.call("a set of 12 bytes", affinity::sched_getaffinity(0, 12).map(|_| ()));
    t.value("online", identity::sysconf(libc::_SC_NPROCESSORS_ONLN) >= 1);
    t.value("configured", identity::sysconf(libc::_SC_NPROCESSORS_CONF) >= 1);
    t.value("page size", identity::sysconf(libc::_SC_PAGESIZE));
    t.value("nonsense", identity::sysconf(-1));
    let here = affinity::sched_getcpu().map(|cpu| cpu >= 0);
    t.call("sched_getcpu", here);
}

/// Nobody says which processors there are.
fn bound(t: &mut Transcript) {
    const NOBODY: i32 = i32::MAX;
    let all = affinity::sched_getaffinity(0, 128).expect("a large set");
    let first = all.iter().position(|byte| *byte != 0).expect("a processor to run on");
    let lowest = all[first].trailing_zeros();
    let mut one = vec![0; 128];
    one[first] = 1 << lowest;
    let mut absent = vec![0; 128];
    absent[127] = 1 << 7;
    let is_bound = || affinity::sched_getaffinity(0, 128).map(|set| set == one);
    let in_thread = |run: &(dyn Fn() -> Result<bool, photofinish_calls::Failed> + Sync)| {
        std::thread::scope(|scope| scope.spawn(run).join().expect("it does not panic"))
    };

    t.call("bound to the first", affinity::sched_setaffinity(0, &one));
    t.call("is bound", is_bound());
    let here = affinity::sched_getcpu().map(|cpu| cpu as usize == 8 * first + lowest as usize);
    t.call("and runs there", here);
    t.value("std sees one", std::thread::available_parallelism().is_ok_and(|n| n.get() == 1));
    t.call("a thread that it makes is bound", in_thread(&is_bound));
    t.call(
        "and frees itself alone",
        in_thread(&|| {
            affinity::pthread_setaffinity_np(&all)?;
            affinity::pthread_getaffinity_np(128).map(|set| set == all)
        }),
    );
    t.call("is bound", is_bound());
    t.call("freed by its id", affinity::sched_setaffinity(identity::gettid(), &all));
    let its_own = affinity::sched_getaffinity(identity::gettid(), 128);
    t.call("has all", its_own.map(|set| set == all));

    let with_absent: Vec<u8> = one.iter().zip(&absent).map(|(one, other)| one | other).collect();
    t.call("bound to the first and one that is not there", affinity::sched_setaffinity(0, &with_absent));
    t.call("is bound", is_bound());
    t.call("bound to one that is not there", affinity::sched_setaffinity(0, &absent));
    t.call("the same", affinity::pthread_setaffinity_np(&absent));
    t.call("bound to none", affinity::sched_setaffinity(0, &[0; 128]));
    t.call("a set of no bytes", affinity::sched_setaffinity(0, &[]));
    t.call("a set that is nowhere", affinity::sched_setaffinity_to_nowhere(8));
    t.call("nobody is bound", affinity::sched_setaffinity(NOBODY, &one));
    t.call("nobody is asked", affinity::sched_getaffinity(NOBODY, 128).map(|_| ()));
    t.call("room for too few", affinity::pthread_getaffinity_np(4).map(|_| ()));
    t.call("freed", affinity::sched_setaffinity(0, &all));
}

/// Nobody asks to become somebody else: root may, and others may not.
fn users(t: &mut Transcript) {
    const NONE: u32 = u32::MAX;
    let (uid, gid) = user::me();
    t.call("setuid", user::setuid(uid));
    t.call("setuid to none", user::setuid(NONE));
    t.call("seteuid", user::seteuid(uid));
    t.call("seteuid to none", user::seteuid(NONE));
    t.call("setreuid", user::setreuid(uid, uid));
    t.call("setreuid to none", user::setreuid(NONE, NONE));
    t.call("setresuid", user::setresuid(uid, NONE, uid));
    t.value("setfsuid says who it was", user::setfsuid(uid) == uid);
    t.value("and none stays that", user::setfsuid(NONE) == uid);
    t.call("setgid", user::setgid(gid));
    t.call("setgid to none", user::setgid(NONE));
    t.call("setegid", user::setegid(gid));
    t.call("setegid to none", user::setegid(NONE));
    t.call("setregid", user::setregid(NONE, gid));
    t.call("setregid to none", user::setregid(NONE, NONE));
    t.call("setresgid", user::setresgid(gid, gid, NONE));
    t.value("setfsgid says who it was", user::setfsgid(gid) == gid);
    t.value("and none stays that", user::setfsgid(NONE) == gid);
    t.value("nobody became anybody else", user::me() == (uid, gid));
}

fn yields(t: &mut Transcript) {
    t.call("sched_yield", identity::sched_yield());
    t.value("through syscall", identity::syscall(libc::SYS_sched_yield));
    std::thread::yield_now();
}

fn stack(t: &mut Transcript) {
    t.call("main has one", process::has_alternate_stack());
    let other = std::thread::spawn(process::has_alternate_stack).join().expect("it does not panic");
    t.call("a thread has one", other);
}
