//! Files whose tables a report beside them speaks: they are no reports of their own, and their figures stand once.

use std::collections::BTreeSet;

use super::parts::Parts;
use crate::error::Error;

/// Paths of the documents that are attached to a report.
///
/// # Errors
/// When the parts cannot be read.
pub(super) fn paths(parts: Parts<'_>) -> Result<BTreeSet<String>, Error> {
    let mut paths = BTreeSet::new();
    let named = |frame: polars::prelude::DataFrame| {
        let column = frame.column("attachment")?.str()?;
        Ok(column.iter().flatten().map(str::to_owned).collect::<BTreeSet<String>>())
    };
    parts.for_each("observations", Some(&["attachment"]), named, |some| {
        paths.extend(some);
        Ok(())
    })?;
    Ok(paths)
}
