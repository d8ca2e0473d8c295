//! Which of several statements of one metric the wide tables use.

use crate::knowledge::Catalogue;
use crate::model::{Basis, Bound, Observation};

/// Marks one observation of each metric and applicant as chosen.
///
/// The order, the first difference deciding: a value before none; this year's sentence before another year's; exact
/// before approximate; a table before a sentence, a printed number before a zero in words, both before an inference;
/// the metric's own section before another; the earlier before the later. Two cells that are equal in all of this but
/// in value are both left out.
pub(super) fn choose(catalogue: &Catalogue, observations: &mut [Observation]) {
    let statement = |(at, one): (usize, &Observation)| ((one.metric, one.applicant), rank(catalogue, one), at);
    let mut statements: Vec<_> = observations.iter().enumerate().map(statement).collect();
    statements.sort_unstable();
    for same in statements.chunk_by(|one, next| one.0 == next.0) {
        let Some((_, best_rank, best)) = same.first() else { continue };
        let equals =
            same.iter().take_while(|(_, rank, _)| rank == best_rank).filter_map(|(.., at)| observations.get(*at));
        let mut cells = equals.filter(|one| one.basis == Basis::Cell);
        let Some(value) = observations.get(*best).and_then(|best| best.value) else { continue };
        // Two tables of one kind, of which nobody knows which is the report's.
        let is_contradicted = cells.any(|cell| cell.value != Some(value));
        let is_cell = observations.get(*best).is_some_and(|best| best.basis == Basis::Cell);
        if let Some(best) = observations.get_mut(*best).filter(|_| !(is_cell && is_contradicted)) {
            best.chosen = true;
        }
    }
}

fn rank(catalogue: &Catalogue, observation: &Observation) -> Rank {
    Rank::new(
        observation.basis,
        observation.value.is_some(),
        observation.stated_year.is_some(),
        observation.bound == Bound::Exact,
        catalogue.metric(observation.metric).section == observation.section,
    )
}

/// How well a statement speaks for its metric; the smaller the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    is_silent: bool,
    of_other_year: bool,
    is_bounded: bool,
    basis: u8,
    in_other_section: bool,
}

impl Rank {
    /// Of a statement with this basis.
    pub fn new(basis: Basis, has_value: bool, of_other_year: bool, is_exact: bool, in_own_section: bool) -> Rank {
        let basis = match basis {
            Basis::Reviewed | Basis::Cell => 0,
            Basis::Sentence => 1,
            Basis::StatedZero => 2,
            Basis::Derived => 3,
            Basis::Blank | Basis::NotApplicable | Basis::Illegible | Basis::AmbiguousColumn => 4,
        };
        Rank { is_silent: !has_value, of_other_year, is_bounded: !is_exact, basis, in_other_section: !in_own_section }
    }

    /// What decided against another statement.
    pub fn reason(self, other: Rank) -> &'static str {
        match () {
            () if self.is_silent != other.is_silent => "not used: it has no value",
            () if self.of_other_year != other.of_other_year => "not used: it names another year",
            () if self.is_bounded != other.is_bounded => "not used: it is only approximate",
            () if self.basis != other.basis => {
                "not used: a table goes before a sentence, and both before what is inferred"
            }
            () if self.in_other_section != other.in_other_section => "not used: it stands in another section",
            () => "not used: another statement stands before it",
        }
    }
}
