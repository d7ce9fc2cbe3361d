//! A simulation on madsim as something that can be asked for runs.
//!
//! Does not know what is simulated. Invariant: seed and configuration are those that were asked for, and nothing else is drawn from.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use madsim::Config;
use madsim::runtime::Runtime;
use photofinish_served::{Asked, Check, Outcome};

/// How madsim begins to say that two runs of one seed differ.
const DIFFERENT: &str = "non-determinism detected";

/// Makes the run that is asked for: `simulation` is polled on madsim's runtime with the seed and the configuration that were asked for.
/// Where it is asked whether the run repeats, madsim makes it twice and compares what was drawn and when
/// ([`Runtime::check_determinism`]).
///
/// # Panics
/// The configuration is none of madsim's, `limit` of simulated time passes, or the simulation panics: each is told as a failure of the
/// run.
pub fn simulate<F>(asked: &Asked, limit: Duration, simulation: fn() -> F) -> Outcome
where
    F: Future<Output = Outcome> + 'static,
{
    let config: Config = match asked.config.parse() {
        Ok(config) => config,
        Err(error) => panic!("madsim does not take this configuration: {error}"),
    };
    match asked.check {
        Check::Once => {
            let mut runtime = Runtime::with_seed_and_config(asked.seed, config);
            runtime.set_time_limit(limit);
            runtime.block_on(simulation())
        }
        Check::Repeats => twice(asked.seed, config, simulation),
    }
}

fn twice<F>(seed: u64, config: Config, simulation: fn() -> F) -> Outcome
where
    F: Future<Output = Outcome> + 'static,
{
    let checked = || Runtime::check_determinism(seed, config, simulation);
    catch_unwind(AssertUnwindSafe(checked)).unwrap_or_else(|panic| {
        match panic.downcast_ref::<String>().filter(|message| message.starts_with(DIFFERENT)) {
            Some(message) => Outcome::differed(format!("madsim, of two runs in one process: {message}")),
            None => resume_unwind(panic),
        }
    })
}

/// How much simulated time has passed on the runtime that this is called on.
#[must_use]
pub fn elapsed() -> Duration {
    madsim::time::TimeHandle::current().elapsed()
}
