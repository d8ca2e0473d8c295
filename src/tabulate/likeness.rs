//! What tells copies: the words whatever their layout and script, the figures, and a sketch of the prose.

use std::collections::BTreeSet;

use crate::characters::is_letter;
use crate::knowledge::Knowledge;
use crate::model::{ApplicantId, BlockKind, MetricId, Observation};
use crate::number;
use crate::record::Record;

/// Parts of a sketch: a share of equal ones is exact to some four points in a hundred.
const BINS: usize = 64;

/// Characters of a shingle; as many as fit into 64 bits.
const SHINGLE: usize = 4;

/// Prose of fewer shingles says too little to be compared.
const LEAST: usize = 200;

/// A paragraph with one of these is prose; headings and the cells of tables are alike in all reports.
const SENTENCE: [char; 4] = ['。', '，', ',', '；'];

/// What tells copies of one document.
#[derive(Debug, Clone, Default)]
pub struct Likeness {
    /// Hash of the words, of one script and without blanks.
    pub words: String,
    /// The figures, when there are any.
    pub figures: Option<Figures>,
    /// The prose, when there is enough of it.
    pub sketch: Option<Sketch>,
}

/// The figures of a report as one value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Figures {
    /// How many are not zero.
    pub told: usize,
    /// Digits of the different ones among these.
    pub digits: usize,
    /// Hash of them all.
    pub hash: u64,
}

impl Likeness {
    /// What tells copies of a document that was read.
    pub fn of(knowledge: &Knowledge, record: &Record) -> Likeness {
        let words = knowledge.variants.bare(&record.document.text);
        Likeness {
            words: blake3::hash(words.as_bytes()).to_hex().to_string(),
            figures: figures(&record.observations),
            sketch: sketch(knowledge, record),
        }
    }
}

fn figures(observations: &[Observation]) -> Option<Figures> {
    let chosen = observations.iter().filter(|observation| observation.chosen);
    let mut all: Vec<(MetricId, Option<ApplicantId>, i64)> = Vec::new();
    let mut told = 0;
    let mut values = BTreeSet::new();
    for observation in chosen {
        let Some(value) = observation.value else { continue };
        if value != 0 {
            told += 1;
            values.insert(value);
        }
        all.push((observation.metric, observation.applicant, value));
    }
    all.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for (metric, applicant, value) in &all {
        hasher.update(&metric.to_le_bytes()).update(&[applicant.map_or(u8::MAX, |applicant| applicant)]);
        hasher.update(&value.to_le_bytes());
    }
    let hash = hasher.finalize().as_bytes().first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    let digits = values.into_iter().map(|value| number::print(value.abs()).len()).sum();
    (!all.is_empty()).then_some(Figures { told, digits, hash })
}

impl std::fmt::Display for Figures {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {} {:016x}", self.told, self.digits, self.hash)
    }
}

impl Figures {
    /// From how it is kept in the parts of a run.
    pub fn parse(text: &str) -> Option<Figures> {
        let (told, rest) = text.split_once(' ')?;
        let (digits, hash) = rest.split_once(' ')?;
        Some(Figures {
            told: told.parse().ok()?,
            digits: digits.parse().ok()?,
            hash: u64::from_str_radix(hash, 16).ok()?,
        })
    }
}

/// The smallest hash of the shingles that fall into each bin (one-permutation `MinHash`): two texts have as large a
/// share of bins in common as they have of shingles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch([u8; BINS]);

impl Sketch {
    /// Percentage of the bins that are alike.
    pub fn alike(&self, other: &Sketch) -> usize {
        let pairs = || self.0.iter().zip(&other.0).filter(|(mine, theirs)| **mine != 0 || **theirs != 0);
        pairs().filter(|(mine, theirs)| mine == theirs).count() * 100 / pairs().count().max(1)
    }

    /// From how it is kept in the parts of a run.
    pub fn parse(text: &str) -> Option<Sketch> {
        let mut bins = [0; BINS];
        hex::decode_to_slice(text, &mut bins).ok()?;
        Some(Sketch(bins))
    }
}

impl std::fmt::Display for Sketch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

/// The sketch of the prose without its numbers, so that last year's words with this year's figures are alike.
fn sketch(knowledge: &Knowledge, record: &Record) -> Option<Sketch> {
    let mut least = [u64::MAX; BINS];
    let mut shingles = 0;
    for block in record.document.blocks.iter().filter(|block| block.kind == BlockKind::Paragraph) {
        let text = record.document.words(block.span);
        if !text.contains(SENTENCE) {
            continue;
        }
        let (mut shingle, mut length) = (0_u64, 0);
        let letters = text.chars().filter(|character| is_letter(*character));
        for letter in letters.map(|letter| knowledge.variants.form(letter)).filter(|letter| !is_digit(*letter)) {
            shingle = (shingle << 16) | (u64::from(u32::from(letter)) & 0xFFFF);
            length += 1;
            if length >= SHINGLE {
                shingles += 1;
                let hash = mix(shingle);
                let bin = &mut least[usize::try_from(hash >> 58).unwrap_or(0) % BINS];
                *bin = (*bin).min(hash & (u64::MAX >> 6));
            }
        }
    }
    // One byte of each: 0 is a bin in which nothing fell.
    let byte = |least: u64| if least == u64::MAX { 0 } else { u8::try_from(least % 255).unwrap_or(0) + 1 };
    (shingles >= LEAST).then(|| Sketch(least.map(byte)))
}

fn is_digit(letter: char) -> bool {
    number::NUMERALS.has(letter)
}

/// Spreads 64 bits evenly (the finalizer of `SplitMix64`); the order of hashes must never change between machines.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
