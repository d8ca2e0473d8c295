//! Whether a run may go on: nobody has interrupted it, and it holds no more memory than it may.

use std::sync::atomic::Ordering;

use super::INTERRUPTED;
use crate::config::Config;
use crate::error::Error;

/// Looked at between tasks.
///
/// # Errors
/// Why it must stop.
pub(super) fn proceed(config: &Config) -> Result<(), Error> {
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Err(Error::Interrupted);
    }
    let most = config.build.max_memory_bytes;
    let held = if most > 0 { memory("VmRSS:") } else { None };
    held.filter(|held| *held > most).map_or(Ok(()), |held| Err(Error::Memory { held, most }))
}

/// What the system says of this process's memory, in bytes: `VmRSS:` what it holds, `VmHWM:` the most that it has held.
pub(super) fn memory(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix(field))?.trim().strip_suffix("kB")?;
    Some(kilobytes.trim().parse::<u64>().ok()? * 1024)
}
