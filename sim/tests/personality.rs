//! Every row of every personality against a whole kernel: the same script for each system, the row read as expectation.
//!
//! Does not know why a system answers so. Invariant: a row is exercised by a script here, or stands in [`LISTED`] with its
//! reason.

mod personality {
    pub(crate) mod accepting;
    pub(crate) mod connecting;
    pub(crate) mod datagrams;
    pub(crate) mod options;
    pub(crate) mod polling;
    pub(crate) mod script;
    pub(crate) mod shutting;
    pub(crate) mod streams;
}

use std::collections::BTreeSet;
use std::panic::catch_unwind;

use photofinish_sim::personality::{Os, Personality};

/// A script, and the rows it exercises: whole names, or what they begin with.
pub(crate) type Script = (&'static [&'static str], fn(Os));

/// Rows that no script exercises, and why.
const LISTED: &[(&str, &str)] = &[
    ("interfaces.socket_type_flags", "kept everywhere: std makes every socket with them"),
    ("interfaces.accept4", "kept everywhere: std accepts with it"),
    ("interfaces.pipe2", "kept everywhere: std makes every pipe with it"),
    ("interfaces.msg_nosignal", "there on every system"),
    ("interfaces.so_nosigpipe", "no number of Linux names it: a Linux program cannot ask"),
    ("interfaces.msg_cmsg_cloexec", "kept everywhere: std receives rights with it"),
    ("accept.mode_of_accept4", "accept4(2) is kept as Linux has it; the BSD that has it agrees"),
    ("bind.path_exists", "the boundary makes the file; the answer is the same on every system"),
    ("bind.not_local", "the same on every system"),
    ("sizes.send.unix_seqpacket", "told, not bounding: a pair is kept for std, and charged as Linux does"),
    ("sizes.receive.unix_seqpacket", "told, not bounding: a pair is kept for std, and charged as Linux does"),
    ("sizes.receive.unix_stream", "both ends share what sizes.send.unix_stream says"),
    (
        "sizes.pipe_first",
        "a pipe grows to sizes.pipe_most before a writer would wait; how it grew is not seen",
    ),
];

fn scripts() -> Vec<Script> {
    [
        personality::streams::SCRIPTS,
        personality::shutting::SCRIPTS,
        personality::polling::SCRIPTS,
        personality::accepting::SCRIPTS,
        personality::connecting::SCRIPTS,
        personality::datagrams::SCRIPTS,
        personality::options::SCRIPTS,
    ]
    .concat()
}

#[test]
fn every_system_answers_as_its_rows_say() {
    let mut failed = Vec::new();
    for (rows, script) in scripts() {
        failed.extend(
            Os::ALL.into_iter().filter(|&os| catch_unwind(|| script(os)).is_err()).map(|os| (os, rows)),
        );
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_row_is_exercised_or_listed() {
    let names: Vec<String> = Personality::of(Os::Linux).rows().into_iter().map(|fact| fact.name).collect();
    let covers = |prefix: &str, name: &str| {
        name == prefix || name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))
    };
    let mut exercised = BTreeSet::new();
    for prefix in scripts().iter().flat_map(|(rows, _)| rows.iter()) {
        let found: Vec<&String> = names.iter().filter(|name| covers(prefix, name)).collect();
        assert!(!found.is_empty(), "{prefix} is no row");
        exercised.extend(found);
    }
    for (name, why) in LISTED {
        assert!(names.iter().any(|row| row == name), "{name} is no row");
        assert!(!exercised.contains(&(*name).to_owned()), "{name} is listed ({why}) and exercised");
    }
    let forgotten: Vec<&String> = names
        .iter()
        .filter(|name| !exercised.contains(name) && !LISTED.iter().any(|(listed, _)| listed == *name))
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:#?}");
}
