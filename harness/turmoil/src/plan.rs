//! What may strike in one simulation, numbered: a number is a decision of the search.
//!
//! Does not strike. Invariant: numbers and strikes are one to one, and the order is that of the description: kinds as they were given, then
//! targets as their hosts were made, then moments, then lengths.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use photofinish_marks::choose_as;

use crate::faults::{Fault, Faults, Kind, doubling};

/// Slots for faults in each run, unless their author says otherwise.
const SLOTS: u32 = 2;
/// Of all numbers of a slot, one in so many means that nothing strikes.
const NOTHING_ONE_IN: u64 = 4;

/// What there is to strike.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cast {
    /// Hosts and clients by name, in the order in which they were made. One that is alone is known unless its name is an address.
    pub(crate) hosts: Vec<String>,
    /// The two ends of each link.
    pub(crate) links: Vec<Link>,
}

impl Cast {
    fn has(&self, host: &String) -> bool {
        self.hosts.contains(host) || self.hosts.is_empty() && host.parse::<IpAddr>().is_ok()
    }

    /// What to do about a host that there is not.
    fn whom(&self) -> String {
        match self.hosts.as_slice() {
            [] => String::from("make it with `Sim::host` before `Simulation::run` has the simulation"),
            hosts => format!("name one that the simulation has: {}", hosts.join(", ")),
        }
    }
}

/// Two hosts that can reach each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) from: String,
    pub(crate) to: String,
}

impl Link {
    pub(crate) fn joins(&self, other: &Self) -> bool {
        self == other || (&self.from, &self.to) == (&other.to, &other.from)
    }
}

/// Whom a fault hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Link(Link),
    Host(String),
}

/// A fault that strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) kind: Kind,
    pub(crate) target: Target,
    pub(crate) at: Duration,
    pub(crate) until: Duration,
    /// Of a link that is slow.
    pub(crate) latency: Duration,
}

/// Every strike of one kind.
struct Menu {
    kind: Kind,
    latency: Duration,
    targets: Vec<Target>,
    moments: Vec<Duration>,
    lengths: Vec<Duration>,
}

impl Menu {
    fn of(kind: Kind, fault: &Fault, cast: &Cast) -> Result<Self, String> {
        if let Some(host) = fault.hosts.iter().find(|host| !cast.has(host)) {
            return Err(format!("there is no host {host} to strike\nnext: {}", cast.whom()));
        }
        let targets = match kind {
            Kind::Crash | Kind::Bounce => fault.hosts.iter().cloned().map(Target::Host).collect(),
            Kind::Partition | Kind::OneWay | Kind::Hold | Kind::Slow => links(kind, fault, cast),
        };
        if targets.is_empty() {
            return Err(never(kind, cast));
        }
        let lengths = match kind {
            Kind::Bounce => vec![Duration::ZERO],
            _ => doubling(&fault.lasting),
        };
        Ok(Self { kind, latency: fault.latency, targets, moments: fault.moments().collect(), lengths })
    }

    fn len(&self) -> u64 {
        [self.targets.len(), self.moments.len(), self.lengths.len()]
            .map(|count| count as u64)
            .iter()
            .product()
    }

    fn strike(&self, number: u64) -> Option<Strike> {
        let (rest, length) = digit(number, &self.lengths)?;
        let (rest, at) = digit(rest, &self.moments)?;
        let (_, target) = digit(rest, &self.targets)?;
        let Self { kind, latency, .. } = *self;
        Some(Strike { kind, target: target.clone(), at: *at, until: *at + *length, latency })
    }
}

/// What is said of a fault without anybody to hit: each seed would pass, and nothing would have been tried.
fn never(kind: Kind, cast: &Cast) -> String {
    let next = match kind {
        Kind::Crash | Kind::Bounce => cast.whom(),
        _ if cast.links.is_empty() => String::from("make a second host: one that is alone has no link"),
        _ => format!("name two hosts in `Fault::of`, or leave it out for all: {}", cast.hosts.join(", ")),
    };
    format!("`Faults::{}` has nobody to strike\nnext: {next}", kind.method())
}

/// A number's last digit where there are as many as these, and what is before it.
fn digit<T>(number: u64, of: &[T]) -> Option<(u64, &T)> {
    let count = of.len() as u64;
    let at = usize::try_from(number.checked_rem(count)?).ok()?;
    Some((number / count, &of[at]))
}

fn links(kind: Kind, fault: &Fault, cast: &Cast) -> Vec<Target> {
    let is_meant = |link: &&Link| {
        fault.hosts.is_empty() || [&link.from, &link.to].iter().all(|host| fault.hosts.contains(host))
    };
    let directions = |link: &Link| match kind {
        Kind::OneWay => vec![link.clone(), Link { from: link.to.clone(), to: link.from.clone() }],
        _ => vec![link.clone()],
    };
    cast.links.iter().filter(is_meant).flat_map(directions).map(Target::Link).collect()
}

/// What was chosen.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) strikes: Vec<Strike>,
    /// Of each link, if its latency was to be chosen.
    pub(crate) latencies: Vec<(Link, Duration)>,
}

/// Lets the search choose, all of it at once and before the simulation begins: so each decision has a place of its own, whatever becomes
/// of the others.
///
/// # Errors
/// The faults do not fit the simulation.
pub(crate) fn choose(faults: &Faults, cast: &Cast) -> Result<Chosen, String> {
    let menus = faults.kinds.iter().map(|(kind, fault)| Menu::of(*kind, fault, cast));
    let menus = menus.collect::<Result<Vec<Menu>, String>>()?;
    if faults.latency.is_none() && faults.kinds.iter().any(|(kind, _)| *kind == Kind::Slow) {
        let slow = "a link that was slow has no latency to go back to";
        return Err(format!("{slow}\nnext: `Faults::latency`, which says how long links take otherwise"));
    }
    let count: u64 = menus.iter().map(Menu::len).sum();
    let strike = |number: u64| {
        let mut rest = number.checked_sub(1)?;
        for menu in &menus {
            match rest.checked_sub(menu.len()) {
                None => return menu.strike(rest),
                Some(over) => rest = over,
            }
        }
        None
    };
    let bound = 1 + count + count / (NOTHING_ONE_IN - 1);
    let words = |number| strike(number).map(|strike| strike.to_string()).unwrap_or_default();
    let slots = if count == 0 { 0 } else { faults.slots.unwrap_or(SLOTS) };
    let strikes = (0..slots).filter_map(|_| strike(choose_as(bound, words))).collect();
    let lengths = faults.latency.as_ref().map(doubling);
    let latencies = lengths
        .iter()
        .flat_map(|lengths| cast.links.iter().map(|link| (link.clone(), latency(link, lengths))));
    Ok(Chosen { strikes, latencies: latencies.collect() })
}

fn latency(link: &Link, lengths: &[Duration]) -> Duration {
    let Link { from, to } = link;
    let of = |number: u64| lengths[usize::try_from(number).expect("below how many there are")];
    let words = |number| format!("{} between {from} and {to}", Ms(of(number)));
    of(choose_as(lengths.len() as u64, words))
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, target, at, until, latency } = self;
        let (at, until) = (Ms(*at), Ms(*until));
        match (kind, target) {
            (Kind::OneWay, Target::Link(Link { from, to })) => {
                write!(f, "partition from {from} to {to} at {at}, repaired at {until}")
            }
            (Kind::Hold, Target::Link(Link { from, to })) => {
                write!(f, "hold between {from} and {to} at {at}, released at {until}")
            }
            (Kind::Slow, Target::Link(Link { from, to })) => {
                write!(f, "{} between {from} and {to} from {at} to {until}", Ms(*latency))
            }
            (_, Target::Link(Link { from, to })) => {
                write!(f, "partition of {from} and {to} at {at}, repaired at {until}")
            }
            (Kind::Bounce, Target::Host(host)) => write!(f, "restart of {host} at {at}"),
            (_, Target::Host(host)) => write!(f, "crash of {host} at {at}, started again at {until}"),
        }
    }
}

/// A duration as people write it.
struct Ms(Duration);

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.as_millis(), self.0.subsec_nanos() % 1_000_000) {
            (ms, 0) => write!(f, "{ms} ms"),
            _ => write!(f, "{:?}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn cast() -> Cast {
        let link = |from: &str, to: &str| Link { from: from.to_owned(), to: to.to_owned() };
        Cast {
            hosts: ["a", "b", "c"].map(String::from).to_vec(),
            links: vec![link("a", "b"), link("a", "c"), link("b", "c")],
        }
    }

    fn fault() -> Fault {
        Fault::within(MS(0)..=MS(20)).lasting(MS(5)..=MS(10))
    }

    /// What every number of a kind of fault means.
    fn told(kind: Kind, fault: &Fault) -> Vec<String> {
        let menu = Menu::of(kind, fault, &cast()).expect("it fits");
        (0..menu.len()).map(|number| menu.strike(number).expect("there is one").to_string()).collect()
    }

    #[test]
    fn each_number_is_a_strike_of_its_own_and_the_least_is_the_first_and_shortest() {
        let told_all = told(Kind::Partition, &fault());
        assert_eq!(told_all[0], "partition of a and b at 0 ms, repaired at 5 ms");
        assert_eq!(told_all[1], "partition of a and b at 0 ms, repaired at 10 ms");
        assert_eq!(told_all[17], "partition of b and c at 20 ms, repaired at 30 ms");
        assert_eq!(told_all.iter().collect::<BTreeSet<_>>().len(), 3 * 3 * 2);
    }

    #[test]
    fn each_kind_is_told_in_its_own_words() {
        let first = |kind, fault: Fault| told(kind, &fault)[0].clone();
        let links = || fault().of(["c", "a"]);
        assert_eq!(first(Kind::OneWay, links()), "partition from a to c at 0 ms, repaired at 5 ms");
        assert_eq!(told(Kind::OneWay, &links())[6], "partition from c to a at 0 ms, repaired at 5 ms");
        assert_eq!(first(Kind::Hold, links()), "hold between a and c at 0 ms, released at 5 ms");
        let slow = Fault { latency: Duration::from_micros(2500), ..links() };
        assert_eq!(first(Kind::Slow, slow), "2.5ms between a and c from 0 ms to 5 ms");
        let host = || fault().of(["b"]);
        assert_eq!(first(Kind::Crash, host()), "crash of b at 0 ms, started again at 5 ms");
        assert_eq!(told(Kind::Bounce, &host()), [0, 10, 20].map(|at| format!("restart of b at {at} ms")));
    }

    #[test]
    fn nobody_searches_and_nothing_strikes() {
        let faults = Faults::none().partitions(fault()).crashes(["b"], fault()).latency(MS(2)..=MS(64));
        let Chosen { strikes, latencies } = choose(&faults, &cast()).expect("it fits");
        assert_eq!(strikes, []);
        let least = cast().links.into_iter().map(|link| (link, MS(2)));
        assert_eq!(latencies, least.collect::<Vec<_>>());
        assert_eq!(choose(&Faults::none(), &cast()).expect("it fits").latencies, []);
    }

    #[test]
    fn faults_that_do_not_fit_are_refused_by_name() {
        let refused = |faults: &Faults| choose(faults, &cast()).expect_err("it does not fit");
        for faults in [Faults::none().crashes(["d"], fault()), Faults::none().holds(fault().of(["a", "d"]))] {
            let said = refused(&faults);
            assert!(
                said.contains("no host d") && said.contains("next: ") && said.contains("a, b, c"),
                "{said}"
            );
        }
        let said = refused(&Faults::none().slows(MS(9), fault()));
        assert!(said.contains("next: `Faults::latency`"), "{said}");
    }

    #[test]
    fn faults_that_can_never_strike_are_refused_with_what_to_do() {
        let check = |faults: Faults, cast: &Cast, method: &str, next: &str| {
            let said = choose(&faults, cast).expect_err("it does not fit");
            assert_eq!(said, format!("`Faults::{method}` has nobody to strike\nnext: {next}"));
        };
        let hosts = "name one that the simulation has: a, b, c";
        check(Faults::none().crashes([""; 0], fault()), &cast(), "crashes", hosts);
        check(Faults::none().bounces([""; 0], fault()), &cast(), "bounces", hosts);
        let links = "name two hosts in `Fault::of`, or leave it out for all: a, b, c";
        let one = || fault().of(["a"]);
        check(Faults::none().partitions(one()), &cast(), "partitions", links);
        check(Faults::none().partitions_oneway(one()), &cast(), "partitions_oneway", links);
        check(Faults::none().holds(one()), &cast(), "holds", links);
        check(Faults::none().slows(MS(9), one()).latency(MS(1)..=MS(1)), &cast(), "slows", links);
        let alone = Cast { hosts: vec![String::from("a")], links: Vec::new() };
        let second = "make a second host: one that is alone has no link";
        check(Faults::none().partitions(fault()), &alone, "partitions", second);
    }
}
