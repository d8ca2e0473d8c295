//! Copies, mirrors, restatements and reports copied from others, each made from clean reports.

use std::collections::BTreeMap;

use crate::binary::Place;

/// A report with enough prose to be compared. `words` chooses the words, `base` the figures.
fn report(body: &str, year: i16, words: usize, base: i32) -> String {
    let prose = [
        "本单位把公开写进全年工作计划，分管领导每季度听取一次汇报，经办人员按栏目逐条核对内容，发现过期信息当天更换。\
         办事大厅新设查阅角，群众可以翻看文件汇编，也可以请窗口人员代为检索；村里的公示栏同步张贴惠民补贴名册，接受监督。\
         对拟公开的材料，先由起草人提出意见，再由保密人员把关，最后经主要负责同志签字，手续不全的一律退回补办。",
        "今年我们重新梳理了权责清单，把原来分散在各股室的目录合成一本，方便查找。网站改版以后，首页增加了办事指引和常见问答，\
         点击三次以内就能找到需要的表格。我们还请退休教师和种植大户担任监督员，每半年座谈一回，听取他们对公开内容的看法，\
         能改的马上改，暂时改不了的说明理由。培训采用以会代训的办法，讲解条例原文，结合实例说明哪些材料可以公开、哪些必须脱密。",
    ];
    format!(
        "{body}{year}年政府信息公开工作年度报告\n一、概述\n本报告由{body}编制，所列数据的统计期限为{year}年1月1日至{year}年12月31日。\n{}\n\
         二、主动公开情况\n全年主动公开政府信息{}条，其中政府网站公开{}条，微信公众号公开{}条。举办培训{}次，培训{}人次。\n\
         三、依申请公开情况\n收到政府信息公开申请{}件，均已答复。\n四、存在的主要问题\n人手不足。\n",
        prose[words],
        base + 90,
        base + 41,
        base + 20,
        base % 7 + 2,
        base + 7,
        base % 5 + 3,
    )
}

/// The text as a page of a mirror converts it.
fn converted(text: &str) -> String {
    let pairs: BTreeMap<char, char> = include_str!("../../data/variants.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(variant, simple)| Some((simple.chars().next()?, variant.chars().next()?)))
        .collect();
    text.chars().map(|character| pairs.get(&character).copied().unwrap_or(character)).collect()
}

fn column(place: &Place, table: &str, name: &str) -> Vec<Option<String>> {
    let table = place.table(table);
    let texts = table.column(name).unwrap().str().unwrap().clone();
    (0..table.height()).map(|at| texts.get(at).map(str::to_owned)).collect()
}

/// Path to what it is a copy of, and how.
fn kinds(place: &Place) -> BTreeMap<String, (String, String)> {
    let (ids, paths) = (column(place, "reports", "report_id"), column(place, "reports", "path"));
    let names: BTreeMap<_, _> = ids.iter().zip(&paths).rev().collect();
    let (of, kinds) = (column(place, "reports", "duplicate_of"), column(place, "reports", "duplicate_kind"));
    let found = paths.iter().zip(of).zip(kinds);
    let found = found.filter_map(|((path, of), kind)| {
        let of = names.get(&Some(of?)).and_then(|path| (*path).clone())?;
        Some((path.clone()?, (of, kind?)))
    });
    found.collect()
}

#[test]
fn mirrors_are_told() {
    let original = report("永顺县盐井乡人民政府", 2018, 0, 10);
    let portal =
        format!("首页 > 政府信息公开 > 年报\n字体:大 中 小\n{original}\n上一篇：机关食堂公告\n技术支持：某公司\n");
    // The name of the place is lost, as on betting sites.
    let nameless = original.replace("永顺县盐井乡人民政府", "某某娱乐平台");
    let place = Place::built(&[
        ("a_converted.txt", converted(&original)),
        ("b.txt", original.clone()),
        ("c_portal.txt", portal),
        ("d_nameless.txt", nameless),
        ("e_other_figures.txt", report("永顺县盐井乡人民政府", 2018, 0, 11)),
        ("f_other_year.txt", report("永顺县盐井乡人民政府", 2017, 1, 10)),
        ("g_other_town.txt", report("永顺县小溪镇人民政府", 2018, 1, 10)),
        ("h_other_town.txt", report("永顺县泽家镇人民政府", 2018, 0, 10)),
    ]);
    let kinds = kinds(&place);
    let told = |path: &str| kinds.get(path).map(|(of, kind)| (of.as_str(), kind.as_str()));
    assert_eq!(told("a_converted.txt"), Some(("b.txt", "mirror")));
    assert_eq!(told("c_portal.txt"), Some(("b.txt", "mirror")));
    assert_eq!(told("d_nameless.txt"), Some(("b.txt", "mirror")));
    // One of the two figures speaks; neither is published on a day.
    assert_eq!(told("b.txt"), None);
    assert_eq!(told("e_other_figures.txt"), Some(("b.txt", "restated")));
    assert_eq!(told("f_other_year.txt"), None);
    assert_eq!(told("g_other_town.txt"), None);
    assert_eq!(told("h_other_town.txt"), None, "a town that copies another has reported all the same");
}

#[test]
fn copied_reports_are_suspected() {
    let place = Place::built(&[
        ("a_2016.txt", report("永顺县盐井乡人民政府", 2016, 0, 10)),
        ("a_2017.txt", report("永顺县盐井乡人民政府", 2017, 0, 33)),
        ("a_2018.txt", report("永顺县盐井乡人民政府", 2018, 1, 33)),
        ("a_2019.txt", report("永顺县盐井乡人民政府", 2019, 0, 44)),
        ("b_2016.txt", report("永顺县小溪镇人民政府", 2016, 0, 10)),
        ("c_2016.txt", report("永顺县泽家镇人民政府", 2016, 0, 12)),
        ("d_2016.txt", report("永顺县车坪乡人民政府", 2016, 1, 10)),
    ]);
    let paths: BTreeMap<_, _> =
        column(&place, "reports", "report_id").into_iter().zip(column(&place, "reports", "path")).collect();
    let named = |name: &str| -> Vec<String> {
        let path = |id: Option<String>| paths.get(&id).cloned().flatten().unwrap_or_default();
        column(&place, "checks", name).into_iter().map(path).collect()
    };
    let (checks, status) = (column(&place, "checks", "check"), column(&place, "checks", "status"));
    let pairs = checks.iter().zip(status).zip(named("report_id").into_iter().zip(named("other_report_id")));
    let mut found: Vec<String> = pairs
        .filter(|((check, _), _)| check.as_deref() == Some("Y-COPY"))
        .map(|((_, status), (one, other))| format!("{one} {other} {}", status.unwrap()))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "a_2016.txt b_2016.txt fail",
            "a_2017.txt a_2016.txt fail",
            "a_2018.txt a_2017.txt fail",
            "a_2019.txt a_2018.txt pass",
        ],
        "both of another town's, the words of last year, the figures of last year, and neither"
    );
}

#[test]
fn a_summary_of_an_area_speaks_only_where_there_is_no_own_report() {
    let own = report("岳西县人民政府", 2018, 0, 10);
    let gathered = |year| {
        report("岳西县", year, 1, 300)
            .replace("由岳西县编制", "由县政府办公室在各乡镇、县直各单位年度报告基础上汇总编制")
    };
    let place = Place::built(&[
        ("own.txt", own.clone()),
        ("sum.txt", gathered(2018)),
        ("titled.txt", report("岳西县", 2018, 1, 500).replacen("工作年度报告", "工作年度报告（汇总）", 1)),
        ("alone.txt", gathered(2020)),
    ]);
    let found = kinds(&place);
    let told = |path: &str| found.get(path).map(|(of, kind)| (of.as_str(), kind.as_str()));
    assert_eq!(told("own.txt"), None, "{found:?}");
    assert_eq!(told("sum.txt"), Some(("own.txt", "summary")));
    assert_eq!(told("titled.txt"), Some(("own.txt", "summary")));
    assert_eq!(told("alone.txt"), None, "where there is no other, it speaks");
    let scopes: BTreeMap<_, _> =
        column(&place, "reports", "path").into_iter().zip(column(&place, "reports", "scope")).collect();
    let scope = |path: &str| scopes[&Some(path.to_owned())].as_deref();
    assert_eq!([scope("own.txt"), scope("sum.txt"), scope("titled.txt")], [None, Some("summary"), Some("summary")]);
}
