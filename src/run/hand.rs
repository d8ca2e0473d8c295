//! From the bytes of one document to its rows, whoever reads it: a thread of a build, or a worker.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::load::{Beside, document};
use crate::knowledge::Knowledge;
use crate::model::Source;
use crate::overlay::Overlay;
use crate::reader::Readers;
use crate::record::{Reason, Reject};
use crate::tabulate::facts::Facts;
use crate::tabulate::likeness::Likeness;

/// Gives the bytes of a file beside a document, by its name.
pub(super) type Look<'l> = dyn Fn(&str) -> Option<Vec<u8>> + 'l;

/// What a document is read with.
#[derive(Clone, Copy)]
pub(super) struct Hand<'r> {
    pub(super) knowledge: &'r Knowledge,
    pub(super) overlay: &'r Overlay,
    pub(super) readers: &'r Readers,
}

impl Hand<'_> {
    /// Reads a document into rows, the `at`th of them; `look` gives the files beside it, where there are any that may be
    /// attached. Says whether it met a fault that may pass: the same bytes may give other rows the next time.
    pub(super) fn read(
        &self,
        (source, bytes): (Source, &[u8]),
        look: Option<&Look<'_>>,
        at: usize,
        facts: &mut Facts,
    ) -> bool {
        let (path, passing) = (source.path.clone(), Cell::new(false));
        let lost = |reject: &Reject| passing.set(passing.get() || reject.reason.is_passing());
        let beside = look.map(|bytes| Beside { bytes, lost: &lost });
        // A fault of this program that one file meets costs that file's row, not the build.
        let read = catch_unwind(AssertUnwindSafe(|| document(self.knowledge, self.readers, (source, bytes), beside)));
        let fault = || Reject {
            stage: "extract",
            reason: Reason::Panic,
            detail: "the program met a fault of its own; please report the file".to_owned(),
        };
        match read.unwrap_or_else(|_| Err(fault())) {
            Ok(mut record) => {
                // Copies print the same, whatever is corrected in one of them.
                let likeness = Likeness::of(self.knowledge, &record);
                self.overlay.apply(&mut record);
                facts.record(self.knowledge, &record, likeness, at);
            }
            Err(reject) => {
                facts.reject(&path, bytes.len() as u64, &reject, at);
                lost(&reject);
            }
        }
        passing.get()
    }
}
