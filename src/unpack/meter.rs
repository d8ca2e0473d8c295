//! How much has come out of a file: the guard against files made to unpack to more than any disk holds.

use super::{Limits, reject};
use crate::record::{Reason, Reject};

/// Counts bytes against a budget.
pub(super) struct Meter {
    spent: u64,
    budget: u64,
}

impl Meter {
    pub(super) fn new(limits: &Limits, size: u64) -> Meter {
        Meter { spent: 0, budget: size.saturating_mul(limits.ratio).max(limits.least) }
    }

    /// Counts bytes that came out.
    pub(super) fn count(&mut self, bytes: u64) -> Result<(), Reject> {
        self.spent = self.spent.saturating_add(bytes);
        if self.spent > self.budget {
            let budget = self.budget;
            return Err(reject(
                Reason::Bomb,
                format!("it unpacks to more than {budget} bytes, as no honest file does"),
            ));
        }
        Ok(())
    }

    /// Bytes that may still come.
    pub(super) fn left(&self) -> u64 {
        self.budget.saturating_sub(self.spent)
    }
}
