//! The layer: what `tracing` says, as notes for the simulator.
//!
//! Does not know who reads them. Invariant: the program's own code (a field's `Debug`) runs before the hook is called, and no
//! lock of the registry is held meanwhile.

use photofinish_tracing_hook::{self as hook, Hooks, Level, Note, What};
use tracing_core::{Event, Metadata, Subscriber, span};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::fields::Text;
use crate::task;

/// Makes what is traced in a simulation part of the run. [`layer`] makes one.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Layer;

/// The layer, for `tracing_subscriber::registry().with(…)`.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let subscriber = tracing_subscriber::registry().with(photofinish_tracing::layer());
/// tracing::subscriber::with_default(subscriber, || tracing::info_span!("visit", n = 1).in_scope(|| tracing::info!("come in")));
/// ```
#[must_use]
pub fn layer() -> Layer {
    Layer
}

/// What the simulator calls a span: kept with the span.
#[derive(Clone, Copy)]
struct Number(u64);

fn number<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> Option<u64> {
    span.extensions().get::<Number>().map(|number| number.0)
}

fn level(metadata: &Metadata<'_>) -> Level {
    match *metadata.level() {
        tracing_core::Level::ERROR => Level::Error,
        tracing_core::Level::WARN => Level::Warn,
        tracing_core::Level::INFO => Level::Info,
        tracing_core::Level::DEBUG => Level::Debug,
        tracing_core::Level::TRACE => Level::Trace,
    }
}

/// A note without fields.
fn note(what: What, metadata: &'static Metadata<'static>) -> Note<'static> {
    Note {
        what,
        level: level(metadata),
        target: metadata.target(),
        name: metadata.name(),
        fields: "",
        span: None,
        parent: None,
        task: task::running(),
    }
}

/// Notes what happened to a span that was created in this simulation.
fn of_span<S: Subscriber + for<'a> LookupSpan<'a>>(
    hooks: &Hooks,
    what: What,
    fields: &str,
    id: &span::Id,
    context: &Context<'_, S>,
) {
    let Some(span) = context.span(id) else { return };
    if let Some(number) = number(&span) {
        (hooks.note)(&Note { fields, span: Some(number), ..note(what, span.metadata()) });
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Layer {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let Some(hooks) = hook::on() else { return };
        let Some(span) = context.span(id) else { return };
        let mut text = Text::default();
        attributes.record(&mut text);
        let spawned = task::spawned(attributes);
        let parent = span.parent().as_ref().and_then(number);
        let note = Note { fields: text.as_str(), parent, ..note(What::Created, attributes.metadata()) };
        let Some(number) = (hooks.note)(&note) else { return };
        if let Some(spawned) = spawned {
            (hooks.spawned)(number, &spawned);
        }
        // A second layer of ours gives the span another number, which is then the one that counts.
        span.extensions_mut().replace(Number(number));
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        let Some(hooks) = hook::on() else { return };
        let mut text = Text::default();
        values.record(&mut text);
        of_span(hooks, What::Recorded, text.as_str(), id, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(hooks) = hook::on() else { return };
        let mut text = Text::default();
        event.record(&mut text);
        let parent = context.event_span(event).as_ref().and_then(number);
        (hooks.note)(&Note { fields: text.as_str(), parent, ..note(What::Event, event.metadata()) });
    }

    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        if let Some(hooks) = hook::on() {
            of_span(hooks, What::Entered, "", id, &context);
        }
    }

    fn on_exit(&self, id: &span::Id, context: Context<'_, S>) {
        if let Some(hooks) = hook::on() {
            of_span(hooks, What::Exited, "", id, &context);
        }
    }

    fn on_close(&self, id: span::Id, context: Context<'_, S>) {
        if let Some(hooks) = hook::on() {
            of_span(hooks, What::Closed, "", &id, &context);
        }
    }
}
