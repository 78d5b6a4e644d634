//! Log lines as flat JSON objects: what the spans around a line say stands
//! beside what the line itself says, under the same stable names, so that one
//! query finds all that was logged of a chunk.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

use reseal_core::ports::Clock;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Writes one JSON object a line: `timestamp`, `level`, `target`, `message`
/// and the fields of the line and of the spans around it. Where two of them
/// have the same name, the innermost is written.
pub struct JsonLines<W> {
    clock: Arc<dyn Clock>,
    writer: W,
}

impl<W> JsonLines<W> {
    /// Lines to this writer, with this clock's time.
    pub fn new(clock: Arc<dyn Clock>, writer: W) -> Self {
        Self { clock, writer }
    }
}

impl<W> fmt::Debug for JsonLines<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines").finish_non_exhaustive()
    }
}

/// Fields by their names.
#[derive(Clone, Default)]
struct Fields(BTreeMap<&'static str, Value>);

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(Fields(fields)) = span.extensions().get::<Fields>() {
                line.0.extend(fields.iter().map(|(name, value)| (*name, value.clone())));
            }
        }
        event.record(&mut line);
        let metadata = event.metadata();
        line.put("timestamp", self.clock.now().to_string());
        line.put("level", metadata.level().as_str());
        line.put("target", metadata.target());
        let Ok(mut bytes) = serde_json::to_vec(&line.0) else { return };
        bytes.push(b'\n');
        // In one piece, so that lines of several threads don't mix. There is
        // nobody to tell that a log can't be written.
        let _ = self.writer.make_writer_for(metadata).write_all(&bytes);
    }
}

impl Fields {
    fn put(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.insert(name, value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}"));
    }
}
