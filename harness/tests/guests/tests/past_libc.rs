//! Programs over a rustix that makes its system calls by instructions of its own, which no symbol sees: under control all the same.
//!
//! Knows the guests by name only. Invariant: the executable is the one that cargo builds for its tests, without the `--cfg` of
//! instrumented builds that brings rustix back to the C library; that these programs do without the guard there is held by
//! `xtask/tests/bypass.rs`.

use std::path::Path;

use photofinish::client::{Client, Isolation, Request};
use photofinish::examine::{Examined, examine};
use photofinish::sim::event::Event;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::verdict::Verdict;

fn client() -> Client {
    let guests = Path::new(env!("CARGO_BIN_EXE_guests"));
    let client = Client::start(guests, Limits::default().threads_max, Isolation::Fork).expect("it serves");
    assert_eq!(client.notes(), &[] as &[String], "this machine can catch everything");
    client
}

/// A run with its events, and the default strategy mix.
fn request(client: &mut Client, program: &str, seed: u64) -> Request {
    let mut request = Request { events: true, ..Request::new(program, Seed(seed)) };
    request.strategy = client.resolve(&request).expect("it serves");
    request
}

fn escapes(examined: &Examined) -> Vec<&str> {
    let escaped = examined.run.events.iter().filter_map(|(_, event)| match event {
        Event::Escaped { what } => Some(&**what),
        _ => None,
    });
    escaped.collect()
}

/// Runs a program on some seeds, in two processes, and sees that each of these calls was caught, and answered.
fn check(program: &str, calls: &[&str]) {
    let mut clients = [(); 2].map(|()| client());
    for seed in 0..10 {
        let request = request(&mut clients[0], program, seed);
        let [one, other] = clients.each_mut().map(|client| examine(client, &request).expect("it serves"));
        let what = format!("{program}, seed {seed}");
        assert_eq!(one.judgement.verdict, Verdict::Pass, "{what}: {:?}", one.judgement);
        assert_eq!(one.run.figures, other.run.figures, "{what}: two processes");
        let caught = escapes(&one);
        for call in calls {
            assert!(caught.contains(call), "{what}: no {call} in {caught:?}");
        }
    }
}

const MADE: [&str; 6] =
    ["epoll_create1", "epoll_ctl", "epoll_pwait", "eventfd2", "timerfd_create", "timerfd_settime"];

#[test]
fn a_poller_is_under_control_though_it_does_not_ask_the_c_library() {
    check("polling/echo", &[&MADE[..], &["read"]].concat());
    check("polling/notify", &[&MADE[..], &["read", "write"]].concat());
    check("polling/modes", &MADE);
}

#[test]
fn a_runtime_is_under_control_though_it_does_not_ask_the_c_library() {
    check("smol/echo", &MADE);
    check("smol/others", &MADE);
}

#[test]
fn time_that_rustix_waits_for_is_virtual() {
    let mut client = client();
    let request = request(&mut client, "polling/time-out", 1);
    let Examined { run, judgement, .. } = examine(&mut client, &request).expect("it serves");
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:?}");
    assert!(run.figures.virtual_ns >= 1_000_000_000, "{}", run.figures.virtual_ns);
}
