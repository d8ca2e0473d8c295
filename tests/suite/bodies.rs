//! Who speaks for whom, in one year and from one year to the next: departments, summaries, places that are taken over.

use polars::prelude::DataType;

use crate::binary::Place;

/// A report with what section III carried in and out.
fn report(body: &str, year: i16, (carried_in, carried_out): (i32, i32), more: &str) -> String {
    let handled = 9 + carried_in - carried_out;
    let row = |label: &str, count: i32| format!("{label}\t{count}\t0\t0\t0\t0\t0\t{count}\n");
    [
        &format!("{body}{year}年政府信息公开工作年度报告\n一、总体情况\n本报告由{body}编制，所列数据的统计期限自{year}年1月1日起至{year}年12月31日止。{more}\n"),
        "三、收到和处理政府信息公开申请情况\n申请人情况\t自然人\t商业企业\t科研机构\t社会公益组织\t法律服务机构\t其他\t总计\n",
        &row("一、本年新收政府信息公开申请数量", 9),
        &row("二、上年结转政府信息公开申请数量", carried_in),
        &row("（七）总计", handled),
        &row("四、结转下年度继续办理", carried_out),
        "五、存在的主要问题及改进情况\n人手不足。\n",
    ]
    .concat()
}

/// The rows of a table as text.
fn rows(place: &Place, table: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let table = place.table(table);
    let columns: Vec<_> =
        columns.iter().map(|name| table.column(name).unwrap().cast(&DataType::String).unwrap()).collect();
    let cell = |column: &polars::prelude::Column, row: usize| column.str().unwrap().get(row).unwrap_or("-").to_owned();
    (0..table.height()).map(|row| columns.iter().map(|column| cell(column, row)).collect()).collect()
}

/// Status and severity of the checks that the total carried into a year is what the year before carried out.
fn carries(files: &[(&str, String)]) -> Vec<Vec<String>> {
    let mut found = rows(&Place::built(files), "checks", &["check", "left", "status", "severity"]);
    found.retain(|row| row[0] == "Y-CARRY" && row[1] == "7.0");
    found.dedup();
    found.into_iter().map(|row| row[2..].to_vec()).collect()
}

#[test]
fn what_is_carried_over_is_compared_with_the_same_body_only() {
    let plain = |body: &str, year, carried| report(body, year, carried, "");
    let before = ("1.txt", plain("岳西县人民政府", 2020, (0, 4)));
    assert_eq!(carries(&[before, ("2.txt", plain("岳西县人民政府", 2021, (7, 0)))]), [["fail", "hard"]]);
    // 江干区 ended, and 上城区 took its open requests over.
    let before = ("1.txt", plain("杭州市上城区人民政府", 2020, (0, 4)));
    assert_eq!(carries(&[before, ("2.txt", plain("杭州市上城区人民政府", 2021, (7, 0)))]), [["fail", "soft"]]);
    // A summary of the area has the open requests of all its bodies.
    let before = ("1.txt", plain("岳西县人民政府", 2020, (0, 4)));
    let summary = "本报告在各乡镇、各部门政府信息公开工作年度报告基础上汇总编制。";
    let after = ("2.txt", report("岳西县人民政府", 2021, (7, 0), summary));
    assert_eq!(carries(&[before, after]), [["not_assessable", "hard"]]);
    // The year before is not the year that a table names.
    let after = report("岳西县人民政府", 2021, (7, 0), "").replace("三、收到", "附：2019年数据\n三、收到");
    let place = Place::built(&[("1.txt", plain("岳西县人民政府", 2020, (0, 4))), ("2.txt", after)]);
    let stated = rows(&place, "observations", &["metric", "applicant", "value", "stated_year"]);
    assert!(stated.contains(&["req_carried_in", "total", "7.0", "2019"].map(str::to_owned).to_vec()), "{stated:?}");
    let mut checks = rows(&place, "checks", &["check", "status"]);
    checks.retain(|row| row[0] == "Y-CARRY");
    assert!(!checks.is_empty() && checks.iter().all(|row| row[1] == "not_assessable"), "{checks:?}");
}

#[test]
fn a_department_speaks_once_a_year() {
    let early = report("岳西县教育局", 2021, (0, 0), "");
    let late = report("岳西县教育局", 2021, (1, 0), "公开信息12条。\n发布日期：2022-03-20");
    let longer = report("安徽省岳西县教育局", 2021, (0, 0), "");
    let other = report("岳西县水利局", 2021, (0, 0), "");
    let place = Place::built(&[("a.txt", early), ("b.txt", late), ("c.txt", longer), ("d.txt", other)]);
    let kinds = rows(&place, "reports", &["path", "duplicate_kind"]);
    let kind = |path: &str| kinds.iter().find(|row| row[0] == path).map(|row| row[1].as_str());
    assert_eq!(
        [kind("a.txt"), kind("b.txt"), kind("c.txt"), kind("d.txt")],
        [Some("restated"), Some("-"), Some("mirror"), Some("-")]
    );
    let county = rows(&place, "counties", &["county", "departments_reporting"]);
    assert!(county.contains(&vec!["岳西县".to_owned(), "2".to_owned()]), "{county:?}");
    let years = rows(&place, "years", &["report_year", "issuer_level", "places_reporting", "requests_received"]);
    assert!(years.contains(&["2021", "department", "2", "18"].map(str::to_owned).to_vec()), "{years:?}");
}

#[test]
fn a_department_that_repeats_its_year_before_is_suspected() {
    let more = "公开信息1378条，办理建议提案23件。";
    let years = [2020, 2021].map(|year| report("岳西县教育局", year, (0, 0), more));
    let [before, after] = years;
    let place = Place::built(&[("1.txt", before), ("2.txt", after)]);
    let found = rows(&place, "checks", &["check", "status", "detail"]);
    let found: Vec<_> = found.iter().filter(|row| row[0] == "Y-COPY").collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][1], "fail", "{found:?}");
}

#[test]
fn the_same_few_small_numbers_are_no_suspicion() {
    let text = |year: i16| {
        format!(
            "永顺县小溪镇人民政府{year}年政府信息公开工作年度报告\n一、概述\n全年召开专题会议2次，举办培训1次。\n二、依申请公开情况\n未收到政府信息公开申请。\n三、存在的主要问题\n{year}年人手不足。\n"
        )
    };
    let place = Place::built(&[("1.txt", text(2020)), ("2.txt", text(2021))]);
    let found = rows(&place, "checks", &["check", "status"]);
    let found: Vec<_> = found.iter().filter(|row| row[0] == "Y-COPY").collect();
    assert!(!found.is_empty() && found.iter().all(|row| row[1] == "not_assessable"), "{found:?}");
}

#[test]
fn of_copies_the_one_with_a_date_and_more_figures_is_kept() {
    let early = report("泾县人民政府", 2021, (0, 0), "公开信息100条。\n发布日期：2022-01-20");
    let late = report("泾县人民政府", 2021, (0, 0), "公开信息900条。\n发布日期：2022-03-20");
    let undated = late.replace("\n发布日期：2022-03-20", "");
    let place = Place::built(&[("a_mirror.txt", undated), ("b_early.txt", early), ("c_late.txt", late)]);
    let counties = rows(&place, "counties", &["county", "items_disclosed", "published"]);
    assert!(counties.contains(&["泾县", "900", "2022-03-20"].map(str::to_owned).to_vec()), "{counties:?}");
}

#[test]
fn pages_of_the_same_words_in_two_towns_are_two_reports() {
    let page = report("镇人民政府", 2021, (0, 0), "公开信息31条。");
    let other = format!("{page}\n");
    let place = Place::built(&[("岳西县/来榜镇/1.txt", page), ("岳西县/温泉镇/1.txt", other)]);
    let towns = rows(&place, "townships", &["township", "items_disclosed"]);
    for town in ["来榜镇", "温泉镇"] {
        assert!(towns.contains(&[town, "31"].map(str::to_owned).to_vec()), "{towns:?}");
    }
}

#[test]
fn a_city_without_counties_is_one_place() {
    let place = Place::built(&[
        ("1.txt", report("中山市人民政府", 2022, (0, 0), "")),
        ("2.txt", report("东莞市石龙镇人民政府", 2022, (0, 0), "")),
    ]);
    let reports = rows(&place, "reports", &["path", "issuer_level", "prefecture_code", "county_code", "township_code"]);
    assert!(reports.contains(&["1.txt", "prefecture", "4420", "-", "-"].map(str::to_owned).to_vec()), "{reports:?}");
    let town = ["2.txt", "township", "4419", "441900", "441900102"];
    assert!(reports.contains(&town.map(str::to_owned).to_vec()), "{reports:?}");
    let coverage = rows(&place, "coverage", &["place_code", "level"]);
    assert!(coverage.iter().all(|row| !["441900", "442000"].contains(&row[0].as_str())));
    assert!(coverage.iter().any(|row| row[0] == "441900102"));
}
