//! What a manifest says of the columns of its files.

use super::{Column, Kind};
use crate::sources::inventory::line::shortened;

/// How a format writes its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Spelling {
    /// `message s3.inventory { required binary bucket (UTF8); … }`
    Message,
    /// `struct<bucket:string,…>`
    Struct,
}

/// The columns that are read and that a manifest names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Named(u16);

impl Named {
    pub(in super::super) fn has(self, column: Column) -> bool {
        self.0 & (1 << column as u16) != 0
    }

    fn with(self, column: Column) -> Self {
        Self(self.0 | 1 << column as u16)
    }

    /// Reads a manifest's fileSchema.
    ///
    /// # Errors
    /// When bucket or key is missing, or a column that is read is there twice
    /// or has a type that it can't have.
    pub(in super::super) fn parse(text: &str, spelling: Spelling) -> Result<Self, String> {
        let columns = match spelling {
            Spelling::Message => message(text),
            Spelling::Struct => fields(text),
        };
        let columns = columns
            .ok_or_else(|| format!("its fileSchema can't be read: '{}'", shortened(text)))?;
        let mut named = Self::default();
        for (name, kind) in columns {
            let Some(column) = Column::of(name) else { continue };
            if named.has(column) {
                return Err(format!("its fileSchema names the column '{name}' twice"));
            }
            if !fits(column.kind(), kind, spelling) {
                return Err(format!("its fileSchema says that {name} is {kind}"));
            }
            named = named.with(column);
        }
        match [Column::Bucket, Column::Key].into_iter().find(|needed| !named.has(*needed)) {
            Some(needed) => Err(format!("its fileSchema has no column {}", needed.name())),
            None => Ok(named),
        }
    }

    /// Holds the columns of a file against those of the manifest.
    ///
    /// # Errors
    /// When one of them has a column that the other hasn't.
    pub(in super::super) fn agrees(self, file: impl Fn(Column) -> bool) -> Result<(), String> {
        for column in Column::ALL {
            let name = column.name();
            match (self.has(column), file(column)) {
                (true, false) => {
                    return Err(format!("it has no column {name}, which the fileSchema names"));
                }
                (false, true) => {
                    return Err(format!("it has a column {name}, which the fileSchema lacks"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Names and types. Only the first three words of a column matter: what
/// stands behind the name tells what its bytes mean, and the file decides.
fn message(text: &str) -> Option<Vec<(&str, &str)>> {
    let body = text.trim().strip_prefix("message")?.trim_end().strip_suffix('}')?;
    let (_, body) = body.split_once('{')?;
    let columns = body.split(';').map(str::trim).filter(|column| !column.is_empty());
    columns
        .map(|column| {
            let mut words = column.split([' ', '\t', '\r', '\n', '(']).filter(|w| !w.is_empty());
            let (_, kind, name) = (words.next()?, words.next()?, words.next()?);
            Some((name, kind))
        })
        .collect()
}

fn fields(text: &str) -> Option<Vec<(&str, &str)>> {
    let body = text.trim().strip_prefix("struct<")?.strip_suffix('>')?;
    let (mut depth, mut start, mut found) = (0_i32, 0, Vec::new());
    for (at, letter) in body.char_indices().chain([(body.len(), ',')]) {
        match letter {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                let (name, kind) = body[start..at].split_once(':')?;
                found.push((name.trim(), kind.trim()));
                start = at + 1;
            }
            _ => {}
        }
    }
    (depth == 0).then_some(found)
}

fn fits(kind: Kind, word: &str, spelling: Spelling) -> bool {
    let plain = word.split('(').next().unwrap_or(word);
    match (spelling, kind) {
        (Spelling::Message, Kind::Text) => plain == "binary",
        (Spelling::Message, Kind::Truth) => plain == "boolean",
        (Spelling::Message, Kind::Whole) => matches!(plain, "int64" | "int32"),
        (Spelling::Message, Kind::Time) => matches!(plain, "int64" | "int96"),
        (Spelling::Struct, Kind::Text) => matches!(plain, "string" | "varchar" | "char"),
        (Spelling::Struct, Kind::Truth) => plain == "boolean",
        (Spelling::Struct, Kind::Whole) => matches!(plain, "bigint" | "int"),
        (Spelling::Struct, Kind::Time) => plain.starts_with("timestamp"),
    }
}
