//! 7z, through `sevenz-rust2`.

use std::io::Read;

use sevenz_rust2::{ArchiveReader, Error, Password};

use super::names::harmless;
use super::{Given, Place, Source, reject};
use crate::record::{Reason, Reject};

pub(super) fn read(given: &mut Given<'_, '_>, source: &mut dyn Source, place: &Place) -> Result<(), Reject> {
    let mut archive = ArchiveReader::new(source, Password::empty()).map_err(|error| refused(&error))?;
    archive.set_thread_count(1);
    let mut stop = None;
    let read = archive.for_each_entries(|entry, content| {
        if entry.is_directory() {
            return Ok(true);
        }
        let mut next = || {
            let bytes = given.take(content)?;
            given.give(place, &harmless(entry.name()), None, bytes)
        };
        stop = next().err();
        // What is left of a member has to be passed over, or the next one begins in it.
        let passed = if stop.is_none() {
            std::io::copy(&mut content.take(given.meter.left()), &mut std::io::sink())
        } else {
            Ok(0)
        };
        Ok(stop.is_none() && passed.is_ok())
    });
    match stop {
        Some(stop) => Err(stop),
        None => read.map_err(|error| refused(&error)),
    }
}

fn refused(error: &Error) -> Reject {
    let text = format!("{error:?}");
    if matches!(error, Error::PasswordRequired | Error::MaybeBadPassword(_)) || text.contains("AES") {
        reject(Reason::Encrypted, "protected by a password")
    } else {
        reject(Reason::Unreadable, format!("damaged: {error}"))
    }
}
