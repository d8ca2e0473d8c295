//! Dumps: a document a line of JSON, or a row of Parquet.

use std::io::{BufRead, Read};

use polars::prelude::{Column, DataType, ParquetReader, SerReader};
use serde_json::{Map, Value};

use super::names::harmless;
use super::{Columns, Given, Place, Source, damaged, reject};
use crate::decode::Container;
use crate::record::{Reason, Reject};

/// A line is so much longer than its text at most: quotes, escapes, other fields.
const OVERHEAD: u64 = 8;

/// Rows of Parquet that are in memory at a time.
const SLICE: usize = 4_096;

/// Which kind of dump a text begins, if any.
pub fn dump(head: &[u8], columns: &Columns) -> Option<Container> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let inside = head.strip_prefix(b"[").unwrap_or(head).trim_ascii_start();
    let is_json = inside.strip_prefix(b"{").is_some_and(|object| object.trim_ascii_start().starts_with(b"\""));
    if !is_json {
        return None;
    }
    let mut lines = head.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let (first, second) = (lines.next().unwrap_or_default(), lines.next());
    let by_lines = match serde_json::from_str::<Map<String, Value>>(&String::from_utf8_lossy(first)) {
        Ok(object) => second.is_some_and(|line| line.starts_with(b"{")) || has_text(&object, columns),
        // The first line is longer than the head, or broken; the lines of one object begin with blanks.
        Err(error) => {
            let is_long = error.is_eof() && second.is_none() && first.starts_with(b"{");
            is_long || second.is_some_and(|line| line.starts_with(b"{\""))
        }
    };
    Some(if by_lines { Container::JsonLines } else { Container::Json })
}

/// The value of the first of these fields that has one.
fn pick<'o>(object: &'o Map<String, Value>, names: &[String]) -> Option<&'o Value> {
    let filled = |value: &&Value| !value.is_null() && value.as_str() != Some("");
    names.iter().find_map(|name| object.get(name).filter(filled))
}

fn has_text(object: &Map<String, Value>, columns: &Columns) -> bool {
    columns.text.iter().any(|name| object.contains_key(name))
}

/// Reads JSON lines; a broken one is a document that was lost.
pub(super) fn read_lines(given: &mut Given<'_, '_>, source: &mut dyn BufRead, place: &Place) -> Result<(), Reject> {
    let longest = given.limits.member_bytes.saturating_mul(OVERHEAD);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = source.take(longest).read_until(b'\n', &mut line).map_err(|error| damaged(&error))?;
        if read == 0 {
            break;
        }
        given.meter.count(read as u64)?;
        if read as u64 == longest {
            return Err(reject(Reason::TooLarge, format!("line {number} has more than {longest} bytes")));
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let name = format!("line {number}");
        match serde_json::from_str::<Value>(&given.charset.text(&line)) {
            Ok(value) => object(given, place, &value, name)?,
            Err(error) => given.give(place, &name, None, Err(damaged(&error)))?,
        }
    }
    Ok(())
}

/// Reads one JSON value: an object, or a list of them.
pub(super) fn read_json(given: &mut Given<'_, '_>, source: &mut dyn Source, place: &Place) -> Result<(), Reject> {
    let bytes = given.take(source)??;
    let value: Value = serde_json::from_str(&given.charset.text(&bytes)).map_err(|error| damaged(&error))?;
    let list = match &value {
        Value::Array(list) => list.as_slice(),
        other => std::slice::from_ref(other),
    };
    let is_document = |value: &Value| value.as_object().is_some_and(|object| has_text(object, given.columns));
    if !list.iter().any(is_document) {
        return Err(no_text(given, "JSON without a field of text"));
    }
    for (at, value) in list.iter().enumerate() {
        object(given, place, value, format!("item {}", at + 1))?;
    }
    Ok(())
}

fn no_text(given: &Given<'_, '_>, what: &str) -> Reject {
    reject(Reason::NoText, format!("{what}; columns.text names {}", given.columns.text.join(", ")))
}

fn object(given: &mut Given<'_, '_>, place: &Place, value: &Value, name: String) -> Result<(), Reject> {
    let field = |names: &[String]| value.as_object().and_then(|object| pick(object, names)).and_then(printed);
    let columns = given.columns;
    let (text, id, url) = (field(&columns.text), field(&columns.id), field(&columns.url));
    row(given, place, (id.unwrap_or(name), url, text.map(String::into_bytes)))
}

fn printed(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn row(
    given: &mut Given<'_, '_>,
    place: &Place,
    (name, url, text): (String, Option<String>, Option<Vec<u8>>),
) -> Result<(), Reject> {
    let limit = given.limits.member_bytes;
    let content = match text {
        None => Err(reject(Reason::Empty, "the field of the text is empty")),
        Some(text) if text.len() as u64 > limit => Err(reject(Reason::TooLarge, format!("more than {limit} bytes"))),
        Some(text) => Ok(text),
    };
    // A text is a text: nobody packs an archive into a field.
    given.hand_over(&format!("{}{}", place.prefix, harmless(&name)), url, content)
}

/// Reads a table, some rows at a time.
pub(super) fn read_parquet(given: &mut Given<'_, '_>, source: &mut dyn Source, place: &Place) -> Result<(), Reject> {
    let mut bytes = Vec::new();
    source.take(given.meter.left()).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    let bytes: std::sync::Arc<[u8]> = bytes.into();
    let open = || ParquetReader::new(std::io::Cursor::new(std::sync::Arc::clone(&bytes)));
    let mut reader = open();
    let schema = reader.schema().map_err(|error| damaged(&error))?;
    let rows = reader.num_rows().map_err(|error| damaged(&error))?;
    let find = |names: &[String]| names.iter().find(|name| schema.contains(name)).cloned();
    let columns = [find(&given.columns.text), find(&given.columns.id), find(&given.columns.url)];
    if columns[0].is_none() {
        return Err(no_text(given, "a table without a column of texts"));
    }
    let wanted: Vec<String> = columns.iter().flatten().cloned().collect();
    for first in (0..rows).step_by(SLICE) {
        let slice = open().with_columns(Some(wanted.clone())).with_slice(Some((first, SLICE)));
        let frame = slice.finish().map_err(|error| damaged(&error))?;
        // Bytes may be in any encoding, and a document's are read like those of a file.
        let [texts, ids, urls] = [0, 1, 2].map(|at| {
            let column = columns[at].as_ref().and_then(|name| frame.column(name).ok());
            let bytes =
                column.and_then(|column| column.cast(&DataType::String).or_else(|_| Ok::<_, ()>(column.clone())).ok());
            bytes.and_then(|column| column.cast(&DataType::Binary).ok())
        });
        let at = |column: &Option<Column>, row: usize| {
            column.as_ref().and_then(|column| column.binary().ok()?.get(row).map(<[u8]>::to_vec))
        };
        let words =
            |given: &Given<'_, '_>, bytes: Option<Vec<u8>>| bytes.map(|bytes| given.charset.text(&bytes).into_owned());
        for offset in 0..frame.height() {
            let text = at(&texts, offset);
            given.meter.count(text.as_ref().map_or(0, |text| text.len() as u64))?;
            let name = words(given, at(&ids, offset)).unwrap_or_else(|| format!("row {}", first + offset + 1));
            let url = words(given, at(&urls, offset));
            row(given, place, (name, url, text))?;
        }
    }
    Ok(())
}
