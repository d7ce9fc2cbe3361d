//! Entries as packets, with each text written once.
//!
//! Knows no record but its stacks. Invariant: a packet refers to numbers of texts that it or a packet before it gives.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use prost::Message;

use super::entries::{Arg, Entry, Flow, Kind};
use super::proto::{
    COUNTER, Data, DebugAnnotation, INCREMENTAL_STATE_CLEARED, INSTANT, InternedData, InternedString,
    NEEDS_INCREMENTAL_STATE, Named, SLICE_BEGIN, SLICE_END, SourceLocation, Trace, TracePacket,
    TrackDescriptor, TrackEvent, Value,
};
use super::text;
use crate::record::Record;
use crate::story::places;

/// All packets are of one writer, so that the viewer keeps their order.
const SEQUENCE: u32 = 1;

/// Packets as they are written.
pub(super) struct Packets<'a> {
    record: &'a Record,
    bytes: Vec<u8>,
    names: Texts,
    categories: Texts,
    arguments: Texts,
    values: Texts,
    /// The numbers of a stack's text and place, by stack.
    stacks: BTreeMap<u32, (Option<u64>, Option<u64>)>,
    /// What the packet that is being made is the first to say.
    fresh: InternedData,
}

impl<'a> Packets<'a> {
    /// None yet.
    pub(super) fn new(record: &'a Record) -> Self {
        Self {
            record,
            bytes: Vec::new(),
            names: Texts::default(),
            categories: Texts::default(),
            arguments: Texts::default(),
            values: Texts::default(),
            stacks: BTreeMap::new(),
            fresh: InternedData::default(),
        }
    }

    /// A track, before its first event.
    pub(super) fn describe(&mut self, descriptor: TrackDescriptor) {
        let flags = if self.bytes.is_empty() { INCREMENTAL_STATE_CLEARED } else { NEEDS_INCREMENTAL_STATE };
        self.write(0, flags, Data::TrackDescriptor(descriptor));
    }

    /// What is on a track.
    pub(super) fn add(&mut self, entry: Entry) {
        let at_ns = entry.at.at_ns;
        let mut event = TrackEvent { track_uuid: Some(entry.track.uuid()), ..TrackEvent::default() };
        event.r#type = Some(match entry.kind {
            Kind::Begin => SLICE_BEGIN,
            Kind::End => SLICE_END,
            Kind::Instant => INSTANT,
            Kind::Count(value) => {
                event.counter_value = Some(value);
                COUNTER
            }
        });
        if matches!(entry.kind, Kind::Begin | Kind::Instant) {
            event.name_iid = Some(self.names.number(&entry.name, &mut self.fresh.event_names));
            for category in entry.category.split(',') {
                let number = self.categories.number(category, &mut self.fresh.event_categories);
                event.category_iids.push(number);
            }
            self.annotate(&mut event, entry);
        }
        self.write(at_ns, NEEDS_INCREMENTAL_STATE, Data::TrackEvent(event));
    }

    /// The trace.
    pub(super) fn bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn annotate(&mut self, event: &mut TrackEvent, entry: Entry) {
        match entry.flow {
            Some(Flow::Begins(id)) => event.flow_ids.push(id),
            Some(Flow::Ends(id)) => event.terminating_flow_ids.push(id),
            None => {}
        }
        for (name, value) in entry.args {
            self.argument(
                event,
                name,
                match value {
                    Arg::Text(text) => Value::String(text::argument(&text)),
                    Arg::Int(number) => Value::Int(number),
                    Arg::Uint(number) => Value::Uint(number),
                },
            );
        }
        if let Some(stack) = entry.stack {
            let (text, place) = self.stack(stack);
            event.source_location_iid = place;
            if let Some(text) = text {
                self.argument(event, "stack", Value::StringIid(text));
            }
        }
        self.argument(event, "event", Value::Uint(entry.at.index as u64));
        self.argument(event, "points", Value::Uint(entry.at.step));
    }

    fn argument(&mut self, event: &mut TrackEvent, name: &str, value: Value) {
        let name_iid = Some(self.arguments.number(name, &mut self.fresh.debug_annotation_names));
        event.debug_annotations.push(DebugAnnotation { name_iid, value: Some(value) });
    }

    fn stack(&mut self, stack: u32) -> (Option<u64>, Option<u64>) {
        let next = 1 + self.stacks.len() as u64;
        let Slot::Vacant(slot) = self.stacks.entry(stack) else { return self.stacks[&stack] };
        let mut values = Vec::new();
        let text = text::stack(self.record, stack).map(|text| self.values.number(&text, &mut values));
        let values = values
            .into_iter()
            .map(|Named { iid, name }| InternedString { iid, str: name.map(String::into_bytes) });
        self.fresh.debug_annotation_string_values.extend(values);
        let place = places::known(self.record, stack).first().map(|frame| {
            self.fresh.source_locations.push(SourceLocation {
                iid: Some(next),
                file_name: Some(text::name(&frame.file)),
                function_name: Some(text::name(&frame.function)),
                line_number: Some(frame.line),
            });
            next
        });
        *slot.insert((text, place))
    }

    fn write(&mut self, at_ns: u64, flags: u32, data: Data) {
        let fresh = std::mem::take(&mut self.fresh);
        let packet = TracePacket {
            timestamp: Some(at_ns),
            trusted_packet_sequence_id: Some(SEQUENCE),
            interned_data: Some(fresh).filter(|fresh| *fresh != InternedData::default()),
            sequence_flags: Some(flags),
            data: Some(data),
        };
        Trace { packet: vec![packet] }.encode(&mut self.bytes).expect("a vector grows");
    }
}

/// Texts that were written, by number from 1.
#[derive(Default)]
struct Texts(BTreeMap<String, u64>);

impl Texts {
    /// The number of a text, which is `fresh` if it has none yet.
    fn number(&mut self, text: &str, fresh: &mut Vec<Named>) -> u64 {
        if let Some(number) = self.0.get(text) {
            return *number;
        }
        let number = 1 + self.0.len() as u64;
        self.0.insert(text.to_owned(), number);
        fresh.push(Named { iid: Some(number), name: Some(text.to_owned()) });
        number
    }
}
