//! WARC: the answers that a crawler kept, as the pages that they carried.

use std::io::{BufRead, Read};

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::{Given, Place, damaged, reject};
use crate::record::{Reason, Reject};

/// A line of a header has fewer bytes than this.
const LONGEST_LINE: u64 = 64 * 1024;

/// A header has fewer lines than this.
const MOST_LINES: usize = 1_000;

/// Fields of a header, their names in lower case.
type Fields = Vec<(String, String)>;

/// Reads all records; requests, metadata and repetitions are no documents.
pub(super) fn read(given: &mut Given<'_, '_>, mut source: &mut dyn BufRead, place: &Place) -> Result<(), Reject> {
    let mut number = 0_usize;
    while let Some(fields) = header(source)? {
        number += 1;
        let length = field(&fields, "content-length").and_then(|length| length.trim().parse::<u64>().ok());
        let length = length.ok_or_else(|| damaged(&format!("record {number} does not say how long it is")))?;
        let mut record = Read::take(&mut source, length);
        let url = field(&fields, "warc-target-uri").map(|url| url.trim_matches(['<', '>']).to_owned());
        let name = url.clone().unwrap_or_else(|| format!("record {number}"));
        let content = match field(&fields, "warc-type").unwrap_or_default() {
            "response" => Some(given.take(&mut record)?.and_then(|bytes| answer(given, bytes))),
            "resource" | "conversion" => Some(given.take(&mut record)?),
            _ => None,
        };
        let passed = std::io::copy(&mut record, &mut std::io::sink()).map_err(|error| damaged(&error))?;
        given.meter.count(passed)?;
        if record.limit() > 0 {
            return Err(damaged(&format!("record {number} is cut off")));
        }
        if let Some(content) = content {
            given.give(place, &super::names::harmless(&name), url, content)?;
        }
    }
    Ok(())
}

/// The fields up to the next empty line; `None` at the end of the file.
fn header(source: &mut dyn BufRead) -> Result<Option<Fields>, Reject> {
    let mut fields = Fields::new();
    for number in 0..MOST_LINES {
        let mut line = Vec::new();
        source.take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(|error| damaged(&error))?;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        match text.split_once(':') {
            _ if line.is_empty() => return Ok((!fields.is_empty()).then_some(fields)),
            _ if text.is_empty() && !fields.is_empty() => return Ok(Some(fields)),
            Some((name, value)) => fields.push((name.trim().to_lowercase(), value.trim().to_owned())),
            // The version line, and empty lines between records.
            None if text.is_empty() || text.starts_with("WARC/") || text.starts_with("HTTP/") => {}
            None => return Err(damaged(&format!("line {number} of a header has no field"))),
        }
    }
    Err(damaged(&"a header without an end"))
}

fn field<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// The page that an answer of a server carries.
fn answer(given: &Given<'_, '_>, bytes: Vec<u8>) -> Result<Vec<u8>, Reject> {
    let mut rest = bytes.as_slice();
    let status = rest.split(|byte| *byte == b'\n').next().map(|line| String::from_utf8_lossy(line).into_owned());
    let status = status.unwrap_or_default();
    if !status.starts_with("HTTP/") {
        return Ok(bytes);
    }
    let code = status.split_whitespace().nth(1).unwrap_or_default().to_owned();
    if code != "200" {
        return Err(reject(Reason::Empty, format!("the server answered {code}, not with a page")));
    }
    let fields = http_header(&mut rest);
    let says = |name: &str, value: &str| field(&fields, name).is_some_and(|found| found.to_lowercase().contains(value));
    let body =
        if says("transfer-encoding", "chunked") { unchunked(rest).unwrap_or(rest.to_vec()) } else { rest.to_vec() };
    let limit = given.limits.member_bytes;
    let mut page = Vec::new();
    // Some crawlers unpack the page and leave the field.
    let unpacked = match body.as_slice() {
        [0x1F, 0x8B, ..] if says("content-encoding", "gzip") => {
            MultiGzDecoder::new(body.as_slice()).take(limit).read_to_end(&mut page)
        }
        [0x78, ..] if says("content-encoding", "deflate") => {
            ZlibDecoder::new(body.as_slice()).take(limit).read_to_end(&mut page)
        }
        _ => return Ok(body),
    };
    unpacked.map_err(|error| damaged(&error))?;
    Ok(page)
}

/// The fields that can be read up to the empty line: servers write what they like.
fn http_header(rest: &mut &[u8]) -> Fields {
    let mut fields = Fields::new();
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let line = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).trim().to_owned();
        *rest = rest.get(end + 1..).unwrap_or_default();
        match line.split_once(':') {
            _ if line.is_empty() => break,
            Some((name, value)) => fields.push((name.trim().to_lowercase(), value.trim().to_owned())),
            None => {}
        }
    }
    fields
}

/// The body without the lengths between its chunks; `None` when there are none.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(rest.len());
    loop {
        let end = memchr::memchr(b'\n', rest)?;
        let line = std::str::from_utf8(rest.get(..end)?).ok()?;
        let length = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        rest = rest.get(end + 1..)?;
        if length == 0 {
            return Some(body);
        }
        let end = length.checked_add(2)?;
        body.extend_from_slice(rest.get(..length)?);
        rest = rest.get(end..)?;
    }
}
