//! Programs that leave something behind when they return, and one that does not.
//!
//! Invariant: what each leaves does not depend on the schedule.

use std::io::{Read as _, Write as _};
use std::mem::ManuallyDrop;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use photofinish::oracles::{Leaks, Oracles, ask};
use photofinish::scenario::Failure;
use tracing::{Span, trace_span};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::processes::child as start;

const LOCALHOST: &str = "127.0.0.1:0";

pub(super) fn thread() -> Result<(), Failure> {
    let (sender, lines) = mpsc::channel::<String>();
    let (ready, is_ready) = mpsc::channel();
    let log = move || {
        ready.send(()).expect("main waits");
        lines.iter().for_each(|line| println!("{line}"));
    };
    drop(thread::Builder::new().name(String::from("logger-1")).spawn(log).expect("there is room"));
    is_ready.recv().expect("it says so");
    // Long enough for it to wait, whoever runs.
    thread::sleep(std::time::Duration::from_secs(10));
    let _: ManuallyDrop<_> = ManuallyDrop::new(sender);
    Ok(())
}

/// As a test asks for it that is nobody's variant.
pub(super) fn asking() -> Result<(), Failure> {
    ask(Oracles::NONE.no_leaks_of(Leaks::THREADS).of_run);
    thread()
}

pub(super) fn socket() -> Result<(), Failure> {
    let _: ManuallyDrop<_> = ManuallyDrop::new(TcpListener::bind(LOCALHOST).expect("a free port"));
    Ok(())
}

pub(super) fn pipe() -> Result<(), Failure> {
    let _: ManuallyDrop<_> = ManuallyDrop::new(std::io::pipe().expect("a pipe"));
    Ok(())
}

pub(super) fn child_running() -> Result<(), Failure> {
    drop(start(&["sleep"]).spawn().expect("it is registered"));
    Ok(())
}

#[expect(clippy::zombie_processes, reason = "that is what is to be found")]
pub(super) fn child_ended() -> Result<(), Failure> {
    let mut child =
        start(&["say", "bye"]).stdout(std::process::Stdio::piped()).spawn().expect("it is registered");
    let mut output = child.stdout.take().expect("it was asked for");
    output.read_to_end(&mut Vec::new()).expect("it ends");
    // Its descriptors are closed as it ends.
    thread::sleep(std::time::Duration::from_secs(1));
    Ok(())
}

fn spawned(name: &str) -> Span {
    trace_span!(
        target: "tokio::task", parent: None, "runtime.spawn", kind = %"task", task.name = %name, task.id = 7_u64,
        loc.file = "src/main.rs", loc.line = 3_u64, loc.col = 5_u64,
    )
}

fn subscribe() {
    let subscriber = tracing_subscriber::registry().with(photofinish_tracing::layer());
    tracing::subscriber::set_global_default(subscriber).expect("a process runs one program");
}

pub(super) fn task() -> Result<(), Failure> {
    subscribe();
    let _: ManuallyDrop<_> = ManuallyDrop::new(spawned("door"));
    Ok(())
}

pub(super) fn tidy() -> Result<(), Failure> {
    subscribe();
    drop(spawned("door"));
    let listener = TcpListener::bind(LOCALHOST).expect("a free port");
    let at = listener.local_addr().expect("it is bound");
    let client = thread::spawn(move || {
        TcpStream::connect(at).expect("somebody listens").write_all(b"hello").expect("somebody reads");
    });
    let mut heard = String::new();
    listener.accept().expect("a client").0.read_to_string(&mut heard).expect("it ends");
    client.join().expect("it does not panic");
    let status = start(&["echo"]).stdin(std::process::Stdio::null()).status().expect("it is registered");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    runtime.expect("it starts").block_on(async {
        tokio::spawn(tokio::time::sleep(std::time::Duration::from_millis(5))).await.expect("it is over");
    });
    let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
    writer.write_all(heard.as_bytes()).expect("there is room");
    drop(writer);
    let mut again = String::new();
    reader.read_to_string(&mut again).expect("it ends");
    if again == "hello" && status.success() {
        return Ok(());
    }
    Err(Failure { signature: String::from("misheard"), detail: format!("{again:?}, {status}") })
}
