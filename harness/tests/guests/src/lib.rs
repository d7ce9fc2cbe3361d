//! Programs under test for our own tests.
//!
//! They know nothing of the simulator but the shape of a scenario. Invariant: each is ordinary Rust that also runs natively,
//! where those about exact times and endings may do otherwise.

use photofinish::scenario::{Expectation, Failure, Find, Scenario, Variant};

pub mod bypass;
pub mod conformance;
pub mod endings;
pub mod faults;
pub mod files;
pub mod guarded;
pub mod heap;
pub mod hosts;
pub mod layout;
pub mod leftovers;
pub mod marks;
pub mod native;
pub mod oracles;
pub mod processes;
pub mod programs;
pub mod races;
pub mod sockets;
pub mod sync;
pub mod time;
pub mod traced;

/// Every guest.
pub static GUESTS: &[&Scenario] = &[
    &sync::SCENARIO,
    &time::SCENARIO,
    &layout::SCENARIO,
    &leftovers::SCENARIO,
    &races::SCENARIO,
    &marks::SCENARIO,
    &endings::SCENARIO,
    &bypass::SCENARIO,
    &processes::SCENARIO,
    &programs::hyper::SCENARIO,
    &programs::socket2::SCENARIO,
    &programs::polling::SCENARIO,
    &programs::smol::SCENARIO,
    &files::SCENARIO,
    &programs::SCENARIO,
    &sockets::SCENARIO,
    &hosts::SCENARIO,
    &faults::SCENARIO,
    &heap::SCENARIO,
    &traced::SCENARIO,
    &oracles::SCENARIO,
    &guarded::SCENARIO,
    &conformance::time::FAMILY.scenario,
    &conformance::identity::FAMILY.scenario,
    &conformance::random::FAMILY.scenario,
    &conformance::memory::FAMILY.scenario,
    &conformance::thread::FAMILY.scenario,
    &conformance::futex::FAMILY.scenario,
    &conformance::sync::FAMILY.scenario,
    &conformance::waiting::FAMILY.scenario,
    &conformance::process::FAMILY.scenario,
    &conformance::signal::FAMILY.scenario,
    &conformance::descriptor::FAMILY.scenario,
    &conformance::file::FAMILY.scenario,
    &conformance::file_edge::FAMILY.scenario,
    &conformance::record::FAMILY.scenario,
    &conformance::path::FAMILY.scenario,
    &conformance::place::FAMILY.scenario,
    &conformance::within::FAMILY.scenario,
    &conformance::compiled::FAMILY.scenario,
    &conformance::poll::FAMILY.scenario,
    &conformance::pipe::FAMILY.scenario,
    &conformance::eventfd::FAMILY.scenario,
    &conformance::epoll::FAMILY.scenario,
    &conformance::timerfd::FAMILY.scenario,
    &conformance::select::FAMILY.scenario,
    &conformance::masked::FAMILY.scenario,
    &conformance::name::FAMILY.scenario,
    &conformance::listen::FAMILY.scenario,
    &conformance::connect::FAMILY.scenario,
    &conformance::stream::FAMILY.scenario,
    &conformance::shutdown::FAMILY.scenario,
    &conformance::options::FAMILY.scenario,
    &conformance::bypass::FAMILY.scenario,
    &conformance::message::FAMILY.scenario,
    &conformance::control::FAMILY.scenario,
    &conformance::resolve::FAMILY.scenario,
    &conformance::sequence::FAMILY.scenario,
    &conformance::file_sequence::FAMILY.scenario,
    &conformance::udp_sequence::FAMILY.scenario,
    &conformance::unix_sequence::FAMILY.scenario,
    &conformance::mixture::FAMILY.scenario,
];

type Program = fn() -> Result<(), Failure>;

/// A guest that no schedule makes fail.
const fn sound(name: &'static str, story: &'static str, run: Program) -> Variant {
    Variant {
        name,
        story,
        os: photofinish::scenario::Os::Linux,
        heap: photofinish::scenario::Heap::Plain,
        expect: Expectation::NEVER_FAILS,
        oracles: photofinish::scenario::Oracles::NONE,
        run,
    }
}

/// A guest that some schedules, and only some, make fail.
const fn racy(name: &'static str, story: &'static str, must: &'static [Find], run: Program) -> Variant {
    Variant {
        name,
        story,
        os: photofinish::scenario::Os::Linux,
        heap: photofinish::scenario::Heap::Plain,
        expect: Expectation { must, may: &[], always: false },
        oracles: photofinish::scenario::Oracles::NONE,
        run,
    }
}

/// A guest that every schedule makes fail.
const fn doomed(name: &'static str, story: &'static str, must: &'static [Find], run: Program) -> Variant {
    Variant {
        name,
        story,
        os: photofinish::scenario::Os::Linux,
        heap: photofinish::scenario::Heap::Plain,
        expect: Expectation { must, may: &[], always: true },
        oracles: photofinish::scenario::Oracles::NONE,
        run,
    }
}
