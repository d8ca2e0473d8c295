//! Reports that repeat another year's or another body's: a suspicion, told as a check, never a reason to drop one.

use std::collections::BTreeMap;

use super::columns::{Cell, Columns};
use super::copies::{Copy, Document, Key};
use super::schema;
use crate::knowledge::{CheckKind, CheckRule, Knowledge, Lineage};
use crate::number::ONE;
use crate::record::Status;

/// The same figures in two years are no chance when so many are not zero.
const TOLD: usize = 3;

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
    let body = |(level, code, year): &Key| {
        let year = i16::try_from(*year).ok()?;
        Some((level.clone(), lineage.body(&knowledge.gazetteer, code.parse().ok()?, year)?))
    };
    let mut by_body = BTreeMap::new();
    for (document, _) in documents.iter().zip(&speaks).filter(|(_, speaks)| **speaks) {
        if let Some(key) = &document.key {
            by_place.insert(key, document);
            by_body.insert((body(key), key.2), document);
        }
    }
    let mut bodies: BTreeMap<(i64, &str), &Document> = BTreeMap::new();
    for (key, document) in &by_place {
        let year = &key.2;
        if let Some(before) = body(key).and_then(|body| by_body.get(&(Some(body), year - 1))) {
            push(&mut rows, rule, document, before, outcome(document, before, TOLD, true));
        }
        let told = document.figures.as_ref().filter(|figures| figures.told >= TOLD_BY_OTHERS);
        let Some(figures) = told else { continue };
        match bodies.get(&(*year, figures.hash.as_str())) {
            None => {
                bodies.insert((*year, &figures.hash), document);
            }
            Some(other) => {
                let found = outcome(document, other, TOLD_BY_OTHERS, false);
                if found.0 == Status::Fail {
                    push(&mut rows, rule, document, other, found);
                }
            }
        }
    }
    rows
}

/// What two reports have in common: of two years of one body either figures or prose are enough, of two bodies both are
/// needed.
fn outcome(one: &Document, other: &Document, told: usize, same_body: bool) -> (Status, Option<usize>, String) {
    let alike = one.sketch.as_ref().zip(other.sketch.as_ref()).map(|(one, other)| one.alike(other));
    let enough = one.figures.as_ref().filter(|figures| figures.told >= told);
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
    rows.push(&mut [
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
