//! A sweep as one file that a browser opens: what is not as expected, each failure, the variants beside their signatures, and how
//! fast each strategy found it.
//!
//! Does not interpret, and knows no run: a failure's own page is a link. Everything is drawn by the script from the record, which
//! stands in the page as data.
//!
//! Invariant: that of [`crate::page`]: what a program under test wrote is text to the browser.

use std::io::{self, Write};

use super::curves::curves;
use super::{Curve, SweepRecord};
use crate::page::Page;

/// The page without anything in it.
const BODY: &str = include_str!("../../assets/sweep.html");
/// How it looks.
const STYLE: &str = include_str!("../../assets/sweep.css");
/// What fills it.
const SCRIPT: &str = include_str!("../../assets/sweep.js");

/// What the script is given.
#[derive(serde::Serialize)]
struct Data<'a> {
    /// What is said first.
    sentence: String,
    /// Which seeds were asked for; as words, since a script's numbers do not hold every seed.
    range: String,
    /// By variant: its own discovery curves.
    curves: Vec<Vec<Curve>>,
    record: &'a SweepRecord,
}

/// Writes a sweep as a page.
///
/// # Errors
/// Those of `out`.
pub fn html(record: &SweepRecord, out: &mut impl Write) -> io::Result<()> {
    let sentence = record.sentence();
    let title = format!("Sweep: {sentence}");
    let curves = record.variants.iter().map(|variant| curves([variant])).collect();
    let data = Data { sentence, range: record.range(), curves, record };
    Page { title: &title, body: BODY, style: STYLE, script: &[SCRIPT], data: &data }.write(out)
}
