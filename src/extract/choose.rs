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

/// Smaller is better.
fn rank(catalogue: &Catalogue, observation: &Observation) -> (bool, bool, bool, u8, bool) {
    let basis = match observation.basis {
        Basis::Cell => 0,
        Basis::Sentence => 1,
        Basis::StatedZero => 2,
        Basis::Derived => 3,
        Basis::Blank | Basis::NotApplicable | Basis::Illegible | Basis::AmbiguousColumn => 4,
    };
    let own_section = catalogue.metric(observation.metric).section == observation.section;
    (
        observation.value.is_none(),
        observation.stated_year.is_some(),
        observation.bound != Bound::Exact,
        basis,
        !own_section,
    )
}
