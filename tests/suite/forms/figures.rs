//! Our own figures for a form, which obey its identities, with the way each of them is printed.

use std::collections::BTreeMap;

use nianbao::knowledge::{Knowledge, MetricKind};
use nianbao::number::{self, ONE};

use super::template::{APPLICANTS, Part, load, sums};

/// A small generator of numbers: the same seed gives the same figures everywhere.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 33).unwrap() % end.max(1)
    }
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    /// In ten-thousandths.
    Number(i64),
    Blank,
    Dash,
    None,
}

/// Which figures to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of all sizes.
    Any,
    /// One digit each, most of them zero: equal rows and columns are frequent.
    Small,
    /// Nothing but zeros.
    Zeros,
    /// Some cells blank, dashed, or with a word for none.
    Marks,
}

/// The figure of each place, by the words between its braces.
pub(super) type Figures = BTreeMap<String, Figure>;

pub(super) fn make(knowledge: &Knowledge, form: &str, kind: Kind, seed: u64) -> Figures {
    let own = sums(form);
    let mut random = Random::new(seed);
    let places: Vec<String> = places(&load(form));
    let mut leaf = |size: i64| match kind {
        Kind::Any => random.below(size),
        Kind::Small => random.below(4) / 2 * random.below(8),
        Kind::Zeros => 0,
        Kind::Marks => random.below(size.min(30)),
    };
    let mut figures: BTreeMap<String, i64> = BTreeMap::new();
    // Parts before their wholes: a place is made when all of its parts are.
    let mut todo: Vec<String> = places.clone();
    while !todo.is_empty() {
        let mut later = Vec::new();
        for place in todo {
            let parts = own.get(&place).cloned().unwrap_or_else(|| parts_of(knowledge, &place, &places));
            if parts.iter().any(|part| !figures.contains_key(part)) {
                later.push(place);
                continue;
            }
            let value = match parts.as_slice() {
                [] => one(knowledge, &place, &mut leaf),
                parts => parts.iter().map(|part| figures[part]).sum(),
            };
            figures.insert(place, value);
        }
        todo = later;
    }
    balance(&mut figures, &mut leaf);
    let mut figures: Figures = figures.into_iter().map(|(place, value)| (place, Figure::Number(value))).collect();
    if kind == Kind::Marks {
        let mut random = Random::new(seed + 77);
        for figure in figures.values_mut() {
            *figure = match random.below(12) {
                0 => Figure::Blank,
                1 => Figure::Dash,
                2 => Figure::None,
                _ => *figure,
            };
        }
    }
    figures
}

/// New requests are what makes section III balance, and channels reach the total.
fn balance(figures: &mut BTreeMap<String, i64>, leaf: &mut impl FnMut(i64) -> i64) {
    for applicant in APPLICANTS.iter().take(6) {
        let at = |metric: &str| format!("{metric}@{applicant}");
        let Some(handled) = figures.get(&at("req_handled_total")).copied() else { continue };
        let carried_in = leaf(9) * ONE;
        let carried_in = carried_in.min(handled);
        let carried_out = leaf(9) * ONE;
        figures.insert(at("req_carried_in"), carried_in);
        figures.insert(at("req_carried_out"), carried_out);
        figures.insert(at("req_new"), handled + carried_out - carried_in);
    }
    for metric in ["req_new", "req_carried_in", "req_carried_out"] {
        let sum: i64 = APPLICANTS.iter().take(6).filter_map(|name| figures.get(&format!("{metric}@{name}"))).sum();
        figures.entry(format!("{metric}@total")).and_modify(|total| *total = sum);
    }
    if let Some(website) = figures.get("disc_ch_website").copied() {
        figures.insert("disc_info_total".to_owned(), website);
        let at_most = ["disc_normative_docs", "disc_full_text_electronic", "disc_official_docs", "disc_ch_gazette"];
        for metric in at_most.iter().chain(&["disc_ch_weibo", "disc_ch_wechat", "disc_ch_other"]) {
            figures.entry((*metric).to_owned()).and_modify(|value| *value = (*value).min(website));
        }
    }
}

fn places(parts: &[Part]) -> Vec<String> {
    let cells = parts.iter().flat_map(|part| match part {
        Part::Table(rows) => rows.concat(),
        Part::Heading(_) => Vec::new(),
    });
    cells.filter_map(|cell| Some(cell.text.split_once('{')?.1.split_once('}')?.0.to_owned())).collect()
}

/// The places that sum to this one.
fn parts_of(knowledge: &Knowledge, place: &str, places: &[String]) -> Vec<String> {
    let (metric, applicant) = place.split_once('@').map_or((place, None), |(metric, name)| (metric, Some(name)));
    if applicant == Some("total") {
        return APPLICANTS.iter().take(6).map(|name| format!("{metric}@{name}")).collect();
    }
    let Some(id) = knowledge.catalogue.find(metric) else { return Vec::new() };
    let same_column = |other: &&String| other.split_once('@').map(|(_, name)| name) == applicant;
    let is_part = |other: &&String| {
        // A group that has no row of its own passes its parts on.
        let mut at = knowledge.catalogue.find(other.split('@').next().unwrap());
        for _ in 0..3 {
            let Some(one) = at.map(|one| knowledge.catalogue.metric(one)).filter(|one| one.sums) else { return false };
            if one.parent == Some(id) {
                return true;
            }
            let parent = one.parent.map(|parent| knowledge.catalogue.metric(parent).id);
            let printed = parent.is_some_and(|parent| {
                places.iter().any(|place| same_column(&place) && place.split('@').next() == Some(parent))
            });
            at = one.parent.filter(|_| !printed);
        }
        false
    };
    places.iter().filter(same_column).filter(|other| other.as_str() != place).filter(is_part).cloned().collect()
}

fn one(knowledge: &Knowledge, place: &str, leaf: &mut impl FnMut(i64) -> i64) -> i64 {
    let metric = place.split(['@', ':']).next_back().unwrap_or(place);
    let metric = if place.contains('@') { place.split('@').next().unwrap() } else { metric };
    let kind = knowledge.catalogue.find(metric).map(|metric| knowledge.catalogue.metric(metric).kind);
    match kind {
        Some(MetricKind::Signed) => (leaf(9) - leaf(3)) * ONE,
        Some(MetricKind::Amount) if metric != "table_unmapped" => leaf(90_000) * ONE / 10,
        _ if metric.starts_with("regulations_") => 0,
        _ if place.contains('@') => leaf(40) * ONE,
        _ => leaf(3_000) * ONE,
    }
}

/// How a figure is printed; some with separators or a sign.
pub(super) fn printed(knowledge: &Knowledge, place: &str, figure: Figure) -> String {
    let value = match figure {
        Figure::Blank => return String::new(),
        Figure::Dash => return "-".to_owned(),
        Figure::None => return "无".to_owned(),
        Figure::Number(value) => value,
    };
    let text = number::print(value);
    let signed =
        knowledge.catalogue.find(place).is_some_and(|at| knowledge.catalogue.metric(at).kind == MetricKind::Signed);
    if signed && value > 0 {
        return format!("+{text}");
    }
    // Every third large number has a separator, in either width.
    if value % ONE == 0 && value >= 1_000 * ONE {
        let (head, tail) = text.split_at(text.len() - 3);
        return match value / ONE % 3 {
            0 => format!("{head},{tail}"),
            1 => format!("{head}，{tail}"),
            _ => text,
        };
    }
    text
}
