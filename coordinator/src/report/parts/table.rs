//! Parts as Parquet: a part is a file with one row group, so that whoever
//! bounds a part bounds the row group. Text is exact, types are real, and
//! what is empty is null.

use std::io;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use reseal_core::{OutcomeRow, Timestamp};

use super::Filling;
use crate::report::columns::{RowKind, Says};

/// Who wrote it, for readers that know of others' mistakes by it. No release
/// is in it: a job's parts are compared byte by byte.
const WRITER: &str = "reseal version 1";
/// Rows that make a part full, however few bytes they hold.
const ROWS: usize = 100_000;
/// Values that are handed over at a time.
const BATCH: usize = 1024;

pub(super) struct Table {
    schema: TypePtr,
    properties: WriterPropertiesPtr,
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    pub(super) fn new(kind: RowKind) -> io::Result<Self> {
        let mut fields = Vec::new();
        for (name, says) in kind.columns() {
            fields.push(Arc::new(field(name, *says)?));
        }
        let schema = Type::group_type_builder("row").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_created_by(WRITER.to_owned())
            .set_compression(Compression::SNAPPY)
            .build();
        let columns = kind.columns().iter().map(|(_, says)| Column::new(*says)).collect();
        Ok(Self { schema: Arc::new(schema), properties: Arc::new(properties), columns, rows: 0 })
    }
}

impl Filling for Table {
    fn add(&mut self, row: &OutcomeRow) -> io::Result<()> {
        self.rows += 1;
        self.columns.iter_mut().try_for_each(|column| column.add(row))
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn bytes(&self) -> usize {
        self.columns.iter().map(|column| column.bytes).sum()
    }

    fn is_full(&self, bytes: usize) -> bool {
        self.bytes() >= bytes || self.rows >= ROWS
    }

    fn pack(&mut self) -> io::Result<Vec<u8>> {
        let (schema, properties) = (self.schema.clone(), self.properties.clone());
        let mut file = SerializedFileWriter::new(Vec::new(), schema, properties)?;
        if self.rows > 0 {
            let mut group = file.next_row_group()?;
            for column in &mut self.columns {
                let out = group.next_column()?;
                let mut out = out.ok_or_else(|| io::Error::other("a column has no writer"))?;
                column.write(&mut out)?;
                out.close()?;
            }
            group.close()?;
        }
        Ok(file.into_inner()?)
    }

    /// Byte by byte: somebody else's Parquet is nothing to decode for this.
    fn is_said_by(&self, there: &[u8], packed: &[u8]) -> bool {
        there == packed
    }

    fn clear(&mut self) {
        self.rows = 0;
        for column in &mut self.columns {
            *column = Column::new(column.says);
        }
    }
}

fn field(name: &str, says: Says) -> io::Result<Type> {
    let (physical, logical) = match says {
        Says::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Says::Flag(_) => (Physical::BOOLEAN, None),
        Says::Size(_) => (Physical::INT64, None),
        Says::Count(_) => (Physical::INT32, None),
        Says::Time(_) => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
    };
    let field = Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    Ok(field.build()?)
}

/// A column's values, those that are there.
struct Column {
    says: Says,
    /// For each row 1 where it says something, else 0.
    levels: Vec<i16>,
    values: Values,
    /// What all that takes in memory.
    bytes: usize,
}

enum Values {
    /// All text in one piece, and the length of each value.
    Texts(Vec<u8>, Vec<usize>),
    Flags(Vec<bool>),
    Int32s(Vec<i32>),
    Int64s(Vec<i64>),
}

impl Column {
    fn new(says: Says) -> Self {
        let values = match says {
            Says::Text(_) => Values::Texts(Vec::new(), Vec::new()),
            Says::Flag(_) => Values::Flags(Vec::new()),
            Says::Count(_) => Values::Int32s(Vec::new()),
            Says::Size(_) | Says::Time(_) => Values::Int64s(Vec::new()),
        };
        Self { says, levels: Vec::new(), values, bytes: 0 }
    }

    fn add(&mut self, row: &OutcomeRow) -> io::Result<()> {
        let taken = match (self.says, &mut self.values) {
            (Says::Text(says), Values::Texts(all, lengths)) => {
                let text = Some(says(row)).filter(|text| !text.is_empty());
                text.map(|text| {
                    all.extend_from_slice(text.as_bytes());
                    lengths.push(text.len());
                    text.len() + size_of::<usize>()
                })
            }
            (Says::Flag(says), Values::Flags(all)) => keep(all, says(row)),
            (Says::Count(says), Values::Int32s(all)) => {
                keep(all, Some(i32::try_from(says(row)).map_err(io::Error::other)?))
            }
            (Says::Size(says), Values::Int64s(all)) => {
                let size = says(row).map(i64::try_from).transpose();
                keep(all, size.map_err(io::Error::other)?)
            }
            (Says::Time(says), Values::Int64s(all)) => {
                keep(all, says(row).map(micros).transpose()?)
            }
            _ => return Err(io::Error::other("a column holds what it doesn't say")),
        };
        self.levels.push(i16::from(taken.is_some()));
        self.bytes += taken.unwrap_or(0) + size_of::<i16>();
        Ok(())
    }

    fn write(&mut self, out: &mut SerializedColumnWriter<'_>) -> io::Result<()> {
        let levels = &self.levels;
        match &mut self.values {
            Values::Texts(all, lengths) => {
                let (all, mut from) = (ByteArray::from(std::mem::take(all)), 0);
                let texts = lengths.iter().map(|length| {
                    from += length;
                    all.slice(from - length, *length)
                });
                hand_over::<ByteArrayType>(out, levels, texts)
            }
            Values::Flags(all) => hand_over::<BoolType>(out, levels, all.iter().copied()),
            Values::Int32s(all) => hand_over::<Int32Type>(out, levels, all.iter().copied()),
            Values::Int64s(all) => hand_over::<Int64Type>(out, levels, all.iter().copied()),
        }
    }
}

fn hand_over<T: DataType>(
    out: &mut SerializedColumnWriter<'_>,
    levels: &[i16],
    mut values: impl Iterator<Item = T::T>,
) -> io::Result<()> {
    for levels in levels.chunks(BATCH) {
        let there = levels.iter().filter(|level| **level > 0).count();
        let batch: Vec<T::T> = values.by_ref().take(there).collect();
        out.typed::<T>().write_batch(&batch, Some(levels), None)?;
    }
    Ok(())
}

/// Gives the bytes that it takes.
fn keep<T>(all: &mut Vec<T>, value: Option<T>) -> Option<usize> {
    all.push(value?);
    Some(size_of::<T>())
}

/// Microseconds since the Unix epoch.
fn micros(time: Timestamp) -> io::Result<i64> {
    let micros = time.as_millis().checked_mul(1_000);
    micros.ok_or_else(|| io::Error::other(format!("{time} is beyond what Parquet can hold")))
}
