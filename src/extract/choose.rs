//! Which of several statements of one metric the wide tables use.

use std::collections::{BTreeMap, BTreeSet};

use crate::knowledge::Catalogue;
use crate::model::{ApplicantId, Basis, Bound, MetricId, Observation};

/// Marks one observation of each metric and applicant as chosen.
///
/// The order, the first difference deciding: a value before none; this year's sentence before another year's; exact
/// before approximate; a table before a sentence, a printed number before a zero in words, both before an inference;
/// the metric's own section before another; the earlier before the later. Two cells that are equal in all of this but
/// in value are both left out.
pub(super) fn choose(catalogue: &Catalogue, observations: &mut [Observation]) {
    let mut best: BTreeMap<(MetricId, Option<ApplicantId>), usize> = BTreeMap::new();
    for (at, observation) in observations.iter().enumerate() {
        let key = (observation.metric, observation.applicant);
        let rank = |at: usize| observations.get(at).map(|observation| rank(catalogue, observation));
        if best.get(&key).is_none_or(|known| rank(at) < rank(*known)) {
            best.insert(key, at);
        }
    }
    let contradicted = contradicted(catalogue, observations, &best);
    for at in best.into_values().filter(|at| !contradicted.contains(at)) {
        if let Some(observation) = observations.get_mut(at) {
            observation.chosen = observation.value.is_some();
        }
    }
}

/// Cells that another cell of the same rank contradicts: two tables of one kind, of which nobody knows which is the
/// report's.
fn contradicted(
    catalogue: &Catalogue,
    observations: &[Observation],
    best: &BTreeMap<(MetricId, Option<ApplicantId>), usize>,
) -> BTreeSet<usize> {
    let rival = |(_, other): &(usize, &Observation)| {
        let at = best.get(&(other.metric, other.applicant))?;
        let one = observations.get(*at)?;
        let rivals = one.basis == Basis::Cell && other.basis == Basis::Cell && one.value != other.value;
        (rivals && rank(catalogue, one) == rank(catalogue, other)).then_some(*at)
    };
    observations.iter().enumerate().filter_map(|pair| rival(&pair)).collect()
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
