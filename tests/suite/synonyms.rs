//! Every word of `data/lexicon.tsv` does what the other words of its row do: put in their place, it changes no figure.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use nianbao::extract::extract_sentence;
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::model::Section;

use crate::labelled::{load, said};

/// A sentence whose figures are known, and its lexicon words.
struct Sentence {
    text: String,
    section: Section,
    figures: BTreeSet<String>,
    words: Vec<(usize, usize)>,
}

fn figures(knowledge: &Knowledge, text: &str, section: Section) -> BTreeSet<String> {
    let (_, observations) = extract_sentence(knowledge, text, section, 2019);
    let said = observations.iter().filter_map(|observation| said(knowledge, observation));
    // The label of a catch-all is the word itself.
    said.map(|said| said.split(" [").next().unwrap_or_default().to_owned()).collect()
}

fn sentence(knowledge: &Knowledge, text: &str, section: Section) -> Sentence {
    let found = knowledge.lexicon.automaton.leftmost_find_iter(text);
    Sentence {
        figures: figures(knowledge, text, section),
        words: found.map(|found| (found.start(), found.end())).collect(),
        text: text.to_owned(),
        section,
    }
}

/// The cases, and the examples of the rules.
fn sentences(knowledge: &Knowledge) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for case in load("tests/cases") {
        let section = case.value("section").map_or(Section::Overview, |name| Section::from_name(name).unwrap());
        sentences.push(sentence(knowledge, &case.text, section));
    }
    for rule in &knowledge.rules.sentence {
        for (section, _) in Section::NAMES {
            sentences.push(sentence(knowledge, &rule.example, section));
        }
    }
    sentences
}

/// Whether a word can stand for one of the others somewhere without a change.
fn fits(knowledge: &Knowledge, sentences: &[Sentence], word: &str, others: &[&str]) -> Option<bool> {
    let mut tried = None;
    for sentence in sentences {
        for (start, end) in &sentence.words {
            let known = sentence.text.get(*start..*end).unwrap();
            if !others.contains(&known) {
                continue;
            }
            let mut text = sentence.text.clone();
            text.replace_range(*start..*end, word);
            if figures(knowledge, &text, sentence.section) == sentence.figures {
                return Some(true);
            }
            tried = Some(false);
        }
    }
    tried
}

#[test]
fn words_of_a_row_are_alike() {
    let knowledge = embedded().unwrap();
    let sentences = sentences(&knowledge);
    let (mut words, mut faults) = (0, String::new());
    for row in std::fs::read_to_string("data/lexicon.tsv").unwrap().lines().skip(1) {
        let (tags, list) = row.split_once('\t').unwrap();
        let list: Vec<&str> = list.split(' ').collect();
        for word in &list {
            words += 1;
            match fits(&knowledge, &sentences, word, &list) {
                Some(true) => {}
                Some(false) => _ = writeln!(faults, "{tags}: {word} does not stand for the others anywhere"),
                None => _ = writeln!(faults, "{tags}: no case and no example has {word} or another of its row"),
            }
        }
    }
    println!("{words} words of the lexicon were put in a sentence");
    assert!(faults.is_empty(), "{} faults:\n{faults}", faults.lines().count());
}

#[test]
fn units_of_a_kind_are_alike() {
    let knowledge = embedded().unwrap();
    let sentences = sentences(&knowledge);
    let mut faults = String::new();
    let units: Vec<_> = knowledge.lexicon.units().collect();
    for unit in &units {
        let alike = |other: &&&nianbao::knowledge::Unit| {
            (other.classes, other.scale, other.article) == (unit.classes, unit.scale, unit.article)
        };
        let others: Vec<&str> = units.iter().filter(alike).map(|other| other.word.as_str()).collect();
        let stands = |sentence: &Sentence| {
            let text = sentence.text.as_str();
            let behind = text.char_indices().filter(|(_, digit)| digit.is_ascii_digit()).map(|(at, _)| at + 1);
            behind.into_iter().any(|at| {
                let rest = text.get(at..).unwrap();
                let known = others.iter().find(|other| rest.starts_with(**other));
                known.is_some_and(|known| {
                    let mut text = text.to_owned();
                    text.replace_range(at..at + known.len(), &unit.word);
                    figures(&knowledge, &text, sentence.section) == sentence.figures
                })
            })
        };
        if !sentences.iter().any(stands) {
            let _ = writeln!(faults, "{}: no case and no example has it or a unit like it", unit.word);
        }
    }
    println!("{} units were put in a sentence", units.len());
    assert!(faults.is_empty(), "{} faults:\n{faults}", faults.lines().count());
}

#[test]
fn every_bound_word_bounds() {
    let knowledge = embedded().unwrap();
    for row in std::fs::read_to_string("data/bounds.tsv").unwrap().lines().skip(1) {
        let [place, word, bound] = row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let of = |at: &str| if at == place { word } else { "" };
        let text = format!("公开政府信息{}96{}条{}。", of("before"), of("inside"), of("after"));
        let operator = if bound == "about" { "~" } else { ">=" };
        let said = format!("disc_info_total {operator} 96");
        assert_eq!(figures(&knowledge, &text, Section::Overview), BTreeSet::from([said]), "{text}");
    }
}
