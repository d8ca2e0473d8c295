//! Arrow streams whose end is seen.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The last bytes of a stream that was ended, not cut off.
const END: u64 = 0x0000_0000_ffff_ffff;

/// A stream that remembers the last eight bytes that were read of it.
pub(super) struct Watched<R> {
    stream: R,
    last: Arc<AtomicU64>,
}

/// Tells how a watched stream has ended.
#[derive(Clone)]
pub(super) struct Ending(Arc<AtomicU64>);

impl<R> Watched<R> {
    pub(super) fn new(stream: R) -> (Watched<R>, Ending) {
        let last = Arc::new(AtomicU64::new(0));
        (Watched { stream, last: last.clone() }, Ending(last))
    }
}

impl Ending {
    /// Whether what was read last is the end of a stream.
    pub(super) fn is_seen(&self) -> bool {
        self.0.load(Ordering::Relaxed) == END
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        let mut last = self.last.load(Ordering::Relaxed).to_le_bytes();
        for byte in buffer.get(read.saturating_sub(last.len())..read).unwrap_or_default() {
            last.rotate_left(1);
            last[last.len() - 1] = *byte;
        }
        self.last.store(u64::from_le_bytes(last), Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_from_a_cut() {
        let read = |bytes: &[u8], step: usize| {
            let (mut stream, ending) = Watched::new(bytes);
            let mut buffer = vec![0; step];
            while stream.read(&mut buffer).unwrap() > 0 {}
            ending.is_seen()
        };
        let ended = [1, 2, 3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        for step in 1..12 {
            assert!(read(&ended, step));
            assert!(!read(&ended[..ended.len() - 1], step));
            assert!(!read(&[], step));
        }
    }
}
