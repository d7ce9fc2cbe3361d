//! `account`: two bookings, and an auditor who adds up wrongly once both are made.
//!
//! It does not know how it is scheduled. Invariant: every booking is made in full, under the lock.

use super::names::Mutex;
use super::{Crew, Outcome};

const OPENING: i64 = 1;
const DEPOSIT: i64 = 2;
const WITHDRAWAL: i64 = 4;

#[derive(Default)]
struct Account {
    booked: i64,
    deposited: bool,
    withdrawn: bool,
}

/// The auditor starts first, and has to come last.
pub(in super::super) fn run() -> Outcome {
    Crew::around(Mutex::new(Account::default())).and(audit).and(deposit).and(withdraw).ended().map(drop)
}

fn audit(account: &Mutex<Account>) -> Outcome {
    let account = account.lock().expect("nobody panics with it");
    let is_complete = account.deposited && account.withdrawn;
    let is_as_added = OPENING + account.booked == OPENING - DEPOSIT - WITHDRAWAL;
    if is_complete && !is_as_added { Err("wrong: the auditor does not add a deposit") } else { Ok(()) }
}

fn deposit(account: &Mutex<Account>) -> Outcome {
    let mut account = account.lock().expect("nobody panics with it");
    account.booked += DEPOSIT;
    account.deposited = true;
    Ok(())
}

fn withdraw(account: &Mutex<Account>) -> Outcome {
    let mut account = account.lock().expect("nobody panics with it");
    account.booked -= WITHDRAWAL;
    account.withdrawn = true;
    Ok(())
}
