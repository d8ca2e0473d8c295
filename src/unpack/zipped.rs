//! Zip, through the `zip` crate; names that do not say that they are UTF-8 are in the packer's own encoding.

use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipError;

use super::names::harmless;
use super::{Given, Place, Source, damaged, reject};
use crate::record::{Reason, Reject};

pub(super) fn read(given: &mut Given<'_, '_>, source: &mut dyn Source, place: &Place) -> Result<(), Reject> {
    let mut archive = ZipArchive::new(BufReader::new(source)).map_err(|error| damaged(&error))?;
    let count = archive.len() as u64;
    if count > given.limits.members {
        return Err(reject(Reason::Bomb, format!("{count} files in it")));
    }
    let mut raw: Vec<Vec<u8>> = Vec::with_capacity(archive.len());
    for at in 0..archive.len() {
        raw.push(archive.by_index_raw(at).map(|member| member.name_raw().to_vec()).unwrap_or_default());
    }
    let encoding = given.charset.encoding(raw.iter().map(Vec::as_slice));
    let decoded = |raw: &[u8]| harmless(&encoding.decode_without_bom_handling(raw).0);
    for (at, raw) in raw.iter().enumerate() {
        if raw.ends_with(b"/") || raw.ends_with(b"\\") {
            continue;
        }
        let (name, content) = match archive.by_index(at) {
            Ok(member) if member.is_symlink() || member.is_dir() => continue,
            Ok(mut member) => {
                // The crate reads the flag and the extra field; a name that it takes for CP437 is ours to decode.
                let name = match member.name() {
                    Ok(name) if name.as_bytes() == raw.as_slice() || std::str::from_utf8(raw).is_ok() => {
                        harmless(&name)
                    }
                    _ => decoded(raw),
                };
                let content = given.take(&mut member)?;
                (name, content)
            }
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => {
                (decoded(raw), Err(reject(Reason::Encrypted, "protected by a password")))
            }
            Err(error) => (decoded(raw), Err(damaged(&error))),
        };
        given.give(place, &name, None, content)?;
    }
    // The crate keeps the last of several members with one name.
    let directory = archive.central_directory_start();
    let entries = entries(&mut archive.into_inner(), directory).unwrap_or(0);
    if let Some(lost) = entries.checked_sub(raw.len()).filter(|lost| *lost > 0) {
        return Err(reject(
            Reason::Unreadable,
            format!("{lost} files in it have the name of another one, and are not read"),
        ));
    }
    Ok(())
}

/// Entries of the directory at the archive's end, as far as it can be followed.
fn entries(source: &mut (impl Read + Seek), directory: u64) -> std::io::Result<usize> {
    source.seek(SeekFrom::Start(directory))?;
    let mut count = 0;
    let mut header = [0_u8; 46];
    while source.read_exact(&mut header).is_ok() && header.starts_with(b"PK\x01\x02") {
        let length = |at: usize| i64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        source.seek_relative(length(28) + length(30) + length(32))?;
        count += 1;
    }
    Ok(count)
}
