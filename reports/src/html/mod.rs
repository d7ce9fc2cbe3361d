//! A run as a page for a person: the story first, then the picture, then everything that the record has.
//!
//! The page is `assets/run.html`, `run.css` and the parts of the script in `assets/run`; what they draw stands in one block of JSON.
//! Laying out and drawing is the script's, which steps matter and how runs compare is the story's.
//!
//! Invariant: the page asks nothing of any network, and runs nothing that a record holds.

mod beside;
mod data;
mod run;
mod strings;
mod told;
mod words;

use std::io;

use crate::page::Page;
use crate::record::Record;
use data::Data;

/// The script, in the order in which its parts need each other.
const SCRIPT: [&str; 10] = [
    include_str!("../../assets/run/page.js"),
    include_str!("../../assets/run/data.js"),
    include_str!("../../assets/run/view.js"),
    include_str!("../../assets/run/layout.js"),
    include_str!("../../assets/run/draw.js"),
    include_str!("../../assets/run/panel.js"),
    include_str!("../../assets/run/list.js"),
    include_str!("../../assets/run/sections.js"),
    include_str!("../../assets/run/keys.js"),
    include_str!("../../assets/run/main.js"),
];

/// Writes a record as one file that any browser opens from disk.
///
/// # Errors
///
/// Those of `out`.
pub fn html(record: &Record, out: &mut impl io::Write) -> io::Result<()> {
    let what = record.headline.signature.as_deref().unwrap_or(&record.headline.ending);
    let title = format!("{}: {what}", record.headline.program);
    let page = Page {
        title: &strings::visible(&title),
        body: include_str!("../../assets/run.html"),
        style: include_str!("../../assets/run.css"),
        script: &SCRIPT,
        data: &Data::of(record),
    };
    page.write(out)
}
