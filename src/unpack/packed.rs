//! Compressed files: gzip, bzip2, xz and zstd, of a tape, of a dump, or of one file.

use std::io::{BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::names::harmless;
use super::{Given, Place, Source, crawl, damaged, rows, tape};
use crate::decode::{Container, Kind};
use crate::record::Reject;

/// Bytes that are looked at to tell what was compressed.
const HEAD: usize = 64 * 1024;

/// Reads a compressed file called `name`.
pub(super) fn read(
    given: &mut Given<'_, '_>,
    container: Container,
    source: &mut dyn Source,
    name: &str,
    place: &Place,
) -> Result<(), Reject> {
    let source = BufReader::new(source);
    let (stored, unpacked): (Vec<u8>, Box<dyn Read>) = match container {
        Container::Bzip2 => (Vec::new(), Box::new(bzip2::bufread::MultiBzDecoder::new(source))),
        Container::Xz => (Vec::new(), Box::new(lzma_rust2::XzReader::new(source, true))),
        Container::Zstd => {
            (Vec::new(), Box::new(zstd::stream::read::Decoder::with_buffer(source).map_err(|error| damaged(&error))?))
        }
        _ => {
            let decoder = MultiGzDecoder::new(source);
            let stored = decoder.header().and_then(|header| header.filename()).unwrap_or_default().to_vec();
            (stored, Box::new(decoder))
        }
    };
    let mut stream = BufReader::with_capacity(HEAD, unpacked);
    let head = stream.fill_buf().map_err(|error| damaged(&error))?.to_vec();
    match Kind::of(&head) {
        Kind::Container(Container::Tar) => return tape::read(given, &mut stream, place),
        Kind::Container(Container::Warc) => return crawl::read(given, &mut stream, place),
        Kind::Text if rows::dump(&head, given.columns) == Some(Container::JsonLines) => {
            return rows::read_lines(given, &mut stream, place);
        }
        _ => {}
    }
    let name = if stored.is_empty() {
        let base = name.rsplit('/').next().unwrap_or(name);
        let endings = [".gz", ".bz2", ".xz", ".zst"];
        harmless(endings.iter().find_map(|ending| base.strip_suffix(ending)).unwrap_or(base))
    } else {
        given.charset.name(&stored)
    };
    let content = given.take(&mut Forgiving { stream, whole: false })?;
    match content {
        // A container that was compressed as a whole is as if it had not been.
        Ok(bytes) if place.depth == 0 => match Kind::of(&bytes) {
            Kind::Container(container) => {
                let prefix = format!("{}{name}!/", place.prefix);
                given.open(container, &mut Cursor::new(bytes), &name, &prefix, place.depth + 1)
            }
            _ => given.give(place, &name, None, Ok(bytes)),
        },
        content => given.give(place, &name, None, content),
    }
}

/// Tapes and disks fill a file up with blanks: an error where the next member would begin is the end.
struct Forgiving<R> {
    stream: R,
    /// Whether something was read.
    whole: bool,
}

impl<R: Read> Read for Forgiving<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.stream.read(buffer) {
            Ok(count) => {
                self.whole |= count > 0;
                Ok(count)
            }
            Err(error) if self.whole && error.to_string().contains("invalid gzip header") => Ok(0),
            Err(error) => Err(error),
        }
    }
}
