//! Statements of none: 未收到申请, 无行政复议, 收费为零.
//!
//! Silence is never a zero. A zero needs a negator and, in its scope, a noun that a zero can be about; the last such
//! noun decides, and the nouns that are joined to it share it (没有发生行政复议、行政诉讼).

use super::borders::is_border;
use super::{Prose, Sentence};
use crate::extract::words::Word;
use crate::extract::{Finding, Period};
use crate::knowledge::{Reading, Set};
use crate::model::{Basis, Bound, MetricId, RuleId};
use crate::number::{self, NUMERALS};

/// Bytes between a bare 无 and its noun: eight ideographs.
const BARE_REACH: usize = 24;

/// Bytes that may follow a negator at the end of its clause: 均未发生(的情况).
const TRAILING: usize = 15;

/// Bytes between two joined nouns: fifteen ideographs.
const JOINT: usize = 45;

/// Reads the zero statements of a sentence.
pub(super) fn read(prose: &mut Prose<'_>, sentence: Sentence<'_>) {
    let signals = &prose.knowledge.rules.signals;
    let words = sentence.words(sentence.start, sentence.end);
    if words.iter().any(|word| word.tags.meets(&signals.future)) {
        return;
    }
    // 二千零 is a number that has lost its end.
    let in_numeral = |word: &Word<'_>| {
        let starts = |text: &str| text.starts_with(|first| NUMERALS.has(first));
        let (before, behind) = (prose.text.get(..word.start), prose.text.get(word.start..));
        behind.is_some_and(starts) && before.is_some_and(|before| before.ends_with(number::joins_numeral))
    };
    let negators = words.iter().filter(|word| word.tags.meets(&signals.neg) && !in_numeral(word));
    let negators: Vec<Word<'_>> = negators.copied().collect();
    for (at, negator) in negators.iter().enumerate() {
        let from =
            at.checked_sub(1).and_then(|before| negators.get(before)).map_or(sentence.start, |before| before.end);
        let until = negators.get(at + 1).map_or(sentence.end, |next| next.start);
        statement(prose, sentence, negator, (from, until));
    }
}

fn statement(prose: &mut Prose<'_>, sentence: Sentence<'_>, negator: &Word<'_>, (from, until): (usize, usize)) {
    let rules = &prose.knowledge.rules;
    let after = negator.tags.meets(&rules.signals.neg_after);
    let bare = negator.tags.meets(&rules.signals.neg_bare);
    let clause_end = scope_end(prose, sentence, negator.end, until);
    let stated = |start: usize, end: usize| !sentence.quantities(start, end).is_empty();
    let mut scope = (negator.end, clause_end);
    let mut heads = heads(prose, sentence, scope);
    let first = sentence.words(scope.0, scope.1).iter().find(|word| word.tags.meets(&rules.zero_heads));
    let too_far = bare && first.is_some_and(|head| head.start > negator.end + BARE_REACH);
    if after || heads.is_empty() || too_far {
        let trailing = prose.text.get(negator.end..border_after(prose.text, negator.end, sentence.end));
        if !after && trailing.is_none_or(|rest| rest.len() > TRAILING) {
            return;
        }
        let start = sentence.quantities(from, negator.start).last().map_or(from, |quantity| quantity.end);
        scope = (start, negator.start);
        heads = self::heads(prose, sentence, scope);
    }
    let named = prose.named(sentence, negator.start);
    if heads.is_empty() || stated(scope.0, scope.1) || prose.is_of_later_year(sentence, named) {
        return;
    }
    let words = sentence.words(scope.0, scope.1);
    let before = sentence.words(sentence.start, negator.start);
    let other = |word: &Word<'_>| word.tags.meets(&rules.signals.partial) || word.tags.meets(&rules.signals.sub_body);
    if before.iter().any(other) {
        return;
    }
    if words.iter().any(|word| word.tags.meets(&rules.signals.bad_result)) {
        return;
    }
    for (rule, metric, head) in readings(prose, sentence, scope, (&heads, negator.tags)) {
        let (start, end) = (negator.start.min(head.start), negator.end.max(head.end));
        prose.findings.push(Finding {
            metric,
            applicant: None,
            value: Some(0),
            bound: Bound::Exact,
            decimals: 0,
            basis: Basis::StatedZero,
            rule,
            section: sentence.section,
            stated_year: named.other.filter(|_| !named.is_later),
            label: None,
            span: Period::default(),
            told: sentence.told(start, end),
            unit: None,
            start,
            end,
        });
    }
}

/// The metrics of the nouns that are joined right before a number: rule, metric, start of the noun.
pub(super) fn joined(
    prose: &Prose<'_>,
    sentence: Sentence<'_>,
    start: usize,
    end: usize,
) -> Vec<(RuleId, MetricId, usize)> {
    let heads = heads(prose, sentence, (start, end));
    readings(prose, sentence, (start, end), (&heads, &Set::default()))
        .into_iter()
        .map(|(rule, metric, head)| (rule, metric, head.start))
        .collect()
}

/// The nouns in a stretch that a zero can be about: the last one and those joined to it.
fn heads<'s>(prose: &Prose<'_>, sentence: Sentence<'s>, (start, end): (usize, usize)) -> Vec<Word<'s>> {
    let rules = &prose.knowledge.rules;
    let words = sentence.words(start, end);
    let mut heads: Vec<Word<'_>> = Vec::new();
    for word in words.iter().rev().filter(|word| word.tags.meets(&rules.zero_heads)) {
        let Some(next) = heads.last() else {
            heads.push(*word);
            continue;
        };
        let gap = sentence.words(word.end, next.start);
        let joins = gap.iter().any(|between| between.tags.meets(&rules.signals.join));
        let comma = prose.text.get(word.end..next.start).is_some_and(|gap| gap.starts_with(','));
        if !(joins || comma) || next.start - word.end > JOINT {
            break;
        }
        heads.push(*word);
    }
    heads.reverse();
    heads
}

/// Each noun's rule and metric, with the verbs around it but without the other nouns.
fn readings<'s>(
    prose: &Prose<'_>,
    sentence: Sentence<'_>,
    (start, end): (usize, usize),
    (heads, negator): (&[Word<'s>], &Set),
) -> Vec<(RuleId, MetricId, Word<'s>)> {
    let rules = &prose.knowledge.rules;
    let mut found: Vec<(RuleId, MetricId, Word<'_>)> = Vec::new();
    for head in heads {
        let mut tags = prose.section_tags(sentence.section);
        tags.extend(&rules.signals.zero);
        // 未举办 negates and is a verb too.
        tags.extend(negator);
        for word in sentence.words(start, end) {
            if !word.tags.meets(&rules.zero_heads) {
                tags.extend(word.tags);
            }
        }
        tags.remove(&rules.signals.neg);
        tags.remove(&rules.zero_ignores);
        tags.extend(head.tags);
        let Some((number, rule)) = rules.first(&tags, None) else { continue };
        let Reading::Metric(metric) = rule.reading else { continue };
        if found.iter().all(|(_, known, _)| *known != metric) {
            found.push((number, metric, *head));
        }
    }
    found
}

/// The negator reaches to the end of its clause, and on over clauses that begin with another noun of the same kind.
fn scope_end(prose: &Prose<'_>, sentence: Sentence<'_>, start: usize, until: usize) -> usize {
    let rules = &prose.knowledge.rules;
    let mut end = comma_after(prose.text, start, until);
    while end < until {
        let next_end = comma_after(prose.text, end + 1, until);
        let words = sentence.words(end + 1, next_end);
        let goes_on = words.first().is_some_and(|word| {
            let near = word.start <= end + 1 + 'a'.len_utf8() * 6;
            near && (word.tags.meets(&rules.zero_heads) || word.tags.meets(&rules.signals.join))
        });
        let has_head = words.iter().any(|word| word.tags.meets(&rules.zero_heads));
        if !goes_on || !has_head || !sentence.quantities(end + 1, next_end).is_empty() {
            break;
        }
        end = next_end;
    }
    sentence.quantities(start, end).first().map_or(end, |quantity| quantity.start)
}

fn comma_after(text: &str, start: usize, until: usize) -> usize {
    text.get(start..until).and_then(|rest| rest.find([',', ':'])).map_or(until, |at| start + at)
}

fn border_after(text: &str, start: usize, until: usize) -> usize {
    text.get(start..until).and_then(|rest| rest.find(is_border)).map_or(until, |at| start + at)
}
