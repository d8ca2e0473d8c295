//! Every encoding in which reports are found, declared rightly, wrongly or not at all, whole and cut off.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use encoding_rs::{BIG5, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use nianbao::decode::decode;
use nianbao::model::Source;
use nianbao::record::Reason;
use nianbao::report::read;
use rayon::prelude::*;

use super::{KNOWLEDGE, REPORTS, Report, assert_same, figures, of_text};

/// A simplified character's traditional form, where `data/variants.tsv` has one that Big5 can write.
static TRADITIONAL: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| {
    let mut forms = BTreeMap::new();
    for line in std::fs::read_to_string("data/variants.tsv").unwrap().lines() {
        let mut characters = line.chars();
        let (from, tab, to) = (characters.next(), characters.next(), characters.next());
        if let (Some(from), Some('\t'), Some(to)) = (from, tab, to)
            && !BIG5.encode(&from.to_string()).2
        {
            forms.entry(to).or_insert(from);
        }
    }
    forms
});

/// A text as it would have been written in Taiwan or Hong Kong; what Big5 lacks is left out.
fn traditional(text: &str) -> String {
    let form = |character: char| {
        let plain = BIG5.encode(&character.to_string()).2;
        if plain {
            TRADITIONAL.get(&character).copied()
        } else {
            Some(TRADITIONAL.get(&character).copied().unwrap_or(character))
        }
    };
    text.chars().filter_map(form).collect()
}

fn encoded(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    match encoding {
        _ if encoding == UTF_16LE => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ if encoding == UTF_16BE => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => encoding.encode(text).0.into_owned(),
    }
}

/// The characters of a report's own file.
fn characters(report: &Report) -> String {
    decode(&KNOWLEDGE.charset, &std::fs::read(Path::new("data/sample").join(&report.path)).unwrap()).unwrap().text
}

#[test]
fn every_encoding_gives_the_same_figures() {
    for encoding in [UTF_8, GB18030, UTF_16LE, UTF_16BE] {
        for mark in ["", "\u{FEFF}"] {
            let bytes = |report: &Report| encoded(encoding, &format!("{mark}{}", characters(report)));
            let figures = |report: &Report| {
                let (figures, errors) = of_text(report, &bytes(report));
                assert_eq!(errors, 0, "{} {}", encoding.name(), report.path);
                figures
            };
            assert_same(encoding.name(), figures);
        }
    }
    assert_same("big5", |report| of_text(report, &encoded(BIG5, &traditional(&characters(report)))).0);
}

#[test]
fn a_page_that_lies_about_its_encoding_is_not_believed() {
    for (encoding, declared) in [(GB18030, "utf-8"), (UTF_8, "gb2312"), (GB18030, "big5"), (UTF_8, "iso-8859-1")] {
        assert_same(declared, |report| {
            let page = format!("<html><head><meta charset={declared}></head>{}", super::write::html(&report.document));
            of_text(report, &encoded(encoding, &page)).0
        });
    }
}

#[test]
fn a_last_character_that_is_cut_off_changes_nothing_else() {
    for encoding in [UTF_8, GB18030, UTF_16LE, UTF_16BE] {
        assert_same(encoding.name(), |report| {
            let mut bytes = encoded(encoding, &format!("{}\n某", characters(report)));
            bytes.pop();
            let (figures, errors) = of_text(report, &bytes);
            assert!(errors <= 1, "{} {errors}", report.path);
            figures
        });
    }
}

/// What is read from bytes, if anything, and whether the reader says that something is wrong with them.
fn doubtful(report: &Report, bytes: &[u8]) -> (Vec<String>, bool) {
    match read(&KNOWLEDGE, Source::of(report.path.as_str(), bytes), bytes) {
        Ok(record) => (figures(&record), record.decoding.errors > 0 || record.damage.contains(&"mojibake")),
        Err(_) => (Vec::new(), true),
    }
}

/// Figures with a value that the report does not state.
fn invented(report: &Report, found: &[String]) -> Vec<String> {
    // Which of several statements is chosen depends on which are left; a row whose label is lost is an unmapped one.
    let stated = |figure: &str| figure.rsplit_once(' ').map_or(String::new(), |(figure, _)| figure.to_owned());
    let known: Vec<String> = report.figures.iter().map(|figure| stated(figure)).collect();
    let counts = |figure: &str| !["None exact", "table_unmapped", "_unlisted"].iter().any(|word| figure.contains(word));
    found.iter().filter(|figure| counts(figure) && !known.contains(&stated(figure))).cloned().collect()
}

#[test]
fn a_text_saved_in_the_wrong_encoding_is_mended_or_gives_nothing() {
    for (right, wrong) in [(UTF_8, GB18030), (GB18030, WINDOWS_1252), (UTF_8, WINDOWS_1252)] {
        let (mut mended, mut kept, mut wanted) = (0, 0, 0);
        for report in REPORTS.iter() {
            let scrambled = wrong.decode_without_bom_handling(&encoded(right, &characters(report))).0.into_owned();
            let (found, is_doubtful) = doubtful(report, scrambled.as_bytes());
            mended += usize::from(found == report.figures);
            wanted += report.figures.len();
            kept += report.figures.iter().filter(|figure| found.contains(figure)).count();
            assert!(is_doubtful || found.is_empty(), "{} {}", wrong.name(), report.path);
            assert_eq!(invented(report, &found), Vec::<String>::new(), "{} {}", wrong.name(), report.path);
        }
        let (right, wrong_name) = (right.name(), wrong.name());
        println!("mojibake: {right} read as {wrong_name}: {mended} of 40 as before, {kept} of {wanted} figures");
        assert!(wrong != WINDOWS_1252 || mended == 40, "{mended}");
    }
}

#[test]
fn of_two_encodings_in_a_file_the_larger_part_is_read() {
    for (one, other) in [(UTF_8, GB18030), (GB18030, UTF_8)] {
        for report in REPORTS.iter().filter(|report| report.document.blocks.len() > 12) {
            let text = characters(report);
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            for share in [3, 7] {
                let (before, behind) = lines.split_at(lines.len() * share / 10);
                let bytes = [encoded(one, &before.concat()), encoded(other, &behind.concat())].concat();
                let (found, is_doubtful) = doubtful(report, &bytes);
                assert!(is_doubtful, "{} {share}", report.path);
                assert_eq!(invented(report, &found), Vec::<String>::new(), "{} {share}", report.path);
            }
        }
    }
}

#[test]
fn a_lost_byte_loses_a_clause_and_no_more() {
    let (mut wanted, mut kept) = (0, 0);
    for (number, report) in REPORTS.iter().enumerate() {
        let bytes = encoded(GB18030, &characters(report));
        let mut dice = Dice(number as u64);
        let mut at = dice.below(bytes.len());
        while bytes[at].is_ascii() {
            at = (at + 1) % bytes.len();
        }
        let damaged = [&bytes[..at], &bytes[at + 1..]].concat();
        let (found, _) = doubtful(report, &damaged);
        assert_eq!(invented(report, &found), Vec::<String>::new(), "{} at {at}", report.path);
        wanted += report.figures.len();
        kept += report.figures.iter().filter(|figure| found.contains(figure)).count();
    }
    println!("lost bytes: {kept} of {wanted} figures kept");
    assert!(kept * 100 > wanted * 97, "{kept} of {wanted}");
}

#[test]
fn hz_is_refused_and_nul_is_a_blank() {
    let hz = b"~{;y1>J}>]~}\n~{GkJdHkNDW~~}\n";
    assert_eq!(decode(&KNOWLEDGE.charset, hz).unwrap_err().reason, Reason::Binary);
    let report = &REPORTS[0];
    let text = characters(report).replace('\n', "\0\n");
    assert_eq!(of_text(report, text.as_bytes()).0, report.figures);
}

/// The same sequence on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }
}

/// Smallest and largest generated document, in bytes.
const SIZES: (usize, usize) = (200, 40 * 1024);

/// Documents to generate.
const DOCUMENTS: u64 = 24_000;

/// A document of some size in some encoding: words from anywhere in the sample, cut at any byte.
fn generated(corpus: &[(String, String)], number: u64) -> (&'static Encoding, bool, Vec<u8>) {
    let mut dice = Dice(number.wrapping_mul(0xD1B5_4A32_D192_ED03));
    let encoding = [UTF_8, GB18030, BIG5, UTF_16LE, UTF_16BE][dice.below(5)];
    // As many small documents as large ones.
    let mut size = SIZES.0;
    while size * 2 < SIZES.1 && dice.below(6) > 0 {
        size *= 2;
    }
    size = (size + dice.below(size)).min(SIZES.1);
    let is_page = dice.below(3) == 0;
    let mut bytes = if is_page { encoded(encoding, "<html><body><div class=\"article\"><p>") } else { Vec::new() };
    while bytes.len() < size {
        let (hans, hant) = &corpus[dice.below(corpus.len())];
        let text = if encoding == BIG5 { hant } else { hans };
        let count = text.chars().count();
        let from = dice.below(count);
        let piece: String = text.chars().skip(from).take(size).collect();
        bytes.extend(encoded(encoding, &piece));
    }
    bytes.truncate(size);
    let is_damaged = dice.below(4) == 0;
    for _ in 0..if is_damaged { 1 + dice.below(3) } else { 0 } {
        let at = dice.below(bytes.len());
        bytes[at] = u8::try_from(dice.below(256)).unwrap();
    }
    (encoding, is_damaged, bytes)
}

#[test]
fn the_encoding_is_right_in_all_but_one_of_a_thousand_documents() {
    let corpus: Vec<(String, String)> = REPORTS
        .iter()
        .map(|report| {
            let text = report.document.text.clone();
            let hant = traditional(&text);
            (text, hant)
        })
        .collect();
    let judged: Vec<(&str, bool, bool, usize)> = (0..DOCUMENTS)
        .into_par_iter()
        .map(|number| {
            let (encoding, is_damaged, bytes) = generated(&corpus, number);
            let found = KNOWLEDGE.charset.choose(&bytes).encoding;
            (encoding.name(), is_damaged, found == encoding, bytes.len())
        })
        .collect();
    let mut table: BTreeMap<(&str, bool), (usize, usize)> = BTreeMap::new();
    for (name, is_damaged, is_right, size) in &judged {
        let row = table.entry((name, *is_damaged)).or_default();
        row.0 += 1;
        row.1 += usize::from(!is_right);
        if !is_right {
            println!("wrong: {name} {size} bytes{}", if *is_damaged { ", damaged" } else { "" });
        }
    }
    for ((name, is_damaged), (all, wrong)) in &table {
        println!("{name:<10} {:<8} {all:>6} documents {wrong:>4} wrong", if *is_damaged { "damaged" } else { "whole" });
    }
    let count = |damaged: bool| {
        judged
            .iter()
            .filter(|judged| judged.1 == damaged)
            .fold((0, 0), |(all, wrong), judged| (all + 1, wrong + usize::from(!judged.2)))
    };
    let ((whole, wrong), (damaged, wrong_damaged)) = (count(false), count(true));
    println!("encodings: {wrong} of {whole} whole documents wrong, {wrong_damaged} of {damaged} with damaged bytes");
    assert!(wrong * 1_000 <= whole, "{wrong} of {whole}");
    assert!((wrong + wrong_damaged) * 1_000 <= whole + damaged, "{wrong_damaged} of {damaged}");
}
