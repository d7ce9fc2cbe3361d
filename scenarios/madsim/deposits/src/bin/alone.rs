//! The same simulation as a program that knows nothing of Photofinish: `alone SEED CONFIG` runs it once and answers by its exit status.
//!
//! Does not look whether a run repeats. Invariant: 0 is a run in which every account holds what was acknowledged, 1 one in which not; the
//! failure is named on a line of its own.

use std::process::ExitCode;

use madsim::Config;
use madsim::runtime::Runtime;
use photofinish_madsim_deposits::bank::bank;
use photofinish_madsim_deposits::{Again, Rest, WRONG};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let seed = words.next().and_then(|word| word.parse().ok());
    let config: Option<Config> = words.next().and_then(|word| word.parse().ok());
    let (Some(seed), Some(config)) = (seed, config) else {
        eprintln!("usage: alone SEED CONFIG, a configuration of madsim in TOML");
        return ExitCode::from(2);
    };
    let books = Runtime::with_seed_and_config(seed, config).block_on(bank(Again::Added, Rest::Seeded));
    match books {
        Ok(books) => {
            println!("trace {:016x}, {} ns", books.trace, books.took.as_nanos());
            books.wrong.iter().for_each(|line| println!("{line}"));
            if books.wrong.is_empty() {
                return ExitCode::SUCCESS;
            }
            println!("FAILED: {WRONG}");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(3)
        }
    }
}
