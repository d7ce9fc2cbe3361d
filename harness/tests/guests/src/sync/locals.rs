//! Thread-locals with destructors.
//!
//! Invariant: destructors run in the thread that they belong to, last made first, as on Linux.

use std::cell::{Cell, RefCell};
use std::sync::{Mutex, mpsc};
use std::thread;

use photofinish::scenario::Failure;

/// Who was destroyed, in order.
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Noisy(&'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        let name = thread::current().name().unwrap_or("nobody").to_owned();
        let also = match self.0 {
            // Of a thread-local without a destructor, the value is there to the end.
            "reads" => format!(" {}", PLAIN.get()),
            // One that lives on, being made earlier, can be used.
            "uses" => format!(" {}", EARLY.with(|early| early.0)),
            // One that was never used is made now, and destroyed after this.
            "makes" => LATE.with(|late| format!(" {}", late.0)),
            // One that is destroyed says so.
            "early" => format!(" {}", USES.try_with(|_| ()).is_err()),
            _ => String::new(),
        };
        LOG.lock().expect("nobody panics").push(format!("{name}: {}{also}", self.0));
    }
}

thread_local! {
    static PLAIN: Cell<u32> = const { Cell::new(0) };
    static EARLY: Noisy = const { Noisy("early") };
    static READS: Noisy = const { Noisy("reads") };
    static USES: Noisy = const { Noisy("uses") };
    static MAKES: Noisy = const { Noisy("makes") };
    static LATE: Noisy = const { Noisy("late") };
    static SENDER: RefCell<Option<Farewell>> = const { RefCell::new(None) };
}

/// Sends a word when its thread is over.
struct Farewell(mpsc::Sender<&'static str>);

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.send("farewell").expect("somebody hears");
    }
}

/// The order of destructors, what they may use, and that a join comes after them.
pub(super) fn destructors() -> Result<(), Failure> {
    LOG.lock().expect("nobody panics").clear();
    let named = |name: &str, run: fn()| {
        thread::Builder::new().name(name.into()).spawn(run).expect("there is room for two")
    };
    named("first", || {
        PLAIN.set(5);
        EARLY.with(|_| ());
        READS.with(|_| ());
        USES.with(|_| ());
        MAKES.with(|_| ());
    })
    .join()
    .expect("it does not panic");
    let expected = ["makes late", "late", "uses early", "reads 5", "early true"];
    let expected: Vec<String> = expected.iter().map(|what| format!("first: {what}")).collect();
    assert_eq!(*LOG.lock().expect("nobody panics"), expected);

    // While another thread holds a lock that a destructor wants, the destructor waits like anybody.
    let held = LOG.lock().expect("nobody panics");
    let waiting = named("second", || READS.with(|_| ()));
    drop(held);
    waiting.join().expect("it does not panic");
    assert_eq!(LOG.lock().expect("nobody panics").last().map(String::as_str), Some("second: reads 0"));

    let (say, hear) = mpsc::channel();
    let leaving = thread::spawn(move || SENDER.set(Some(Farewell(say))));
    assert_eq!(hear.iter().collect::<Vec<_>>(), ["farewell"]);
    leaving.join().expect("it does not panic");
    Ok(())
}

/// The main thread's own thread-local begins as declared, and keeps what is put there.
pub(super) fn of_main() -> Result<(), Failure> {
    thread_local! {
        static OWN: RefCell<Vec<u32>> = RefCell::new(vec![1]);
    }
    OWN.with_borrow_mut(|own| own.push(2));
    thread::spawn(|| OWN.with_borrow_mut(|own| own.push(3))).join().expect("it does not panic");
    assert_eq!(OWN.take(), [1, 2]);
    Ok(())
}
