//! Which of several statements of one metric the wide tables use.

use std::collections::BTreeMap;

use crate::knowledge::Catalogue;
use crate::model::{ApplicantId, Basis, Bound, MetricId, Observation};

/// Marks one observation of each metric and applicant as chosen.
///
/// The order, the first difference deciding: a value before none; this year's sentence before another year's; exact
/// before approximate; a table before a sentence, a printed number before a zero in words, both before an inference;
/// the metric's own section before another; the earlier before the later.
pub(super) fn choose(catalogue: &Catalogue, observations: &mut [Observation]) {
    let mut best: BTreeMap<(MetricId, Option<ApplicantId>), usize> = BTreeMap::new();
    for (at, observation) in observations.iter().enumerate() {
        let key = (observation.metric, observation.applicant);
        let rank = |at: usize| observations.get(at).map(|observation| rank(catalogue, observation));
        if best.get(&key).is_none_or(|known| rank(at) < rank(*known)) {
            best.insert(key, at);
        }
    }
    for at in best.into_values() {
        if let Some(observation) = observations.get_mut(at) {
            observation.chosen = observation.value.is_some();
        }
    }
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
