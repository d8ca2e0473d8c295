//! What holds for any input at all.

use std::sync::LazyLock;

use nianbao::decode::decode;
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::model::Source;
use nianbao::number::{self, ONE};
use nianbao::parse::fold::Page;
use nianbao::report::read;
use proptest::prelude::*;

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| embedded().unwrap());

fn source() -> Source {
    Source::of("any/2019.txt", b"")
}

/// Texts made of words that the grammar acts on, so that any order of them is tried.
fn report_like() -> impl Strategy<Value = String> {
    const WORDS: [&str; 44] = [
        "政府信息公开工作年度报告",
        "2019年",
        "永顺县",
        "盐井乡",
        "人民政府",
        "\n",
        "一、",
        "（一）",
        "主动公开",
        "政府信息",
        "其中",
        "分别为",
        "各",
        "没有",
        "未收到",
        "无",
        "申请",
        "行政复议",
        "、",
        "和",
        "行政诉讼",
        "，",
        "。",
        "；",
        "：",
        "12",
        "3.5万",
        "1,234",
        "两",
        "十二",
        "条",
        "件",
        "次",
        "人次",
        "%",
        "占",
        "余",
        "约",
        "\t",
        "|",
        "自然人",
        "总计",
        "（七）总计",
        "本年新制作数量",
    ];
    prop::collection::vec(prop::sample::select(&WORDS[..]), 0..120).prop_map(|words| words.concat())
}

fn holds(text: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(record) = read(&KNOWLEDGE, source(), bytes) else { return Ok(()) };
    let again = read(&KNOWLEDGE, source(), bytes).unwrap();
    prop_assert_eq!(&record.observations, &again.observations);
    prop_assert_eq!(&record.checks, &again.checks);
    for observation in &record.observations {
        let range = observation.quote.range();
        let quote = record.document.text.get(range);
        prop_assert!(quote.is_some(), "{:?} is not a part of {text:?}", observation.quote);
        let zero_needs_words = observation.value != Some(0) || !quote.unwrap().is_empty();
        prop_assert!(zero_needs_words, "a zero without words in {text:?}");
    }
    for pair in record.document.blocks.windows(2) {
        prop_assert!(pair[0].span.end <= pair[1].span.start, "blocks overlap in {text:?}");
    }
    let page = Page::new(&KNOWLEDGE.variants, &record.document);
    let end = page.folded.text.len();
    prop_assert!(page.folded.original(0, end, &record.document.text).end as usize <= record.document.text.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn numbers_survive_printing(value in 0..10_000_000_000_000_i64) {
        let printed = number::print(value);
        let read = number::parse(&printed).unwrap();
        prop_assert_eq!(read.value, value);
        prop_assert_eq!(read.len, printed.len());
    }

    #[test]
    fn whole_numbers_survive_separators(value in 1_000..100_000_000_i64) {
        let plain = value.to_string();
        let mut grouped = String::new();
        for (at, digit) in plain.chars().enumerate() {
            if at > 0 && (plain.len() - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        prop_assert_eq!(number::parse(&grouped).map(|number| number.value), Some(value * ONE));
    }

    #[test]
    fn any_text_is_read_without_harm(text in "\\PC{0,300}") {
        holds(&text, text.as_bytes())?;
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        holds("bytes", &bytes)?;
    }

    #[test]
    fn any_order_of_the_grammars_words_is_read_without_harm(text in report_like()) {
        holds(&text, text.as_bytes())?;
    }

    #[test]
    fn any_markup_is_read_without_harm(text in "(<(table|tr|td rowspan=3|td colspan=9|/td|/tr|/table|p|/p|script|/script|br)>|其中|12条|&nbsp;|&#x4e00;){0,80}") {
        holds(&text, text.as_bytes())?;
    }

    #[test]
    fn what_is_encoded_is_decoded(seed in report_like(), which in 0..4_usize) {
        let text = format!("永顺县盐井乡人民政府2019年度政府信息公开工作年度报告。全年主动公开政府信息，未收到政府信息公开申请。{seed}");
        let encodings = [encoding_rs::GB18030, encoding_rs::UTF_8, encoding_rs::UTF_16LE, encoding_rs::UTF_16BE];
        let bytes = match which {
            2 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            3 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => encodings[which].encode(&text).0.into_owned(),
        };
        let decoded = decode(&KNOWLEDGE.charset, &bytes).unwrap();
        prop_assert_eq!(decoded.text, text);
    }
}
