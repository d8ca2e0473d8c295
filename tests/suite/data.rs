//! Rules about `data/`: it is code, edited by people who need not know Rust.

use std::collections::BTreeSet;

use jiff::civil::date;
use nianbao::check::check;
use nianbao::check::years::{Figure, Year};
use nianbao::extract::extract_sentence;
use nianbao::knowledge::{CheckKind, CheckRule, Knowledge, Scope, embedded};
use nianbao::model::{Basis, Bound, Identity, Observation, Partition, Section, Span};
use nianbao::number::ONE;
use nianbao::record::Status;

#[test]
fn tables_are_sorted_and_unique() {
    for file in ["metrics.tsv", "variants.tsv", "places/aliases.tsv", "places/phones.tsv", "places/postcodes.tsv"] {
        let text = std::fs::read_to_string(format!("data/{file}")).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        let sorted = lines.windows(2).find(|pair| pair[0] >= pair[1]);
        assert!(sorted.is_none(), "data/{file}: {sorted:?} are not in order, or twice the same");
    }
}

#[test]
fn every_rule_reads_its_own_example() {
    let knowledge = embedded().unwrap();
    let mut faults = Vec::new();
    let mut groups = BTreeSet::new();
    for (number, rule) in knowledge.rules.sentence.iter().enumerate() {
        let reads = |section: &(Section, &str)| {
            let (_, observations) = extract_sentence(&knowledge, &rule.example, section.0, 2019);
            observations.iter().any(|observation| usize::from(observation.rule) == number)
        };
        let silent = rule.reading == nianbao::knowledge::Reading::Nothing;
        let read = silent || Section::NAMES.iter().any(reads);
        // Rules made for each tag of a group share one example, which one of them reads.
        if read {
            groups.insert(rule.example.as_str());
        }
        faults.push((rule.id.clone(), rule.example.clone(), read));
    }
    let unread: Vec<_> =
        faults.iter().filter(|(_, example, read)| !read && !groups.contains(example.as_str())).collect();
    assert!(unread.is_empty(), "{unread:#?}");
}

#[test]
fn the_gazetteer_knows_places_and_their_history() {
    let knowledge = embedded().unwrap();
    let gazetteer = &knowledge.gazetteer;
    assert_eq!(gazetteer.name(433_127_230, Some(2019)), Some("盐井乡"));
    assert_eq!(gazetteer.name(4331, Some(2019)), Some("湘西土家族苗族自治州"));
    let hai_an = |year| gazetteer.named("海安县").any(|place| place.from <= year && year <= place.to);
    assert!(hai_an(2016) && !hai_an(2019), "海安县 became 海安市 in 2018");
    assert!(gazetteer.named("城关镇").count() > 50);
    let orphans: Vec<u32> = gazetteer
        .places()
        .iter()
        .filter(|place| place.code >= 100_000_000 && gazetteer.name(place.code / 1_000, None).is_none())
        .map(|place| place.code)
        .collect();
    assert!(orphans.is_empty(), "townships without a county: {orphans:?}");
}

fn observation(metric: u16, applicant: Option<u8>, value: i64) -> Observation {
    Observation {
        metric,
        applicant,
        value: Some(value * ONE),
        bound: Bound::Exact,
        decimals: 0,
        basis: Basis::Cell,
        section: Section::Other,
        stated_year: None,
        chosen: true,
        rule: 0,
        label: None,
        unit: None,
        quote: Span::default(),
    }
}

/// Runs one check on figures and says how often it passed and failed.
fn outcome(
    knowledge: &Knowledge,
    rule: &CheckRule,
    identity: &Identity,
    observations: &[Observation],
    partitions: &[Partition],
) -> (usize, usize) {
    let format = rule.forms.first().map_or("narrative", String::as_str);
    let results = check(knowledge, format, identity, observations, partitions);
    let own = |status| {
        let same = |number: u16| {
            let other = &knowledge.rules.checks[usize::from(number)];
            (&other.id, &other.left, &other.right) == (&rule.id, &rule.left, &rule.right)
        };
        results.iter().filter(|result| result.status == status && same(result.check)).count()
    };
    (own(Status::Pass), own(Status::Fail))
}

/// Figures that satisfy a comparison of two sums, with `slip` added to the first left operand, which has most of it.
fn figures(rule: &CheckRule, slip: i64) -> Vec<Observation> {
    let applicant = (rule.scope == Scope::Column).then_some(0);
    let right: Vec<Observation> = rule.right.iter().map(|metric| observation(*metric, applicant, 2)).collect();
    let total = 2 * i64::try_from(right.len()).unwrap() + rule.constant.unwrap_or(0) / ONE;
    let left = rule.left.iter().enumerate();
    let left = left.map(|(at, metric)| observation(*metric, applicant, if at == 0 { total + slip } else { 0 }));
    left.chain(right).collect()
}

/// Figures of which one side is zero, or both are.
fn zeros(rule: &CheckRule, left: i64, right: i64) -> Vec<Observation> {
    let side = |metrics: &[u16], value: i64| {
        metrics.iter().map(|metric| observation(*metric, None, value)).collect::<Vec<_>>()
    };
    [side(&rule.left, left), side(&rule.right, right)].concat()
}

#[test]
fn every_check_can_pass_and_can_fail() {
    let knowledge = embedded().unwrap();
    for rule in knowledge.rules.checks.iter().filter(|rule| rule.before.is_empty()) {
        let run = |observations: &[Observation], partitions: &[Partition], identity: &Identity| {
            outcome(&knowledge, rule, identity, observations, partitions)
        };
        let identity = Identity { year: Some(2019), level: rule.levels.first().copied(), ..Identity::default() };
        let metric = |id: &str| knowledge.catalogue.find(id).unwrap();
        let named = |figures: &[(&str, i64)]| -> Vec<Observation> {
            figures.iter().map(|(id, value)| observation(metric(id), None, *value)).collect()
        };
        let (good, bad) = match (rule.kind, rule.scope) {
            (CheckKind::Equal, Scope::Row) => {
                let row = |total: i64| {
                    let mut cells: Vec<Observation> =
                        (0..6).map(|applicant| observation(metric("req_new"), Some(applicant), 1)).collect();
                    cells.push(observation(metric("req_new"), Some(6), total));
                    cells
                };
                (run(&row(6), &[], &identity), run(&row(7), &[], &identity))
            }
            (CheckKind::Equal | CheckKind::AtMost, _) => {
                (run(&figures(rule, 0), &[], &identity), run(&figures(rule, 1), &[], &identity))
            }
            (CheckKind::AtLeast, _) => {
                (run(&figures(rule, 0), &[], &identity), run(&figures(rule, -1), &[], &identity))
            }
            (CheckKind::ZeroIfZero, _) => {
                (run(&zeros(rule, 0, 0), &[], &identity), run(&zeros(rule, 0, 1), &[], &identity))
            }
            (CheckKind::ZeroTogether, _) => {
                (run(&zeros(rule, 1, 1), &[], &identity), run(&zeros(rule, 1, 0), &[], &identity))
            }
            (CheckKind::Parts, _) => {
                let partitions = [Partition { whole: 0, parts: vec![1, 2], exhaustive: true }];
                let list = |whole| named(&[("disc_info_total", whole), ("disc_cat_news", 2), ("disc_cat_other", 3)]);
                (run(&list(5), &partitions, &identity), run(&list(4), &partitions, &identity))
            }
            (CheckKind::Share, _) => {
                let partitions = [Partition { whole: 0, parts: vec![1], exhaustive: false }];
                let list = |share| named(&[("disc_info_total", 4), ("disc_cat_news", 1), ("disc_cat_news_pct", share)]);
                (run(&list(25), &partitions, &identity), run(&list(30), &partitions, &identity))
            }
            (CheckKind::Published, _) => {
                let on = |year| Identity { year: Some(2019), published: Some(date(year, 3, 8)), ..Identity::default() };
                (run(&[], &[], &on(2020)), run(&[], &[], &on(2019)))
            }
            (CheckKind::Stale, _) => {
                let mut stale = observation(metric("disc_info_total"), None, 4);
                stale.stated_year = Some(2018);
                // Nothing is said of a sentence that names no other year.
                ((1, 0), run(&[stale], &[], &identity))
            }
            // Over two reports: `copies::copied_reports_are_suspected`.
            (CheckKind::Copied, _) => continue,
        };
        assert!(good.0 > 0 && good.1 == 0, "{} does not pass what is right: {good:?}", rule.id);
        assert!(bad.1 > 0, "{} does not fail what is wrong: {bad:?}", rule.id);
    }
}

/// How many results of a rule pass and fail for two years whose sums differ by `slip`.
fn two_years(knowledge: &Knowledge, rule: &CheckRule, slip: i64) -> (usize, usize) {
    let applicant = (rule.scope == Scope::Column).then_some(0);
    let count = |metrics: &[u16]| i64::try_from(metrics.len()).unwrap();
    let total = 2 * count(&rule.right) + 2 * count(&rule.before) - count(&rule.before_less) + slip;
    let year = |year: i16, forms: &[String], sides: &[(&[u16], i64)]| {
        let figure = |value: i64| Figure { value: value * ONE, bound: Bound::Exact, number: 0 };
        let figures = sides.iter().flat_map(|(metrics, value)| metrics.iter().map(|metric| (*metric, *value)));
        let figures = figures.map(|(metric, value)| ((metric, applicant), figure(value)));
        Year { year, format: forms.first().cloned().unwrap_or_default(), figures: figures.collect() }
    };
    let (first, others) = rule.left.split_at(1);
    let this = year(2020, &rule.forms, &[(first, total), (others, 0), (&rule.right, 2)]);
    let before = year(2019, &rule.before_forms, &[(&rule.before, 2), (&rule.before_less, 1)]);
    let results = nianbao::check::years::check(knowledge, &this, Ok(&before));
    let own = |status: Status| {
        let same = |check: u16| std::ptr::eq(&raw const knowledge.rules.checks[usize::from(check)], rule);
        results.iter().filter(|result| result.status == status && same(result.check)).count()
    };
    (own(Status::Pass), own(Status::Fail))
}

#[test]
fn every_check_over_two_years_can_pass_and_can_fail() {
    let knowledge = embedded().unwrap();
    for rule in knowledge.rules.checks.iter().filter(|rule| !rule.before.is_empty()) {
        assert_eq!(two_years(&knowledge, rule, 0), (1, 0), "{} {:?}", rule.id, rule.left);
        let slip = if rule.kind == CheckKind::AtLeast { -1 } else { 1 };
        assert_eq!(two_years(&knowledge, rule, slip), (0, 1), "{} {:?}", rule.id, rule.left);
    }
}

#[test]
fn without_a_year_before_nothing_over_two_years_is_assessed() {
    let knowledge = embedded().unwrap();
    let carried = (knowledge.catalogue.find("req_carried_in").unwrap(), Some(6));
    let figure = Figure { value: 5 * ONE, bound: Bound::Exact, number: 0 };
    let this =
        Year { year: 2021, format: "statutory_2021".to_owned(), figures: [(carried, figure)].into_iter().collect() };
    let results = nianbao::check::years::check(&knowledge, &this, Err("there is no report of 2020"));
    assert_eq!(results.len(), 1);
    assert_eq!((results[0].status, results[0].right), (Status::NotAssessable, None));
    assert!(results[0].detail.ends_with("there is no report of 2020"), "{}", results[0].detail);
}
