//! Worlds of several hosts under the simulation.
//!
//! Knows the guests by name only. Invariant: every variant of `hosts` is run here, with many seeds.

use photofinish::client::{Client, Isolation, Request};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::verdict::{self, Verdict};
use xtask::instrumented::Bin;

mod served;
mod swept;

use served::built::build;
use served::request;

#[test]
fn hosts_find_each_other_crash_and_come_back_under_every_schedule() {
    swept::check_scenario("hosts", 30);
}

#[test]
fn a_thousand_hosts_talk_for_a_minute() {
    const HOSTS: u32 = 1_000;
    let load = build(Bin { package: "photofinish-load", name: "photofinish-load" });
    let mut client = Client::start(&load, 2 * HOSTS, Isolation::Fork).expect("it serves");
    let limits = Limits {
        threads_max: 2 * HOSTS,
        points_max: 1_000_000_000,
        real_ms_max: 30_000,
        ..Limits::default()
    };
    let asked = request(&mut client, "load/empty", 0);
    let program = String::from("load/hosts-1000");
    let asked = Request { program, strategy: Strategy::Boring, limits, ..asked };
    let [one, other] = [(), ()].map(|()| client.run(&asked).expect("it serves"));
    let judgement = verdict::judge(&one, client.symbols());
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:?}");
    assert_eq!(one.figures.threads, u64::from(HOSTS) + 1);
    assert!(one.figures.virtual_ns > 60_000_000_000, "{:?}", one.figures);
    assert_eq!(one.figures, other.figures);
}
