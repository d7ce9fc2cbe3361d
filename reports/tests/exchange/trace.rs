//! A Perfetto trace as `trace_processor` takes it in: what it would drop, or put elsewhere, is an error here.
//!
//! The numbers are those of `protos/perfetto/trace/` and the rules those of `src/trace_processor/importers/proto/` in Perfetto's sources of
//! 2026-08, written down here a second time on purpose: this shares nothing with the writer.
//!
//! Knows no record. Invariant: a trace that is taken here says the same of order, nesting and flows in the viewer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::wire::{Field, fields};

type Message<'a> = Vec<(u64, Field<'a>)>;

/// What a field may hold.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Number,
    Fixed,
    Text,
    Message(&'static str),
}

/// The fields that we know, of the messages that we know.
fn holds(message: &str, field: u64) -> Option<Holds> {
    use Holds::{Fixed, Message, Number, Text};
    Some(match (message, field) {
        ("Trace", 1) => Message("TracePacket"),
        ("TracePacket", 8 | 10 | 13) => Number,
        ("TracePacket", 11) => Message("TrackEvent"),
        ("TracePacket", 12) => Message("InternedData"),
        ("TracePacket", 60) => Message("TrackDescriptor"),
        ("TrackDescriptor", 1 | 5 | 11 | 12 | 15 | 19 | 20) => Number,
        ("TrackDescriptor", 2) => Text,
        ("TrackDescriptor", 3) => Message("ProcessDescriptor"),
        ("TrackDescriptor", 4) => Message("ThreadDescriptor"),
        ("TrackDescriptor", 8) => Message("CounterDescriptor"),
        ("ProcessDescriptor", 1) | ("ThreadDescriptor", 1 | 2) => Number,
        ("ProcessDescriptor", 6) | ("ThreadDescriptor", 5) | ("CounterDescriptor", 6) => Text,
        ("TrackEvent", 3 | 9 | 10 | 11 | 30 | 34) => Number,
        ("TrackEvent", 4) => Message("DebugAnnotation"),
        ("TrackEvent", 47 | 48) => Fixed,
        ("DebugAnnotation", 1 | 3 | 4 | 17) => Number,
        ("DebugAnnotation", 6) => Text,
        ("InternedData", 1..=3) => Message("Named"),
        ("InternedData", 4) => Message("SourceLocation"),
        ("InternedData", 29) => Message("InternedString"),
        ("Named" | "InternedString", 1) | ("SourceLocation", 1 | 4) => Number,
        ("Named" | "InternedString", 2) | ("SourceLocation", 2 | 3) => Text,
        _ => return None,
    })
}

/// Every field of it is known, and holds what it may.
fn check_fields(message: &str, bytes: &[u8]) -> Result<(), String> {
    for (number, field) in fields(bytes)? {
        let wrong = || format!("field {number} of {message}: {field:?}");
        match (holds(message, number).ok_or_else(wrong)?, field) {
            (Holds::Number, Field::Varint(_)) | (Holds::Fixed, Field::Fixed64(_)) => {}
            (Holds::Text, Field::Bytes(bytes)) => drop(text(bytes)?),
            (Holds::Message(name), Field::Bytes(bytes)) => check_fields(name, bytes)?,
            _ => return Err(wrong()),
        }
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    if text.contains('\0') { Err(format!("a NUL in {text:?}")) } else { Ok(text) }
}

fn number(message: &Message<'_>, wanted: u64) -> Option<u64> {
    message.iter().find_map(|(number, field)| match field {
        Field::Varint(value) | Field::Fixed64(value) if *number == wanted => Some(*value),
        _ => None,
    })
}

fn numbers(message: &Message<'_>, wanted: u64) -> Vec<u64> {
    let all = message.iter().filter(|(number, _)| *number == wanted);
    all.filter_map(|(_, field)| match field {
        Field::Varint(value) | Field::Fixed64(value) => Some(*value),
        Field::Bytes(_) => None,
    })
    .collect()
}

fn bytes<'a>(message: &Message<'a>, wanted: u64) -> Vec<&'a [u8]> {
    let all = message.iter().filter(|(number, _)| *number == wanted);
    all.filter_map(|(_, field)| if let Field::Bytes(bytes) = field { Some(*bytes) } else { None }).collect()
}

fn words<'a>(message: &Message<'a>, wanted: u64) -> Result<Option<&'a str>, String> {
    bytes(message, wanted).first().map(|bytes| text(bytes)).transpose()
}

/// What was taken in.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// All of it, a line each.
    pub(crate) told: String,
    /// Slices by category.
    pub(crate) slices: BTreeMap<String, u32>,
    /// Instants by category.
    pub(crate) instants: BTreeMap<String, u32>,
    /// Flows by category of their beginning.
    pub(crate) flows: BTreeMap<String, u32>,
}

/// A track.
#[derive(Debug, Default)]
struct Track {
    name: String,
    is_counter: bool,
    open: Vec<String>,
}

#[derive(Default)]
struct Reader {
    taken: Taken,
    tracks: BTreeMap<u64, Track>,
    threads: BTreeSet<(u64, u64)>,
    /// By field of `InternedData` and number.
    interned: BTreeMap<(u64, u64), String>,
    /// Flows that began, and whether they ended.
    flows: BTreeMap<u64, bool>,
    cleared: bool,
    /// The time and the number of the event before.
    before: (u64, u64),
}

/// Takes a trace in.
pub(crate) fn take(trace: &[u8]) -> Result<Taken, String> {
    check_fields("Trace", trace)?;
    let mut reader = Reader::default();
    for packet in bytes(&fields(trace)?, 1) {
        reader.packet(&fields(packet)?)?;
    }
    let open: Vec<&str> = reader
        .tracks
        .values()
        .filter(|track| !track.open.is_empty())
        .map(|track| track.name.as_str())
        .collect();
    let begun: Vec<u64> = reader.flows.iter().filter(|(_, ended)| !**ended).map(|(id, _)| *id).collect();
    match (open.as_slice(), begun.as_slice()) {
        ([], []) => Ok(reader.taken),
        _ => Err(format!("open at the end: slices on {open:?}, flows {begun:?}")),
    }
}

impl Reader {
    fn packet(&mut self, packet: &Message<'_>) -> Result<(), String> {
        let at_ns = number(packet, 8).ok_or("a packet without a time")?;
        let at_ns = i64::try_from(at_ns).map_err(|_| "a time beyond 63 bits")?.cast_unsigned();
        if number(packet, 10) != Some(1) {
            return Err("a packet of another sequence".to_owned());
        }
        match number(packet, 13) {
            Some(1) if !self.cleared => self.cleared = true,
            Some(2) if self.cleared => {}
            flags => return Err(format!("sequence flags {flags:?}")),
        }
        for data in bytes(packet, 12) {
            self.intern(&fields(data)?)?;
        }
        match (bytes(packet, 60).as_slice(), bytes(packet, 11).as_slice()) {
            ([descriptor], []) => self.describe(&fields(descriptor)?),
            ([], [event]) => self.event(at_ns, &fields(event)?),
            _ => Err("a packet of two kinds, or of none".to_owned()),
        }
    }

    fn intern(&mut self, data: &Message<'_>) -> Result<(), String> {
        for (kind, field) in data {
            let Field::Bytes(entry) = field else { return Err("no entry".to_owned()) };
            let entry = fields(entry)?;
            let iid = number(&entry, 1).filter(|iid| *iid > 0).ok_or("an entry without a number")?;
            let mut value = words(&entry, 2)?.unwrap_or_default().to_owned();
            if *kind == 4 {
                let function = words(&entry, 3)?.unwrap_or_default();
                value = format!("{function} at {value}:{}", number(&entry, 4).unwrap_or_default());
            }
            if let Some(before) = self.interned.insert((*kind, iid), value) {
                return Err(format!("number {iid} is already {before:?}"));
            }
        }
        Ok(())
    }

    fn said(&self, kind: u64, iid: u64) -> Result<&str, String> {
        let said = self.interned.get(&(kind, iid)).map(String::as_str);
        said.ok_or_else(|| format!("number {iid} of field {kind} was not given before"))
    }

    fn describe(&mut self, track: &Message<'_>) -> Result<(), String> {
        let uuid = number(track, 1).ok_or("a track without a number")?;
        let parent = number(track, 5);
        if parent.is_some_and(|parent| !self.tracks.contains_key(&parent)) {
            return Err(format!("track {uuid} stands below one that is not there"));
        }
        let mut name = words(track, 2)?.unwrap_or_default().to_owned();
        let mut kind = String::from("track");
        if let [process] = bytes(track, 3).as_slice() {
            let process = fields(process)?;
            let pid = number(&process, 1).filter(|pid| *pid > 0).ok_or("a process without a number")?;
            name = words(&process, 6)?.unwrap_or_default().to_owned();
            kind = format!("process {pid}");
        }
        if let [thread] = bytes(track, 4).as_slice() {
            let thread = fields(thread)?;
            let [pid, tid] = [1, 2].map(|field| number(&thread, field).unwrap_or_default());
            if pid == 0 || tid == 0 || !self.threads.insert((pid, tid)) {
                return Err(format!("thread {tid} of process {pid}"));
            }
            name = words(&thread, 5)?.unwrap_or_default().to_owned();
            kind = format!("thread {tid} of {pid}");
        }
        let is_counter = !bytes(track, 8).is_empty();
        let below = parent.map_or(String::new(), |parent| format!(" below {:?}", self.tracks[&parent].name));
        let rank = number(track, 12).map_or(String::new(), |rank| format!(" rank {rank}"));
        let _ = writeln!(self.taken.told, "{kind} {name:?}{below}{rank}");
        match self.tracks.insert(uuid, Track { name, is_counter, open: Vec::new() }) {
            Some(before) => Err(format!("track {uuid} is already {before:?}")),
            None => Ok(()),
        }
    }

    fn event(&mut self, at_ns: u64, event: &Message<'_>) -> Result<(), String> {
        let kind = number(event, 9).ok_or("an event without a type")?;
        let uuid = number(event, 11).ok_or("an event without a track")?;
        let categories: Result<Vec<&str>, String> =
            numbers(event, 3).into_iter().map(|iid| self.said(1, iid)).collect();
        let category = categories?.join(",");
        let name = number(event, 10).map(|iid| self.said(2, iid).map(str::to_owned)).transpose()?;
        let args = self.args(event)?;
        let place = number(event, 34).map(|iid| self.said(4, iid).map(str::to_owned)).transpose()?;
        if at_ns < self.before.0 {
            return Err(format!("{at_ns} after {}", self.before.0));
        }
        // Of what is at one time, the file's order is the record's.
        let nth = args.iter().find(|(name, _)| name == "event").and_then(|(_, value)| value.parse().ok());
        let nth = nth.unwrap_or(if at_ns == self.before.0 { self.before.1 } else { 0 });
        if (at_ns, nth) < self.before {
            return Err(format!("event {nth} at {at_ns} after event {}", self.before.1));
        }
        self.before = (at_ns, nth);
        self.flow(event, &category)?;
        let track = self.tracks.get_mut(&uuid).ok_or_else(|| format!("track {uuid} was not described"))?;
        let named = name.clone().ok_or("an event without a name");
        let what = match (kind, track.is_counter) {
            (1, false) => {
                track.open.push(named?);
                *self.taken.slices.entry(category.clone()).or_default() += 1;
                String::from("begins")
            }
            (2, false) => format!("ends {:?}", track.open.pop().ok_or("an end without a beginning")?),
            (3, false) => {
                named?;
                *self.taken.instants.entry(category.clone()).or_default() += 1;
                "-".repeat(1 + track.open.len())
            }
            (4, true) => {
                format!("is {}", number(event, 30).ok_or("a counter without a value")?.cast_signed())
            }
            _ => return Err(format!("type {kind} on {:?}", track.name)),
        };
        let told = &mut self.taken.told;
        let _ = write!(told, "{at_ns:>6} {}: {what}", track.name);
        if let Some(name) = name {
            let _ = write!(told, " {name:?} [{category}]");
        }
        for id in numbers(event, 47) {
            let _ = write!(told, " >{id}");
        }
        for id in numbers(event, 48) {
            let _ = write!(told, " {id}>");
        }
        for (name, value) in args {
            let _ = write!(told, " {name}={value:?}");
        }
        let _ = writeln!(told, "{}", place.map_or(String::new(), |place| format!(" at {place:?}")));
        Ok(())
    }

    fn args(&self, event: &Message<'_>) -> Result<Vec<(String, String)>, String> {
        let mut args = Vec::new();
        for argument in bytes(event, 4) {
            let argument = fields(argument)?;
            let name = self.said(3, number(&argument, 1).ok_or("an argument without a name")?)?;
            let value = match (number(&argument, 3), number(&argument, 4), number(&argument, 17)) {
                (Some(value), None, None) => value.to_string(),
                (None, Some(value), None) => value.cast_signed().to_string(),
                (None, None, Some(iid)) => self.said(29, iid)?.to_owned(),
                (None, None, None) => words(&argument, 6)?.ok_or("an argument without a value")?.to_owned(),
                _ => return Err("an argument with two values".to_owned()),
            };
            args.push((name.to_owned(), value));
        }
        Ok(args)
    }

    fn flow(&mut self, event: &Message<'_>, category: &str) -> Result<(), String> {
        for id in numbers(event, 47) {
            *self.taken.flows.entry(category.to_owned()).or_default() += 1;
            if self.flows.insert(id, false).is_some() {
                return Err(format!("flow {id} begins twice"));
            }
        }
        for id in numbers(event, 48) {
            if self.flows.insert(id, true) != Some(false) {
                return Err(format!("flow {id} ends, and does not begin before"));
            }
        }
        Ok(())
    }
}
