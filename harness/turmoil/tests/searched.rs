//! What strikes when somebody searches: each kind of fault does what it is called, and ends.
//!
//! Here the search is a script: the numbers that are chosen, one after another. Invariant: each test has a script of its own, on its thread.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use photofinish_marks::{Hooks, install};
use photofinish_turmoil::{Failed, Fault, Faults, Simulation};
use turmoil::IpVersion;
use turmoil::net::UdpSocket;

thread_local! {
    static SCRIPT: RefCell<VecDeque<u64>> = const { RefCell::new(VecDeque::new()) };
    static TOLD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

const HOOKS: Hooks = Hooks {
    buggify: |_, _| false,
    choose: |choice| {
        if choice.bound == 1 {
            return choice.from;
        }
        let pick = SCRIPT.with_borrow_mut(VecDeque::pop_front).unwrap_or_default();
        assert!(pick < choice.bound, "{pick} of {}", choice.bound);
        let words = choice.words.expect("all that is asked here has words");
        TOLD.with_borrow_mut(|told| told.push(words(pick.into())));
        choice.from + i128::from(pick)
    },
    passed: |_, _, _| {},
};

/// Begins a search that chooses these numbers.
fn script(numbers: &[u64]) {
    // Whoever is first installs them for all.
    let _ = install(HOOKS);
    SCRIPT.set(numbers.iter().copied().collect());
    TOLD.set(Vec::new());
}

fn told() -> Vec<String> {
    TOLD.take()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// At 20 or at 40 ms, for 40 ms.
fn fault() -> Fault {
    Fault::within(ms(20)..=ms(40)).every(ms(20)).lasting(ms(40)..=ms(40))
}

/// What came of beats that a client sends to a server, one in each 10 ms.
#[derive(Debug, Default)]
struct Heard {
    /// When each that arrived was sent, in ms, in the order of their arrival.
    beats: Vec<u64>,
    /// The longest time that one took, in ms.
    longest: u64,
    /// How often the server's program was started.
    starts: u32,
}

fn heard(faults: Faults, numbers: &[u64]) -> Heard {
    script(numbers);
    let heard = Rc::<RefCell<Heard>>::default();
    let shared = Rc::clone(&heard);
    let faults = faults.latency(ms(2)..=ms(2));
    let simulation = Simulation::new().faults(faults).run(move |builder| {
        let mut sim = builder.simulation_duration(ms(500)).build();
        sim.host("server", move || {
            let heard = Rc::clone(&shared);
            heard.borrow_mut().starts += 1;
            async move {
                let socket = UdpSocket::bind("0.0.0.0:9000").await?;
                let mut beat = [0; 8];
                loop {
                    socket.recv_from(&mut beat).await?;
                    let sent = u64::from_be_bytes(beat);
                    let now = u64::try_from(turmoil::sim_elapsed().expect("on a host").as_millis())?;
                    let mut heard = heard.borrow_mut();
                    heard.longest = heard.longest.max(now - sent);
                    heard.beats.push(sent / 10 * 10);
                }
            }
        });
        sim.client("client", async {
            let socket = UdpSocket::bind("0.0.0.0:9000").await?;
            for _ in 0..12 {
                let now = u64::try_from(turmoil::sim_elapsed().expect("on a host").as_millis())?;
                socket.send_to(&now.to_be_bytes(), "server:9000").await?;
                tokio::time::sleep(ms(10)).await;
            }
            Ok(())
        });
        sim
    });
    simulation.expect("nobody fails");
    heard.take()
}

/// The beats that were lost.
fn lost(heard: &Heard) -> Vec<u64> {
    (0..12).map(|beat| beat * 10).filter(|beat| !heard.beats.contains(beat)).collect()
}

#[test]
fn without_a_choice_nothing_strikes() {
    let calm = heard(Faults::none().partitions(fault()).crashes(["server"], fault()), &[]);
    assert_eq!((lost(&calm), calm.starts, told()), (vec![], 1, vec![String::new(); 2]));
    assert!(calm.longest <= 4, "{calm:?}");
}

#[test]
fn a_partition_loses_what_is_sent_while_it_lasts() {
    let cut = heard(Faults::none().partitions(fault()), &[1]);
    assert_eq!(lost(&cut), [20, 30, 40, 50]);
    assert_eq!(told()[0], "partition of server and client at 20 ms, repaired at 60 ms");
    assert_eq!(lost(&heard(Faults::none().partitions(fault()), &[0, 2])), [40, 50, 60, 70]);
}

#[test]
fn two_cuts_of_one_link_are_over_when_both_are() {
    let expected = [20, 30, 40, 50, 60, 70];
    for numbers in [[1, 2], [2, 1]] {
        assert_eq!(lost(&heard(Faults::none().partitions(fault()), &numbers)), expected);
    }
}

#[test]
fn a_partition_of_one_direction_leaves_the_other() {
    let faults = || Faults::none().partitions_oneway(fault());
    assert_eq!(lost(&heard(faults(), &[1])), Vec::<u64>::new());
    assert_eq!(told()[0], "partition from server to client at 20 ms, repaired at 60 ms");
    assert_eq!(lost(&heard(faults(), &[3])), [20, 30, 40, 50]);
    assert_eq!(told()[0], "partition from client to server at 20 ms, repaired at 60 ms");
}

#[test]
fn what_is_held_arrives_in_the_end() {
    let held = heard(Faults::none().holds(fault()), &[1]);
    assert_eq!(lost(&held), Vec::<u64>::new());
    assert!((38..=44).contains(&held.longest), "{held:?}");
}

#[test]
fn a_cut_within_a_hold_leaves_the_hold() {
    let faults = Faults::none()
        .holds(Fault::within(ms(20)..=ms(20)).lasting(ms(60)..=ms(60)))
        .partitions(Fault::within(ms(40)..=ms(40)).lasting(ms(20)..=ms(20)));
    let both = heard(faults, &[1, 2]);
    assert_eq!(lost(&both), [20, 30, 40, 50], "what was held is lost with what the cut loses");
    assert!((18..=24).contains(&both.longest), "sent at 60, and released at 80: {both:?}");
}

#[test]
fn a_hold_that_begins_within_a_cut_leaves_the_cut() {
    let check = |faults: Faults, numbers| {
        let holds = Fault::within(ms(40)..=ms(40)).lasting(ms(60)..=ms(60));
        let both = heard(faults.holds(holds), numbers);
        assert_eq!(lost(&both), [20, 30, 40, 50]);
        assert!((38..=44).contains(&both.longest), "sent at 60, and released at 100: {both:?}");
    };
    let cut = || Fault::within(ms(20)..=ms(20)).lasting(ms(40)..=ms(40));
    check(Faults::none().partitions(cut()), &[1, 2]);
    // The second of the directions is from the client to the server.
    check(Faults::none().partitions_oneway(cut()), &[2, 3]);
}

#[test]
fn the_end_of_a_cut_leaves_another_that_began_before_a_hold() {
    // Cut one way from 20 to 100, held from 40 to 110, cut both ways from 60 to 80.
    let lasting = |at, length| Fault::within(ms(at)..=ms(at)).lasting(ms(length)..=ms(length));
    let faults = Faults::none()
        .partitions_oneway(lasting(20, 80))
        .holds(lasting(40, 70))
        .partitions(lasting(60, 20))
        .up_to(3);
    let all = heard(faults, &[2, 3, 4]);
    assert_eq!(lost(&all), [20, 30, 40, 50, 60, 70, 80, 90]);
    assert!((8..=14).contains(&all.longest), "sent at 100, and released at 110: {all:?}");
}

/// When a beat that is sent at 30 ms, after which the client is done, arrives in the simulation that is run further.
fn heard_further(faults: Faults, numbers: &[u64]) -> (Option<Duration>, u32) {
    script(numbers);
    let heard = Rc::<Cell<(Option<Duration>, u32)>>::default();
    let shared = Rc::clone(&heard);
    let ran = Simulation::new().faults(faults.latency(ms(2)..=ms(2))).run(move |builder| {
        let mut sim = builder.build();
        sim.host("server", move || {
            let heard = Rc::clone(&shared);
            heard.set((None, heard.get().1 + 1));
            async move {
                UdpSocket::bind("0.0.0.0:9000").await?.recv_from(&mut [0]).await?;
                heard.set((turmoil::sim_elapsed(), heard.get().1));
                std::future::pending().await
            }
        });
        sim.client("client", async {
            tokio::time::sleep(ms(30)).await;
            UdpSocket::bind("0.0.0.0:9000").await?.send_to(&[1], "server:9000").await.map(drop)?;
            Ok(())
        });
        sim
    });
    let mut sim = ran.expect("the client is done");
    for _ in 0..10 {
        sim.step().expect("nobody fails");
    }
    heard.get()
}

#[test]
fn a_simulation_that_is_run_further_is_struck_no_more() {
    let (arrived, _) = heard_further(Faults::none().holds(fault()), &[1]);
    let arrived = arrived.expect("what was held is released");
    assert!((ms(30)..=ms(34)).contains(&arrived), "{arrived:?}");
    let (_, starts) = heard_further(Faults::none().crashes(["server"], fault()), &[1, 1]);
    assert_eq!(starts, 2, "what was down is started again, once");
    let (_, starts) = heard_further(Faults::none().crashes(["server"], fault()), &[2, 2]);
    assert_eq!(starts, 1, "what has not begun never does");
}

#[test]
fn a_link_that_was_slow_is_as_fast_as_before() {
    let slow = heard(Faults::none().slows(ms(15), fault()), &[1]);
    assert_eq!(lost(&slow), Vec::<u64>::new());
    assert!((15..=18).contains(&slow.longest), "{slow:?}");
    assert_eq!(slow.beats.last(), Some(&110));
}

#[test]
fn a_host_that_crashes_is_down_and_starts_again() {
    let crashed = heard(Faults::none().crashes(["server"], fault()), &[1, 2]);
    assert_eq!(crashed.starts, 2, "two crashes that overlap are over together");
    assert_eq!(lost(&crashed), [20, 30, 40, 50, 60, 70]);
    assert_eq!(told()[0], "crash of server at 20 ms, started again at 60 ms");
    let bounced = heard(Faults::none().bounces(["server"], fault()), &[1, 2]);
    assert_eq!(bounced.starts, 3, "each restart is one");
    let faults = Faults::none().crashes(["server"], fault()).bounces(["server"], fault());
    assert_eq!(heard(faults, &[1, 4]).starts, 2, "what is down is not restarted");
}

#[test]
fn the_latency_of_a_link_is_chosen() {
    let slowest = |number| {
        script(&[number]);
        let took = Rc::new(Cell::new(Duration::ZERO));
        let clock = Rc::clone(&took);
        let simulation = Simulation::new().faults(Faults::none().latency(ms(4)..=ms(30)));
        let ran = simulation.run(move |builder| {
            let mut sim = builder.build();
            sim.client("one", async {
                UdpSocket::bind("0.0.0.0:1").await?.recv_from(&mut [0]).await?;
                Ok(())
            });
            sim.client("two", async move {
                UdpSocket::bind("0.0.0.0:1").await?.send_to(&[1], "one:1").await?;
                Ok(())
            });
            sim
        });
        clock.set(ran.expect("it arrives").elapsed());
        took.get()
    };
    for (number, latency) in [(0, 4), (1, 8), (2, 16), (3, 30)] {
        let took = slowest(number);
        assert!((latency..=latency + 3).contains(&u64::try_from(took.as_millis()).unwrap()), "{took:?}");
        assert_eq!(told(), [format!("{latency} ms between one and two")]);
    }
}

/// Which of a client's beats arrive where turmoil loses some by itself.
fn arrived(simulation: Simulation, numbers: &[u64]) -> Vec<u8> {
    script(numbers);
    let heard = Rc::<RefCell<Vec<u8>>>::default();
    let shared = Rc::clone(&heard);
    let ran = simulation.run(move |builder| {
        let mut sim = builder.simulation_duration(ms(2000)).fail_rate(0.5).repair_rate(0.5).build();
        sim.host("server", move || {
            let heard = Rc::clone(&shared);
            async move {
                let socket = UdpSocket::bind("0.0.0.0:9000").await?;
                let mut beat = [0];
                loop {
                    socket.recv_from(&mut beat).await?;
                    heard.borrow_mut().extend(beat);
                }
            }
        });
        sim.client("client", async {
            let socket = UdpSocket::bind("0.0.0.0:9000").await?;
            for beat in 0..64 {
                socket.send_to(&[beat], "server:9000").await?;
                tokio::time::sleep(ms(4)).await;
            }
            Ok(())
        });
        sim
    });
    drop(ran.expect("nobody fails"));
    heard.take()
}

#[test]
fn what_turmoil_draws_by_itself_differs_where_its_seed_is_chosen() {
    let usual = arrived(Simulation::new(), &[]);
    assert!((1..64).contains(&usual.len()), "some are lost: {usual:?}");
    assert_eq!(told(), Vec::<String>::new(), "nothing was chosen");
    assert_eq!(arrived(Simulation::new().seeds(8), &[0]), usual);
    assert_eq!(told(), [""], "the usual one is not told");
    let another = arrived(Simulation::new().seeds(8), &[7]);
    assert_eq!(told(), ["turmoil's own seed is 7"]);
    assert_ne!(another, usual);
    assert_eq!(arrived(Simulation::new().seeds(8), &[7]), another);
}

/// What is said of a simulation of one client and an idle host.
fn failed(faults: Faults, client: impl Future<Output = turmoil::Result> + 'static) -> Failed {
    script(&[]);
    let simulation = Simulation::new().faults(faults).run(|builder| {
        let mut sim = builder.simulation_duration(ms(30)).build();
        sim.host("server", std::future::pending);
        sim.client("client", client);
        sim
    });
    simulation.err().expect("it fails")
}

#[test]
fn who_failed_is_said_and_with_what() {
    let error = failed(Faults::none(), async { Err("the till is empty")? });
    assert!(matches!(&error, Failed::Software { host, .. } if host == "client"));
    assert_eq!(format!("{error:?}"), "client failed: the till is empty");
}

#[test]
fn a_simulation_without_an_end_says_who_still_runs() {
    let error = failed(Faults::none(), std::future::pending());
    let said = error.to_string();
    assert!(matches!(error, Failed::Endless { .. }), "{said}");
    assert!(
        said.starts_with("the simulation did not end in the 31ms that it has; still running: server, client")
    );
    assert!(said.contains("next: turmoil's `Builder::simulation_duration`"), "{said}");
}

#[test]
fn faults_of_a_host_that_there_is_not_are_refused() {
    let error = failed(Faults::none().crashes(["sever"], fault()), std::future::pending());
    let said = error.to_string();
    assert!(matches!(error, Failed::Faults(_)), "{said}");
    assert!(said.contains("no host sever") && said.contains("server, client"), "{said}");
}

/// What is said of a simulation of one host, on a network of this kind.
fn refused_alone(faults: Faults, network: IpVersion) -> Option<String> {
    script(&[]);
    let simulation = Simulation::new().faults(faults).run(|builder| {
        let mut sim = builder.ip_version(network).build();
        sim.host("server", std::future::pending);
        sim
    });
    simulation.err().map(|error| error.to_string())
}

#[test]
fn a_host_that_is_alone_is_known_by_its_name() {
    for network in [IpVersion::V4, IpVersion::V6] {
        let crash = |host: &str| refused_alone(Faults::none().crashes([host], fault()), network.clone());
        assert_eq!(crash("server"), None);
        let next = "next: name one that the simulation has: server";
        assert_eq!(crash("sever"), Some(format!("there is no host sever to strike\n{next}")));
    }
    let said = refused_alone(Faults::none().partitions(fault()), IpVersion::V4).expect("it has no link");
    assert!(said.starts_with("`Faults::partitions` has nobody to strike\nnext: "), "{said}");
}

#[test]
fn a_panic_of_a_program_is_the_simulations() {
    let panic =
        catch_unwind(AssertUnwindSafe(|| failed(Faults::none(), async { panic!("the till is locked") })));
    let panic = panic.expect_err("it panics");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the till is locked"));
}

#[test]
fn the_clock_of_std_keeps_pace() {
    script(&[]);
    let seen = Rc::new(Cell::new((Duration::ZERO, Duration::ZERO)));
    let told = Rc::clone(&seen);
    let ran = Simulation::new().run(move |builder| {
        let mut sim = builder.build();
        sim.client("client", async move {
            let (std, tokio) = (Instant::now(), tokio::time::Instant::now());
            tokio::time::sleep(ms(20)).await;
            told.set((std.elapsed(), tokio.elapsed()));
            Ok(())
        });
        sim
    });
    ran.expect("it ends");
    let (std, tokio) = seen.get();
    assert!(std >= tokio - ms(2) && tokio >= ms(20), "{std:?} of std, {tokio:?} of tokio");
}
