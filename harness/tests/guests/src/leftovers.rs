//! Guests that leave something behind in their process, and fail if they find what another run left.
//!
//! Invariant: each is right in a process of its own, and wrong behind itself in one whose memory, mappings or files nobody puts back.

use std::cell::RefCell;
use std::fs;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;

use photofinish::scenario::{Failure, Scenario};
use photofinish_calls::mapping::Page;

use super::sound;

/// The guests of this file.
pub static SCENARIO: Scenario = Scenario {
    name: "leftovers",
    story: "What a run leaves behind in its process, which no other may find.",
    programs: &[],
    variants: &[
        sound("statics", "Writes a quarter of a MiB of statics.", statics),
        sound("lock", "Leaves a lock taken, and a thread that waits for it.", lock),
        sound("heap", "Leaks small blocks and large ones, and tells where they lay.", heap),
        sound("mapping", "Leaks blocks so large that each is a mapping, while threads come and go.", mapping),
        sound("frozen", "Leaves a page of a static that nobody can write.", frozen),
        sound("exchanged", "Leaves another page in the place of one of a static.", exchanged),
        sound("threads", "Leaves forty threads that wait for ever.", threads),
        sound("locals", "Leaves thread-locals that nobody destroys, in main and in a thread.", locals),
        sound("folder", "Changes its working directory.", folder),
        sound("files", "Leaves files, one of them open.", files),
        sound("panicked", "Leaves a thread that has panicked with a lock in its hand.", panicked),
        sound("stack", "Goes deep on the stack of a thread, with marks at every step.", stack),
    ],
};

/// Fails if something is not as a process begins with it.
fn fresh(is_fresh: bool, what: &str) -> Result<(), Failure> {
    if is_fresh {
        return Ok(());
    }
    Err(Failure { signature: "not-fresh".into(), detail: format!("another run's {what}") })
}

fn statics() -> Result<(), Failure> {
    const ROOM: usize = 1 << 18;
    static BYTES: [AtomicU8; ROOM] = [const { AtomicU8::new(0) }; ROOM];
    static WORDS: [AtomicUsize; 4] = [const { AtomicUsize::new(7) }; 4];
    let bytes = || BYTES.iter().step_by(509);
    fresh(bytes().all(|byte| byte.load(Ordering::Relaxed) == 0), "bytes")?;
    fresh(WORDS.iter().all(|word| word.load(Ordering::Relaxed) == 7), "words")?;
    bytes().for_each(|byte| byte.store(0xa5, Ordering::Relaxed));
    WORDS.iter().for_each(|word| word.store(8, Ordering::Relaxed));
    Ok(())
}

fn lock() -> Result<(), Failure> {
    static LOCK: Mutex<u32> = Mutex::new(0);
    fresh(LOCK.try_lock().is_ok_and(|found| *found == 0), "lock")?;
    let mut held = ManuallyDrop::new(LOCK.lock().expect("nobody panics with it"));
    **held += 1;
    thread::spawn(|| drop(LOCK.lock()));
    thread::yield_now();
    Ok(())
}

fn heap() -> Result<(), Failure> {
    let small: Vec<Box<[u8]>> = (1..200).map(|size| vec![1_u8; size * 3].into_boxed_slice()).collect();
    let large = vec![2_u8; 100 << 10].leak();
    println!("{:p} {:p} {:p}", small[0], small[198], large);
    let every_other = small.into_iter().enumerate().filter(|(nth, _)| nth % 2 == 0);
    let _left = ManuallyDrop::new(every_other.collect::<Vec<_>>());
    println!("{:p}", vec![3_u8; 300].leak());
    Ok(())
}

fn mapping() -> Result<(), Failure> {
    let first = vec![1_u8; 1 << 20].leak();
    let during = thread::spawn(|| vec![2_u8; 4 << 20]).join().expect("it makes a block");
    let behind = vec![3_u8; 2 << 20].leak();
    println!("{first:p} {behind:p} {:p}", during.as_ptr());
    Ok(())
}

fn frozen() -> Result<(), Failure> {
    static LEFT: Page = Page::new();
    let before = LEFT.0[7].fetch_add(1, Ordering::Relaxed);
    LEFT.freeze().expect("it is there");
    fresh(before == 0, "byte")
}

fn exchanged() -> Result<(), Failure> {
    static LEFT: Page = Page::new();
    let is_zero = LEFT.0.iter().all(|byte| byte.load(Ordering::Relaxed) == 0);
    LEFT.exchange().expect("it is there");
    LEFT.0.iter().for_each(|byte| byte.store(0xa5, Ordering::Relaxed));
    fresh(is_zero, "page")
}

fn threads() -> Result<(), Failure> {
    static STARTED: Mutex<u32> = Mutex::new(0);
    static ALL: Condvar = Condvar::new();
    fresh(*STARTED.lock().expect("nobody panics with it") == 0, "count")?;
    for _ in 0..40 {
        thread::spawn(|| {
            *STARTED.lock().expect("nobody panics with it") += 1;
            ALL.notify_all();
            loop {
                thread::park();
            }
        });
    }
    let started = STARTED.lock().expect("nobody panics with it");
    drop(ALL.wait_while(started, |started| *started < 40).expect("nobody panics with it"));
    Ok(())
}

struct Loud(u32);

impl Drop for Loud {
    fn drop(&mut self) {
        println!("dropped {}", self.0);
    }
}

fn locals() -> Result<(), Failure> {
    thread_local! {
        static LOCAL: RefCell<Vec<Loud>> = const { RefCell::new(Vec::new()) };
    }
    let leave = || {
        LOCAL.with_borrow_mut(|local| {
            let before = local.len();
            local.push(Loud(1));
            before
        })
    };
    fresh(leave() == 0, "local of main")?;
    let (told, hear) = std::sync::mpsc::channel();
    thread::spawn(move || {
        told.send(leave()).expect("main hears it");
        loop {
            thread::park();
        }
    });
    fresh(hear.recv() == Ok(0), "local of a thread")
}

fn folder() -> Result<(), Failure> {
    let folder = std::env::temp_dir();
    let here = std::env::current_dir().expect("there is one");
    fresh(!here.ends_with("left"), "working directory")?;
    fs::create_dir(folder.join("left")).expect("the folder is this run's own");
    std::env::set_current_dir(folder.join("left")).expect("it is there");
    println!("{}", std::env::current_dir().expect("there is one").display());
    Ok(())
}

fn files() -> Result<(), Failure> {
    let folder = std::env::temp_dir();
    let found = fs::read_dir(&folder).expect("it can be read").count();
    fresh(found == 0, "files")?;
    for name in ["one", "two"] {
        fs::write(folder.join(name), name).expect("the folder is this run's own");
    }
    let _open = ManuallyDrop::new(fs::File::open(folder.join("one")).expect("it is there"));
    Ok(())
}

fn panicked() -> Result<(), Failure> {
    static LOCK: Mutex<()> = Mutex::new(());
    fresh(!LOCK.is_poisoned(), "poison")?;
    let panicked = thread::spawn(|| {
        let _held = LOCK.lock();
        panic!("as it should");
    });
    assert!(panicked.join().is_err(), "it panics");
    Ok(())
}

fn stack() -> Result<(), Failure> {
    fn deep(left: u32) -> u32 {
        let mark = std::hint::black_box([left; 64]);
        if left == 0 { mark[0] } else { deep(left - 1) + mark[63] }
    }
    let sum = thread::spawn(|| deep(2_000)).join().expect("it comes back");
    fresh(sum == 2_001_000, "stack")
}
