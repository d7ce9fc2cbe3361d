//! What a report means.
//!
//! Does not know which variant made it. Invariant: reports that show the same bug have the same signature, whichever deposit it is about.

use std::collections::BTreeMap;

use photofinish::scenario::Failure;

use super::program::Report;

/// A deposit that was asked for once stands in the ledger more than once.
pub const APPLIED_TWICE: &str = "applied-twice";
/// A deposit that was acknowledged does not stand in the ledger.
pub const LOST: &str = "lost";
/// The client did not get to the end, which no variant explains.
const UNFINISHED: &str = "unfinished";

/// Says what is wrong with a run, if anything is.
pub(super) fn judge(report: Result<&Report, String>) -> Result<(), Failure> {
    let failure = |signature: &str, detail: String| Err(Failure { signature: signature.to_owned(), detail });
    let report = match report {
        Ok(report) => report,
        Err(error) => return failure(UNFINISHED, error),
    };
    let mut times: BTreeMap<u32, u32> = BTreeMap::new();
    for amount in &report.ledger {
        *times.entry(*amount).or_default() += 1;
    }
    if times.values().any(|times| *times > 1) {
        return failure(APPLIED_TWICE, report.to_string());
    }
    if report.acknowledged.iter().any(|amount| !times.contains_key(amount)) {
        return failure(LOST, report.to_string());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(acknowledged: &[u32], ledger: &[u32], expected: Option<&str>) {
        let report = Report { acknowledged: acknowledged.to_vec(), ledger: ledger.to_vec() };
        let signature = judge(Ok(&report)).err().map(|failure| failure.signature);
        assert_eq!(signature.as_deref(), expected, "{report}");
    }

    #[test]
    fn what_is_acknowledged_stands_there_once() {
        check(&[1, 2], &[1, 2], None);
        check(&[1], &[1, 2], None);
        check(&[1, 2], &[2, 1, 2], Some(APPLIED_TWICE));
        check(&[1, 2], &[1], Some(LOST));
        check(&[1, 2], &[1, 1], Some(APPLIED_TWICE));
        assert_eq!(judge(Err(String::new())).map_err(|failure| failure.signature), Err(UNFINISHED.into()));
    }
}
