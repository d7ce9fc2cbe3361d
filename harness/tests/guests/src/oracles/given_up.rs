//! Programs that are never done: they wait for themselves, or their runs are given up.
//!
//! Invariant: none of them ends by itself, but for `ball_paced`.

use std::io::Read as _;
use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use photofinish::scenario::Failure;

use super::stuck::{left_and_right, start, waits_for_a_word};
use crate::processes::child;

fn beat() {
    loop {
        thread::sleep(Duration::from_secs(3_600));
    }
}

pub(super) fn circle() -> Result<(), Failure> {
    drop(start("heart", beat));
    left_and_right().into_iter().for_each(|thread| thread.join().expect("it does not panic"));
    Ok(())
}

pub(super) fn lost_wakeup() -> Result<(), Failure> {
    drop(start("heart", beat));
    waits_for_a_word().join().expect("it does not panic");
    Ok(())
}

/// Reads from a pipe that nobody else has the other end of.
pub(super) fn own_pipe() -> Result<(), Failure> {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    reader.read_to_end(&mut Vec::new()).expect("it never ends");
    drop(writer);
    Ok(())
}

/// Waits for a child that reads until we close what it reads from.
pub(super) fn waiting_child() -> Result<(), Failure> {
    let mut child = child(&["echo"]).stdin(Stdio::piped()).spawn().expect("it is registered");
    let input = child.stdin.take();
    child.wait().expect("it never ends");
    drop(input);
    Ok(())
}

pub(super) fn heartbeat() -> Result<(), Failure> {
    beat();
    Ok(())
}

/// Two threads throw a ball to each other so many times; each says after each throw whether it goes on at once.
fn play(rounds: u64, breathe: fn()) {
    let ball = Arc::new((Mutex::new(0_u64), Condvar::new()));
    let player = |side: u64| {
        let ball = Arc::clone(&ball);
        move || {
            let (at, caught) = &*ball;
            let mut at_now = at.lock().expect("nobody panics");
            while *at_now < rounds {
                if *at_now % 2 == side {
                    *at_now += 1;
                    caught.notify_one();
                    drop(at_now);
                    breathe();
                    at_now = at.lock().expect("nobody panics");
                } else {
                    at_now = caught.wait(at_now).expect("nobody panics");
                }
            }
            caught.notify_one();
        }
    };
    let players = [start("one", player(0)), start("other", player(1))];
    players.into_iter().for_each(|player| player.join().expect("it does not panic"));
}

pub(super) fn ball() -> Result<(), Failure> {
    play(u64::MAX, || ());
    Ok(())
}

pub(super) fn ball_paced() -> Result<(), Failure> {
    play(2_000, || thread::sleep(Duration::from_micros(10)));
    Ok(())
}
