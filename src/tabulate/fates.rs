//! What becomes of each document's rows: copies are told and their figures left out, and so are those of attached files.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{BooleanChunked, DataFrame, IntoColumn, NewChunkedArray, PolarsResult, StringChunked};

use super::copies::{Copy, Document};
use super::facts::DOCUMENT;

/// What is to be told of one document.
#[derive(Debug, Clone, Default)]
struct Fate {
    /// The `report_id` of the document that is kept, and the kind of copy.
    copy: Option<(Box<str>, &'static str)>,
    /// Whether its rows stand under that document.
    is_copy: bool,
    is_attached: bool,
}

impl Fate {
    fn class(&self) -> Option<&str> {
        match self {
            Fate { is_copy: true, .. } => Some("duplicate"),
            Fate { is_attached: true, .. } => Some("not_report"),
            Fate { .. } => None,
        }
    }
}

/// The documents of which something is to be told, by their number among all.
#[derive(Debug, Default)]
pub(super) struct Fates(BTreeMap<i64, Fate>);

impl Fates {
    pub(super) fn of(documents: &[Document], copies: &[Copy]) -> Fates {
        let mut fates: BTreeMap<i64, Fate> = BTreeMap::new();
        for document in documents.iter().filter(|document| document.is_attached) {
            fates.entry(document.number).or_default().is_attached = true;
        }
        for copy in copies {
            let fate = fates.entry(documents[copy.at].number).or_default();
            fate.copy = Some((documents[copy.of].report_id.clone(), copy.kind));
            fate.is_copy = !copy.stays();
        }
        Fates(fates)
    }

    /// Rows of reports, with what is to be told of them.
    pub(super) fn told(&self, mut frame: DataFrame) -> PolarsResult<DataFrame> {
        let numbers = frame.column(DOCUMENT)?.i64()?.clone();
        let fates: Vec<Option<&Fate>> = numbers.iter().map(|number| self.0.get(&number?)).collect();
        if fates.iter().all(Option::is_none) {
            return Ok(frame);
        }
        let column = |name: &str, told: &dyn Fn(&Fate) -> Option<&str>| -> PolarsResult<_> {
            let old = frame.column(name)?.str()?;
            let cells = old.iter().zip(&fates).map(|(old, fate)| fate.and_then(told).or(old));
            Ok(StringChunked::from_iter_options(name.into(), cells).into_column())
        };
        let columns = [
            column("document_class", &Fate::class)?,
            column("class_reason", &|fate| fate.is_attached.then_some("attachment"))?,
            column("duplicate_of", &|fate| fate.copy.as_ref().map(|(of, _)| &**of))?,
            column("duplicate_kind", &|fate| fate.copy.as_ref().map(|(_, kind)| *kind))?,
        ];
        for column in columns {
            frame.with_column(column)?;
        }
        Ok(frame)
    }

    /// The documents whose figures are left out: a copy's are those of the document that is kept, under whose id they
    /// stand once.
    pub(super) fn left_out(self) -> LeftOut {
        let is_left_out = |fate: &Fate| fate.is_copy || fate.is_attached;
        LeftOut(self.0.into_iter().filter(|(_, fate)| is_left_out(fate)).map(|(number, _)| number).collect())
    }
}

/// The documents whose figures and checks are left out, by their number among all.
#[derive(Debug, Default)]
pub(super) struct LeftOut(BTreeSet<i64>);

impl LeftOut {
    /// Rows of figures and checks without those of these documents.
    pub(super) fn without(&self, frame: DataFrame) -> PolarsResult<DataFrame> {
        let is_kept = |number: i64| !self.0.contains(&number);
        let numbers = frame.column(DOCUMENT)?.i64()?;
        let mask: Vec<bool> = numbers.iter().map(|number| number.is_some_and(is_kept)).collect();
        if mask.iter().all(|kept| *kept) {
            return Ok(frame);
        }
        frame.filter(&BooleanChunked::from_slice("kept".into(), &mask))
    }
}
