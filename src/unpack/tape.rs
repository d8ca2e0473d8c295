//! Tar, through the `tar` crate.

use std::io::Read;

use super::{Given, Place, damaged, reject};
use crate::record::{Reason, Reject};

/// Reads a tar, bare or as it comes out of a decompressor.
pub(super) fn read(given: &mut Given<'_, '_>, source: &mut dyn Read, place: &Place) -> Result<(), Reject> {
    // What is passed over has to be unpacked too, so the whole tape has the file's budget.
    let budget = given.meter.left().saturating_mul(2);
    let mut tape = tar::Archive::new(source.take(budget));
    for entry in tape.entries().map_err(|error| damaged(&error))? {
        let mut entry = entry.map_err(|error| damaged(&error))?;
        let kind = entry.header().entry_type();
        let is_link = kind.is_hard_link() || kind.is_symlink();
        if !is_link && !kind.is_file() && !kind.is_gnu_sparse() {
            continue;
        }
        let raw = entry.path_bytes().into_owned();
        let name = given.charset.name(&raw);
        let content = if is_link {
            let target = entry.link_name_bytes().map(|target| given.charset.name(&target)).unwrap_or_default();
            Err(reject(Reason::Symlink, format!("a link to {target}: only what it points to is read")))
        } else {
            given.take(&mut entry)?
        };
        given.give(place, &name, None, content)?;
    }
    Ok(())
}
