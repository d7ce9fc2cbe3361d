//! Writes the page of a record: `cargo run -p photofinish-reports --example page RECORD > run.html`.
//!
//! Knows no command line but a path. Invariant: standard output has the page and nothing else.

use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("a record's path is missing")?;
    let record = serde_json::from_slice(&std::fs::read(path)?)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    photofinish_reports::html::html(&record, &mut out)?;
    Ok(out.flush()?)
}
