//! Every kind of damage, made from a clean report.

use nianbao::knowledge::{Knowledge, embedded};
use nianbao::model::Source;
use nianbao::report::read;

const CLEAN: &str = "永顺县盐井乡2018年政府信息公开工作年度报告\n\
    本报告根据《中华人民共和国政府信息公开条例》（国办发〔2018〕48号）编制，统计期限为2018年1月1日至2018年12月31日。\n\
    一、概述\n全年培训12人次，重视政府信息公开，及时更新网站栏目，方便群众查询。\n\
    二、主动公开情况\n主动公开政府信息320条。\n三、依申请公开情况\n收到政府信息公开申请3件。\n四、存在的主要问题\n人手不足。\n";

const FORM: &str = "二、主动公开政府信息情况\n第二十条第（一）项\n信息内容\t本年制发件数\t本年废止件数\t现行有效件数\n规章\t0\t0\t0\n行政规范性文件\t1\t2\t3\n\
    三、收到和处理政府信息公开申请情况\n四、政府信息公开行政复议、行政诉讼情况\n五、存在的主要问题及改进情况\n无。\n";

fn damage(knowledge: &Knowledge, text: &str) -> Vec<&'static str> {
    let source = Source::of("a.txt", b"");
    read(knowledge, source, text.as_bytes()).unwrap().damage
}

/// The text with a gloss behind every fifth ideograph, as some mirrors print it.
fn glossed(text: &str) -> String {
    let glossed = text.chars().enumerate().flat_map(|(at, character)| {
        let gloss = if at % 5 == 0 && ('\u{4E00}'..='\u{9FFF}').contains(&character) { "(xìn)" } else { "" };
        std::iter::once(character).chain(gloss.chars())
    });
    glossed.collect()
}

#[test]
fn a_clean_report_has_none() {
    let knowledge = embedded().unwrap();
    assert!(damage(&knowledge, CLEAN).is_empty(), "{:?}", damage(&knowledge, CLEAN));
}

#[test]
fn each_defect_is_told() {
    let knowledge = embedded().unwrap();
    let changed = |from: &str, to: &str| {
        assert!(CLEAN.contains(from), "{from}");
        CLEAN.replace(from, to)
    };
    // Bytes of UTF-8 that were read as Latin letters.
    let latin: String = "信息公开".bytes().map(char::from).collect();
    let defects = [
        ("glyph_loss", changed("2018年1月1日至2018年12月31日", "201811日至20181231日")),
        ("glyph_loss", changed("〔2018〕48号", "〔201848号")),
        ("glyph_loss", changed("一、概述", "、概述")),
        ("pinyin_gloss", glossed(CLEAN)),
        ("mojibake", changed("及时更新", "ㄒ唬更新")),
        ("mojibake", changed("及时更新", "锟斤拷锟斤拷更新")),
        ("mojibake", changed("及时更新", &latin)),
        ("split_glyphs", changed("重视政府信息公开", "重视政府信 息公开")),
        ("split_glyphs", changed("重视政府信息公开", "重视政府信息公\n\n开")),
        ("portal_chrome", format!("当前位置：首页 > 公开年报\n{CLEAN}")),
        ("portal_chrome", format!("{CLEAN}\n分享到：微信 微博\n【关闭窗口】\n")),
        ("substituted_name", CLEAN.replace("盐井乡", "皇冠体育_官方入口").replace("政府信息", "政府皇冠体育_官方入口")),
        ("attachment_absent", format!("{CLEAN}附件：2018年政府信息公开情况统计表.xls\n")),
        ("flattened_table", CLEAN.replace("四、", &FORM.replace("\t0\t0\t0", "000").replace("\t1\t2\t3", "000"))),
        ("values_lost", CLEAN.replace("四、", FORM)),
    ];
    for (kind, text) in defects {
        let told = damage(&knowledge, &text);
        assert!(told.contains(&kind), "{kind} is not among {told:?}:\n{text}");
    }
}

#[test]
fn what_only_looks_like_a_defect_is_none() {
    let knowledge = embedded().unwrap();
    let clean = [
        // Titles are spaced on purpose, and broken over lines.
        CLEAN.replace(
            "永顺县盐井乡2018年政府信息公开工作年度报告",
            "永 顺 县 盐 井 乡\n2018 年 政 府 信 息 公 开 工 作 年 度 报 告",
        ),
        CLEAN.replace("网站栏目", "网站（WeChat）栏目"),
        CLEAN.replace("12人次", "20123人次"),
        CLEAN.replace("方便群众查询", "电话2018123号转3"),
        CLEAN.replace("方便群众查询", "彩票网点公示也在其中"),
    ];
    for text in clean {
        assert!(damage(&knowledge, &text).is_empty(), "{:?}:\n{text}", damage(&knowledge, &text));
    }
}
