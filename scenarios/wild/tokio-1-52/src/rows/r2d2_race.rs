//! r2d2, commit f9f6bec: a connection that is given back between a look at the pool and the wait for it wakes nobody.
//!
//! Invariant: nobody waits for long while a connection is idle.

use std::io;
use std::time::{Duration, Instant};

use photofinish::scenario::Failure;
use photofinish_wild::{failed, race};

use super::super::crates::r2d2::{ManageConnection, Pool};

struct Manager;

impl ManageConnection for Manager {
    type Connection = ();
    type Error = io::Error;

    fn connect(&self) -> io::Result<()> {
        Ok(())
    }

    fn is_valid(&self, (): &mut ()) -> io::Result<()> {
        Ok(())
    }

    fn has_broken(&self, (): &mut ()) -> bool {
        false
    }
}

pub(crate) fn run() -> Result<(), Failure> {
    let config = super::super::crates::r2d2::Config::builder();
    let config = config.pool_size(1).connection_timeout(Duration::from_secs(3)).test_on_check_out(false);
    let pool = Pool::new(config.build(), Manager).expect("connecting cannot fail");
    let held = pool.get().expect("nobody else has it");
    let (pool, mut waited) = (&pool, None);
    let until_had = &mut waited;
    race([
        Box::new(move || drop(held)) as Box<dyn FnOnce() + Send>,
        Box::new(move || {
            let asked = Instant::now();
            *until_had = pool.get().is_ok().then(|| asked.elapsed());
        }),
    ]);
    match waited {
        Some(waited) if waited < Duration::from_secs(2) => Ok(()),
        _ => failed("waited for a connection that was idle"),
    }
}
