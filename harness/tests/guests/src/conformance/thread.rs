//! `pthread_create(3)` and its kin, thread-locals and their destructors.
//!
//! Invariant: threads write nothing themselves; they send what the main thread writes down.

use core::ffi::c_void;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use photofinish_calls::Failed;
use photofinish_calls::thread;
use photofinish_calls::waiting::{Mutex, ReadWrite, Until};

use super::case::family;
use super::transcript::Transcript;

family! {
    "thread", "The life of a thread.";
    "join" = join, ["pthread_create", "pthread_join"], "What a thread returns, and who cannot be joined.";
    "detach" = detach, ["pthread_create", "pthread_detach"], "A thread nobody joins.";
    "name" = name, ["pthread_setname_np"], "Names long and short.";
    "stack" = stack, ["pthread_getattr_np"], "A thread knows where its stack is.";
    "keys" = keys, ["pthread_key_create"], "Destructors of thread-specific data.";
    "deleted" = deleted, ["pthread_key_delete"], "A key that is no more.";
    "locals" = locals, ["__cxa_thread_atexit_impl"], "The order of thread-locals' destructors.";
    "numbers" = numbers, ["pthread_create"], "The C library's locks tell threads apart.";
    "std" = of_std, ["pthread_create", "pthread_join", "pthread_detach"], "Scopes, panics and builders.";
}

extern "C" fn increment(word: *mut c_void) -> *mut c_void {
    word.wrapping_byte_add(1)
}

fn join(t: &mut Transcript) {
    t.call("the running thread", thread::join_self());
    for word in [0, 41, usize::MAX] {
        let started = thread::create(increment, word).expect("few threads");
        t.call(format_args!("increment {word}"), started.join());
    }
    let many: Vec<_> = (0..8).map(|n| thread::create(increment, n).expect("few threads")).collect();
    for one in many.into_iter().rev() {
        t.call("the last first", one.join());
    }
}

static DETACHED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn leave_word(word: *mut c_void) -> *mut c_void {
    DETACHED.store(word.addr(), Ordering::Release);
    word
}

fn detach(t: &mut Transcript) {
    let started = thread::create(leave_word, 5).expect("few threads");
    t.call("detach", started.detach());
    while DETACHED.load(Ordering::Acquire) == 0 {
        std::thread::yield_now();
    }
    t.value("it ran all the same", DETACHED.load(Ordering::Acquire));
}

static MAY_END: AtomicUsize = AtomicUsize::new(0);

extern "C" fn wait_for_leave(word: *mut c_void) -> *mut c_void {
    while MAY_END.load(Ordering::Acquire) == 0 {
        std::thread::yield_now();
    }
    word
}

fn name(t: &mut Transcript) {
    let started = thread::create(wait_for_leave, 1).expect("few threads");
    for name in [c"", c"short", c"fifteen letters", c"sixteen letters!", c"n\xc3\xb6rdlich"] {
        t.call(format_args!("{name:?}"), started.set_name(name));
    }
    MAY_END.store(1, Ordering::Release);
    t.call("join", started.join());
}

static DESTROYED: AtomicUsize = AtomicUsize::new(0);
static ROUNDS: AtomicUsize = AtomicUsize::new(0);
static AGAIN: AtomicUsize = AtomicUsize::new(0);

std::thread_local! {
    static KEY: Cell<Option<thread::Key>> = const { Cell::new(None) };
}

extern "C" fn destroy(word: *mut c_void) {
    DESTROYED.fetch_add(word.addr(), Ordering::AcqRel);
}

/// Sets its key anew, as often as it is asked to.
extern "C" fn set_again(word: *mut c_void) {
    ROUNDS.fetch_add(1, Ordering::AcqRel);
    if word.addr() < AGAIN.load(Ordering::Acquire)
        && let Some(key) = KEY.get()
    {
        key.set(word.addr() + 1).expect("a key");
    }
}

extern "C" fn with_key(_: *mut c_void) -> *mut c_void {
    let Ok(key) = thread::key(set_again) else { return core::ptr::null_mut() };
    KEY.set(Some(key));
    key.set(1).expect("a key");
    core::ptr::without_provenance_mut(key.get())
}

fn keys(t: &mut Transcript) {
    let key = thread::key(destroy).expect("few keys");
    t.value("fresh", key.get());
    t.call("set", key.set(100));
    let seen = std::thread::spawn(move || {
        let fresh = key.get();
        key.set(7).expect("a key");
        (fresh, key.get())
    });
    t.value("in another thread", seen.join().expect("it does not panic"));
    t.value("destroyed", DESTROYED.load(Ordering::Acquire));
    std::thread::spawn(move || key.set(0)).join().expect("it does not panic").expect("a key");
    t.value("nothing is not destroyed", DESTROYED.load(Ordering::Acquire));
    t.value("here", key.get());
    for again in [0, 2, 9] {
        ROUNDS.store(0, Ordering::Release);
        AGAIN.store(again, Ordering::Release);
        t.call("set", thread::create(with_key, 0).expect("few threads").join());
        t.value(format_args!("rounds when set {again} times again"), ROUNDS.load(Ordering::Acquire));
    }
}

fn stack(t: &mut Transcript) {
    t.call("main", thread::knows_its_stack());
    t.call("a thread", std::thread::spawn(thread::knows_its_stack).join().expect("it does not panic"));
}

static DELETED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn never(_: *mut c_void) {
    DELETED.fetch_add(1, Ordering::AcqRel);
}

fn deleted(t: &mut Transcript) {
    let key = thread::key(never).expect("few keys");
    let set = std::thread::spawn(move || {
        key.set(9).expect("a key");
        (key.delete(), key.set(8), key.get(), key.delete())
    });
    let (deleted, set, seen, again) = set.join().expect("it does not panic");
    t.call("delete", deleted);
    t.call("set", set);
    t.value("get", seen);
    t.call("delete again", again);
    t.value("destroyed", DELETED.load(Ordering::Acquire));
}

struct Tells(&'static str, RefCell<Option<Sender<String>>>);

impl Tells {
    const fn new(name: &'static str) -> Self {
        Self(name, RefCell::new(None))
    }
}

impl Drop for Tells {
    fn drop(&mut self) {
        let still = SECOND.try_with(|second| second.0).unwrap_or("gone");
        if let Some(sender) = self.1.take() {
            sender.send(format!("{} dropped, second is {still}", self.0)).expect("main listens");
        }
    }
}

std::thread_local! {
    static FIRST: Tells = const { Tells::new("first") };
    static SECOND: Tells = const { Tells::new("second") };
    static THIRD: Tells = const { Tells::new("third") };
    static NEVER: Tells = const { Tells::new("never") };
}

fn locals(t: &mut Transcript) {
    let (sender, told) = channel();
    let started = std::thread::spawn(move || {
        for local in [&FIRST, &SECOND, &THIRD] {
            local.with(|tells| tells.1.replace(Some(sender.clone())));
        }
    });
    started.join().expect("it does not panic");
    for line in told.try_iter() {
        t.line(line);
    }
    t.value("main's own", SECOND.with(|second| second.1.borrow().is_none()));
}

fn of_std(t: &mut Transcript) {
    let mut words = vec![3, 1, 2];
    std::thread::scope(|scope| {
        for word in &mut words {
            scope.spawn(move || *word *= 10);
        }
    });
    t.value("scoped", &words);
    let named = std::thread::Builder::new().name("a name that is far too long".into());
    let name = named.spawn(|| std::thread::current().name().map(str::to_owned)).expect("few threads");
    t.value("name", name.join().expect("it does not panic"));
    let small = std::thread::Builder::new().stack_size(64 << 10).spawn(|| 5).expect("few threads");
    t.value("small stack", small.join().expect("it does not panic"));
    let panicked = std::thread::spawn(|| std::panic::resume_unwind(Box::new("payload"))).join();
    t.value("payload", panicked.expect_err("it panics").downcast_ref::<&str>());
    let (sender, told) = channel();
    drop(std::thread::spawn(move || sender.send("from a detached thread")));
    t.value("told", told.recv());
    t.value("then", told.recv());
}

fn numbers(t: &mut Transcript) {
    let lock = ReadWrite::new();
    t.call("read", lock.read(Until::Ever));
    t.call("read again", lock.read(Until::Ever));
    t.call("unlock", lock.unlock());
    t.call("unlock", lock.unlock());
    t.call("write", lock.write(Until::Ever));
    t.call("write again", lock.write(Until::Ever));
    t.call("unlock", lock.unlock());
    let mutex = Mutex::new(libc::PTHREAD_MUTEX_RECURSIVE);
    t.call("lock", mutex.lock(Until::Ever));
    t.call("lock again", mutex.lock(Until::Ever));
    let other = |call: fn(&Mutex) -> Result<(), Failed>| {
        std::thread::spawn(move || call(&mutex)).join().expect("it does not panic")
    };
    t.call("another thread's try", other(Mutex::try_lock));
    t.call("another thread's unlock", other(Mutex::unlock));
    t.call("unlock", mutex.unlock());
    t.call("unlock again", mutex.unlock());
    t.call("another thread's try, then", other(Mutex::try_lock));
}
