//! Reports that repeat another year's or another body's: a suspicion, told as a check, never a reason to drop one.

use std::collections::BTreeMap;

use super::columns::{Cell, Columns};
use super::copies::{Copy, Document, Key};
use super::likeness::Figures;
use super::schema;
use crate::knowledge::{CheckKind, CheckRule, Knowledge, Lineage};
use crate::number::ONE;
use crate::record::Status;

/// The same figures in two years are no chance when they have so many digits, zeros and repetitions apart.
const DIGITS: usize = 4;

/// Two bodies have more in common than two years of one: so many must be the same.
const TOLD_BY_OTHERS: usize = 5;

/// Percentage of the prose that is hardly ever alike by itself.
const ALIKE: usize = 95;

/// The checks of every report against its body's year before and against other bodies' of its year.
pub(super) fn check(knowledge: &Knowledge, lineage: &Lineage, documents: &[Document], copies: &[Copy]) -> Columns {
    let mut rows = Columns::new(schema::fixed("checks"));
    let Some(rule) = knowledge.rules.checks.iter().find(|rule| rule.kind == CheckKind::Copied) else { return rows };
    let mut speaks = vec![true; documents.len()];
    for copy in copies {
        speaks[copy.at] = false;
    }
    let mut by_place: BTreeMap<&Key, &Document> = BTreeMap::new();
    // A place under another name or code is the same body.
    let body = |key: &Key| {
        let place = lineage.body(&knowledge.gazetteer, key.code.parse().ok()?, i16::try_from(key.year).ok()?)?;
        Some((key.level, place, key.name.clone()))
    };
    let mut by_body = BTreeMap::new();
    for (document, _) in documents.iter().zip(&speaks).filter(|(_, speaks)| **speaks) {
        if let Some(key) = &document.key {
            by_place.insert(key, document);
            by_body.insert((body(key), key.year), document);
        }
    }
    let mut others: BTreeMap<(i64, u64), Vec<&Document>> = BTreeMap::new();
    for (key, document) in &by_place {
        if let Some(before) = body(key).and_then(|body| by_body.get(&(Some(body), key.year - 1))) {
            push(&mut rows, rule, document, before, outcome(document, before, true));
        }
        let told = document.figures.as_ref().filter(|figures| figures.told >= TOLD_BY_OTHERS);
        let Some(figures) = told else { continue };
        let others = others.entry((key.year, figures.hash)).or_default();
        let copied = others.iter().map(|other| (other, outcome(document, other, false)));
        if let Some((other, found)) = copied.into_iter().find(|(_, found)| found.0 == Status::Fail) {
            push(&mut rows, rule, document, other, found);
        }
        others.push(document);
    }
    rows
}

/// What two reports have in common: of two years of one body either figures or prose are enough, of two bodies both are
/// needed.
fn outcome(one: &Document, other: &Document, same_body: bool) -> (Status, Option<usize>, String) {
    let alike = one.sketch.as_ref().zip(other.sketch.as_ref()).map(|(one, other)| one.alike(other));
    let is_enough = |figures: &&Figures| match same_body {
        true => figures.digits >= DIGITS,
        false => figures.told >= TOLD_BY_OTHERS,
    };
    let enough = one.figures.as_ref().filter(is_enough);
    let figures = enough.is_some() && one.figures == other.figures;
    let prose = alike.is_some_and(|alike| alike >= ALIKE);
    let status = match (same_body, figures, prose) {
        (true, true, _) | (true, _, true) | (false, true, true) => Status::Fail,
        _ if alike.is_none() && enough.is_none() => Status::NotAssessable,
        _ => Status::Pass,
    };
    let figures = if figures { "the same figures" } else { "other figures" };
    let prose = alike.map_or("too little prose to compare".to_owned(), |alike| format!("{alike} % of the prose alike"));
    (status, alike, format!("{figures}, {prose}"))
}

fn push(
    rows: &mut Columns,
    rule: &CheckRule,
    one: &Document,
    other: &Document,
    (status, alike, detail): (Status, Option<usize>, String),
) {
    let hundredths = |percent: usize| i64::try_from(percent).ok().map(|percent| percent * ONE);
    rows.push(&[
        ("check", Cell::text(&rule.id)),
        ("report_id", Cell::text(&one.report_id)),
        ("other_report_id", Cell::text(&other.report_id)),
        ("scope", Cell::text(rule.scope.name())),
        ("status", Cell::text(status.name())),
        ("severity", Cell::text(&rule.severity)),
        ("left", Cell::Number(alike.and_then(hundredths))),
        ("right", Cell::Number(hundredths(ALIKE))),
        ("difference", Cell::Number(None)),
        ("tolerance", Cell::Number(Some(0))),
        ("detail", Cell::text(&detail)),
    ]);
}
