//! The canaries: an echo server and its client, and two threads that want each other's lock.
//!
//! They do not know that they may be simulated. Invariant: no interleaving changes how a canary ends.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::panic;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};

use photofinish::scenario::Failure;

/// The echo server answered with something else.
pub(super) const WRONG_ANSWER: &str = "wrong-answer";

const WORDS: [&[u8; 4]; 3] = [b"ping", b"pong", b"pang"];

/// A thread panics after a little talk, and so does the one that joins it.
pub(super) fn panic() -> Result<(), Failure> {
    let answers = talk(<[u8]>::to_vec);
    let judge = thread::spawn(move || {
        assert_eq!(answers.len(), WORDS.len() + 1, "the canary sings: it was told to miscount");
    });
    resume(judge);
    Ok(())
}

/// Two threads each wait for the lock that the other holds; this one waits for both.
pub(super) fn deadlock() -> Result<(), Failure> {
    let (left, right) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let (say_left, hear_left) = mpsc::channel();
    let (say_right, hear_right) = mpsc::channel();
    let first = take_both(left.clone(), right.clone(), say_left, hear_right);
    let second = take_both(right, left, say_right, hear_left);
    resume(first);
    resume(second);
    Ok(())
}

/// The server echoes backwards.
pub(super) fn wrong_answer() -> Result<(), Failure> {
    judge(&talk(|word| word.iter().rev().copied().collect()))
}

/// The server echoes, and the program is told that it should not.
pub(super) fn mark() -> Result<(), Failure> {
    let answers = talk(<[u8]>::to_vec);
    photofinish_marks::always!(
        answers.len() > WORDS.len(),
        "the canary sings",
        "it was told to miscount {} answers",
        answers.len()
    );
    photofinish_marks::sometimes!(answers.is_empty(), "nobody says a word");
    judge(&answers)
}

/// The server echoes.
pub(super) fn healthy() -> Result<(), Failure> {
    judge(&talk(<[u8]>::to_vec))
}

fn judge(answers: &[Vec<u8>]) -> Result<(), Failure> {
    if answers.iter().eq(WORDS) {
        println!("canary: every word came back");
        return Ok(());
    }
    println!("canary: something else came back");
    let heard: Vec<_> = answers.iter().map(|answer| String::from_utf8_lossy(answer)).collect();
    Err(Failure { signature: WRONG_ANSWER.to_owned(), detail: format!("the echo server said {heard:?}") })
}

/// Says every word to an echo server over TCP; a second thread reports the answers over a channel.
fn talk(echo: fn(&[u8]) -> Vec<u8>) -> Vec<Vec<u8>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on this host");
    let address = listener.local_addr().expect("a bound socket has an address");
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().expect("the client connects");
        serve(&stream, echo).expect("the client does not break off");
    });
    let (say, hear) = mpsc::channel();
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        for word in WORDS {
            stream.write_all(word).expect("the server reads");
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).expect("the server answers");
            say.send(answer.to_vec()).expect("somebody hears");
        }
    });
    let answers = hear.iter().collect();
    resume(client);
    resume(server);
    answers
}

fn serve(mut stream: &TcpStream, echo: fn(&[u8]) -> Vec<u8>) -> io::Result<()> {
    let mut word = [0; 4];
    for _ in WORDS {
        stream.read_exact(&mut word)?;
        stream.write_all(&echo(&word))?;
    }
    Ok(())
}

fn take_both(
    mine: Arc<Mutex<()>>,
    other: Arc<Mutex<()>>,
    say: mpsc::Sender<()>,
    hear: mpsc::Receiver<()>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let _mine = mine.lock().expect("nobody panics");
        say.send(()).expect("the other one hears");
        hear.recv().expect("the other one says so");
        let _other = other.lock().expect("nobody panics");
    })
}

/// Joins a thread and goes on with its panic, if it had one.
fn resume(thread: JoinHandle<()>) {
    if let Err(payload) = thread.join() {
        panic::resume_unwind(payload);
    }
}
