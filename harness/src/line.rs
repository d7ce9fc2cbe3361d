//! What to type to see a run of a scenario again.
//!
//! Does not know tests of users' crates, see `typed`. Invariant: whatever can be typed of a request and is not as it would be without
//! being typed stands in its line.

use std::path::Path;

use crate::client::Request;
pub use crate::typed::quoted;

/// The run of a request whose strategy is resolved, from its seed.
#[must_use]
pub fn of_seed(request: &Request) -> String {
    let Request { program, seed, strategy, .. } = request;
    let options = options(request, &Request::new(program.clone(), *seed));
    format!("cargo xtask sim {program} --seed {seed} --strategy {strategy}{options}")
}

/// The replay of a trace, asked for otherwise than it was recorded.
#[must_use]
pub fn of_trace(path: &Path, request: &Request, recorded: &Request) -> String {
    let path = quoted(&path.display().to_string());
    format!("cargo xtask sim --trace {path}{}", options(request, recorded))
}

/// The run of a token's text.
#[must_use]
pub fn of_token(text: &str) -> String {
    format!("cargo xtask sim --seed {text}")
}

/// In what a request is not the usual one.
fn options(request: &Request, usual: &Request) -> String {
    let of = |request: &Request| {
        let limits = request.limits;
        [
            ("points", Some(limits.points_max.to_string())),
            ("threads", Some(limits.threads_max.to_string())),
            ("cores", Some(request.cores.to_string())),
            ("stall", Some((limits.stall_ns / 1_000_000).to_string())),
            ("os", request.os.map(|os| os.to_string())),
            ("heap", request.heap.map(|heap| heap.to_string())),
            ("preempt", request.preempt.map(|level| level.to_string())),
            ("oracles", request.oracles.map(|oracles| oracles.to_string())),
        ]
    };
    let differing = of(request).into_iter().zip(of(usual)).filter(|(asked, usual)| asked != usual);
    differing.filter_map(|((name, value), _)| Some(format!(" --{name} {}", value?))).collect()
}

#[cfg(test)]
mod tests {
    use photofinish_sim::chooser::Strategy;
    use photofinish_sim::heap::Heap;
    use photofinish_sim::limits::Limits;
    use photofinish_sim::personality::Os;
    use photofinish_sim::preempt::Preempt;
    use photofinish_sim::seed::Seed;

    use super::*;

    #[test]
    fn a_line_says_what_is_not_usual() {
        let usual = Request { strategy: Strategy::Starve, ..Request::new("s/v", Seed(7)) };
        assert_eq!(of_seed(&usual), "cargo xtask sim s/v --seed 7 --strategy starve");
        let limits = Limits { points_max: 5, threads_max: 6, stall_ns: 7_000_000, ..Limits::default() };
        let oracles = Some("stuck,late=20".parse().expect("both are known"));
        let (os, heap, preempt) = (Some(Os::Macos), Some(Heap::Checked), Some(Preempt::Blocks));
        let all = Request { cores: 2, os, heap, preempt, oracles, limits, ..usual.clone() };
        let options = "--points 5 --threads 6 --cores 2 --stall 7 --os macos --heap checked --preempt blocks --oracles stuck,late=20";
        assert_eq!(of_seed(&all), format!("cargo xtask sim s/v --seed 7 --strategy starve {options}"));
        assert_eq!(
            of_trace(Path::new("a b"), &all, &usual),
            format!("cargo xtask sim --trace 'a b' {options}")
        );
        assert_eq!(of_trace(Path::new("t"), &all, &all), "cargo xtask sim --trace t");
    }
}
