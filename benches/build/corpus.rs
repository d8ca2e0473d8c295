//! A corpus of any size: the documents of data/sample under other places, with other figures and whole pages around them.

use std::fmt::Write as _;
use std::path::PathBuf;

use nianbao::decode::decode;
use nianbao::knowledge::{Knowledge, Place};
use nianbao::model::{BlockKind, Level, Source};
use nianbao::report;

/// A document of the sample.
struct Template {
    markup: String,
    is_page: bool,
    encoding: &'static str,
    /// Names of its county and its township, as they are printed.
    names: [Option<&'static str>; 2],
    year: i16,
}

/// What documents are made of.
pub(crate) struct Sample<'k> {
    knowledge: &'k Knowledge,
    templates: Vec<Template>,
    /// Sentences without digits.
    sentences: Vec<String>,
    towns: Vec<&'k Place>,
}

/// Numbers that look like chance and are the same on every machine (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let value = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.roll() % count.max(1) as u64).unwrap_or(0)
    }

    fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

impl<'k> Sample<'k> {
    /// Reads data/sample.
    pub(crate) fn load(knowledge: &'k Knowledge) -> Sample<'k> {
        let files = walkdir::WalkDir::new("data/sample").sort_by_file_name().into_iter().flatten();
        let mut sample = Sample { knowledge, templates: Vec::new(), sentences: Vec::new(), towns: Vec::new() };
        for file in files.filter(|entry| entry.file_type().is_file()) {
            let bytes = std::fs::read(file.path()).unwrap_or_default();
            sample.learn(&file.path().display().to_string(), &bytes);
        }
        let towns = knowledge.gazetteer.places().iter();
        sample.towns = towns.filter(|place| place.level() == Level::Township).collect();
        sample
    }

    fn learn(&mut self, path: &str, bytes: &[u8]) {
        let Ok(decoded) = decode(&self.knowledge.charset, bytes) else { return };
        let Some((encoding, _)) = decoded.decoding.encoding else { return };
        let markup = decoded.text.clone();
        let Ok(record) = report::study(self.knowledge, Source::of(path, bytes), decoded) else { return };
        for block in record.document.blocks.iter().filter(|block| block.kind == BlockKind::Paragraph) {
            let sentences = record.document.words(block.span).split_inclusive('。');
            let plain =
                sentences.filter(|one| one.ends_with('。') && !one.contains(|letter: char| letter.is_ascii_digit()));
            self.sentences.extend(plain.map(str::to_owned));
        }
        let year = record.identity.year.unwrap_or(2018);
        let name = |code: u32| self.knowledge.gazetteer.name(code, Some(year));
        let place = record.identity.place.filter(|place| *place > 9_999);
        let township = place.filter(|place| *place > 999_999);
        let county = place.map(|place| if place > 999_999 { place / 1000 } else { place });
        let is_page = markup.contains("<body") || markup.contains("<table") || markup.contains("<p");
        let names = [county.and_then(name), township.and_then(name)];
        self.templates.push(Template { markup, is_page, encoding, names, year });
    }

    /// Path and bytes of one document.
    pub(crate) fn document(&self, number: usize) -> (PathBuf, Vec<u8>) {
        let mut dice = Dice(number as u64);
        let template = dice.one_of(&self.templates);
        let gazetteer = &self.knowledge.gazetteer;
        let alive: &Place = loop {
            let town = dice.one_of(&self.towns);
            if town.from <= template.year && template.year <= town.to {
                break town;
            }
        };
        let name = |code: u32| gazetteer.name(code, Some(template.year)).unwrap_or("永顺县");
        let mut markup = figures(&template.markup, &mut dice);
        for (old, new) in template.names.iter().zip([name(alive.code / 1000), alive.name]) {
            markup = old.map_or(markup.clone(), |old| markup.replace(old, new));
        }
        let share = dice.below(1000);
        let (size, extension) = if template.is_page {
            (8 * 1024 + 32 * 1024 * share / 1000 * share / 1000, "html")
        } else {
            (3 * 1024 + 9 * share, "txt")
        };
        let markup =
            if template.is_page { self.page(&markup, size, &mut dice) } else { self.text(markup, size, &mut dice) };
        let folder = format!("{}/{}", name(alive.code / 10_000_000), name(alive.code / 1000));
        (PathBuf::from(format!("{folder}/{number}.{extension}")), encode(&markup, template.encoding))
    }

    fn sentence(&self, dice: &mut Dice) -> String {
        (0..=dice.below(4)).map(|_| dice.one_of(&self.sentences).as_str()).collect()
    }

    fn text(&self, mut text: String, size: usize, dice: &mut Dice) -> String {
        while text.len() < size {
            let _ = writeln!(text, "\n{}", self.sentence(dice));
        }
        text
    }

    /// The page with a site around it: two parts in five prose, three in five links, styles and scripts.
    fn page(&self, markup: &str, size: usize, dice: &mut Dice) -> String {
        let missing = size.saturating_sub(markup.len());
        let (mut prose, mut links, mut style) = (String::new(), String::new(), String::new());
        while prose.len() < missing * 2 / 5 {
            let _ = writeln!(prose, "<p style=\"text-indent:2em\">{}</p>", self.sentence(dice));
        }
        while links.len() < missing * 2 / 5 {
            let name = dice.one_of(&self.towns).name;
            let _ = writeln!(
                links,
                "<li><a href=\"/col/col{}/index.html\" target=\"_blank\">{name}</a></li>",
                dice.below(9999)
            );
        }
        while style.len() < missing / 5 {
            let _ = writeln!(
                style,
                ".nav{} li a {{ float: left; width: {}px; color: #333; }}",
                dice.below(99),
                dice.below(999)
            );
        }
        let head = format!("<style>{style}</style><ul class=\"nav\">{links}</ul>");
        let (start, end) =
            (markup.find("<body").and_then(|at| Some(at + markup.get(at..)?.find('>')? + 1)), markup.rfind("</body"));
        let (start, end) = (start.unwrap_or(0), end.unwrap_or(markup.len()));
        let part = |range: std::ops::Range<usize>| markup.get(range).unwrap_or_default();
        [part(0..start), &head, part(start..end), &prose, part(end..markup.len())].concat()
    }
}

/// The text with other numbers of the same length; years, zeros, the numbers of headings and all within tags stay.
fn figures(markup: &str, dice: &mut Dice) -> String {
    let mut text = String::with_capacity(markup.len());
    let (mut in_tag, mut rest) = (false, markup);
    while let Some(letter) = rest.chars().next() {
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (run, behind) = rest.split_at(length.max(letter.len_utf8()));
        rest = behind;
        in_tag = (in_tag || letter == '<') && letter != '>';
        let is_year = length == 4 && (run.starts_with("19") || run.starts_with("20"));
        let is_heading = behind.starts_with(['.', '、', '．']);
        if length == 0 || length > 4 || in_tag || is_year || is_heading || letter == '0' {
            text.push_str(run);
            continue;
        }
        let least = 10_usize.pow(u32::try_from(length).unwrap_or(1) - 1);
        let _ = write!(text, "{}", least + dice.below(least * 9));
    }
    text
}

fn encode(text: &str, encoding: &str) -> Vec<u8> {
    match encoding_rs::Encoding::for_label(encoding.as_bytes()) {
        Some(encoding) if encoding.output_encoding() == encoding => encoding.encode(text).0.into_owned(),
        _ => std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
    }
}
