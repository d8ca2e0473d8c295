//! Reports of random real townships whose county is masked: what is settled must be right, and the rest must abstain.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nianbao::knowledge::{Knowledge, Lineage, Place, embedded, within};
use nianbao::model::{Class, Identity, Level, Source};
use nianbao::report::read;

/// So many townships are drawn in each year.
const DRAWN: usize = 1500;

/// Years of the reports.
const YEARS: [i16; 3] = [2016, 2019, 2022];

/// A sequence of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// Reads a text and says where it settles.
fn identify(knowledge: &Knowledge, text: &str) -> Identity {
    let source = Source::of("a.txt", b"");
    read(knowledge, source, text.as_bytes()).unwrap().identity
}

/// What a report says of its place besides the town's name.
const EVIDENCE: [&str; 6] = ["nothing", "phone", "postcode", "prefecture", "another county", "phone and postcode"];

struct Clues<'k> {
    knowledge: &'k Knowledge,
    /// Area codes and postcode prefixes with the places that they serve.
    phones: Vec<(&'static str, u32)>,
    postcodes: Vec<(&'static str, u32)>,
    counties: Vec<&'k Place>,
}

fn pairs(file: &'static str) -> Vec<(&'static str, u32)> {
    let rows = file.lines().skip(1).filter_map(|line| line.split_once('\t'));
    rows.map(|(clue, code)| (clue, code.parse().unwrap())).collect()
}

impl Clues<'_> {
    fn serving(&self, clues: &[(&'static str, u32)], code: u32) -> &'static str {
        let fits = clues.iter().filter(|(_, area)| within(code, *area));
        fits.max_by_key(|(clue, _)| clue.len()).map_or("", |(clue, _)| clue)
    }

    fn report(&self, town: &Place, year: i16, evidence: usize, dice: &mut Dice) -> String {
        let name = town.name;
        let mut report = format!(
            "{name}{year}年政府信息公开工作年度报告\n一、概述\n本报告由{name}编制。本报告中所列数据的统计期限从{year}年1月1日至{year}年12月31日止。\n\
             二、主动公开情况\n全年主动公开政府信息{}条。\n三、依申请公开情况\n全年收到申请{}件。\n四、存在的问题\n公开不够及时。\n",
            10 + dice.roll(400),
            dice.roll(9)
        );
        if evidence == 1 || evidence == 5 {
            let _ = writeln!(
                report,
                "联系电话:{}-{}",
                self.serving(&self.phones, town.code),
                2_000_000 + dice.roll(5_000_000)
            );
        }
        if evidence == 2 || evidence == 5 {
            let prefix = self.serving(&self.postcodes, town.code);
            let rest = format!("{:06}", dice.roll(1_000_000));
            let _ = writeln!(report, "邮编:{prefix}{}", rest.get(..6_usize.saturating_sub(prefix.len())).unwrap());
        }
        let prefecture = self.knowledge.gazetteer.name(town.code / 100_000, Some(year));
        if let (3, Some(prefecture)) = (evidence, prefecture) {
            let _ = writeln!(report, "地址:{prefecture}{name}建设路{}号", 1 + dice.roll(99));
        }
        if evidence == 4 {
            let other = self.counties[dice.roll(self.counties.len())].name;
            let _ = writeln!(report, "组织干部赴{other}学习政务公开经验。");
        }
        report
    }
}

#[test]
fn masked_counties_are_settled_rightly_or_not_at_all() {
    let knowledge = embedded().unwrap();
    let places = knowledge.gazetteer.places();
    let towns: Vec<&Place> = places.iter().filter(|place| place.level() == Level::Township).collect();
    let clues = Clues {
        knowledge: &knowledge,
        phones: pairs(include_str!("../../data/places/phones.tsv")),
        postcodes: pairs(include_str!("../../data/places/postcodes.tsv")),
        counties: places.iter().filter(|place| place.level() == Level::County).collect(),
    };
    let mut dice = Dice(1);
    // Settled rightly, wrongly, left open.
    let mut counts: BTreeMap<(&str, i16), [usize; 3]> = BTreeMap::new();
    let mut faults = String::new();
    for year in YEARS {
        let mut drawn = 0;
        while drawn < DRAWN {
            let town = towns[dice.roll(towns.len())];
            if !town.alive(year) {
                continue;
            }
            drawn += 1;
            let evidence = dice.roll(EVIDENCE.len());
            let report = clues.report(town, year, evidence, &mut dice);
            let identity = identify(&knowledge, &report);
            let count = counts.entry((EVIDENCE[evidence], year)).or_default();
            match identity.place {
                Some(code) if code == town.code => count[0] += 1,
                Some(code) => {
                    count[1] += 1;
                    let _ = writeln!(
                        faults,
                        "{} {} {year} by {}: settled as {code} by {:?}",
                        town.code, town.name, EVIDENCE[evidence], identity.place_basis
                    );
                }
                None => count[2] += 1,
            }
        }
    }
    let mut all = [0; 3];
    for ((evidence, year), [right, wrong, open]) in &counts {
        println!("{year} {evidence:<20} {right:>5} right {wrong:>4} wrong {open:>5} open");
        all = [all[0] + right, all[1] + wrong, all[2] + open];
    }
    let [right, wrong, open] = all;
    println!(
        "{} townships without their county: {right} settled rightly, {wrong} wrongly, {open} left open",
        right + wrong + open
    );
    print!("{faults}");
    assert!(wrong * 1000 <= (right + wrong) * 5, "{wrong} of {} are wrong:\n{faults}", right + wrong);
}

#[test]
fn the_commonest_name_abstains() {
    let knowledge = embedded().unwrap();
    let gazetteer = &knowledge.gazetteer;
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    for place in gazetteer.places().iter().filter(|place| place.level() == Level::Township && place.alive(2019)) {
        *named.entry(place.name).or_default() += 1;
    }
    let common: Vec<&str> = named.into_iter().filter(|(_, count)| *count > 20).map(|(name, _)| name).collect();
    assert!(common.contains(&"城关镇"), "{common:?}");
    for name in common {
        let report =
            format!("{name}2019年政府信息公开工作年度报告\n一、主动公开\n公开9条。\n二、依申请公开\n收到1件。\n");
        let identity = identify(&knowledge, &report);
        assert_eq!((identity.class.map(|(class, _)| class), identity.place), (Some(Class::Report), None), "{name}");
        assert!(identity.place_candidates.len() > 1, "{name}");
    }
}

#[test]
fn the_samples_counties_can_be_masked() {
    let knowledge = embedded().unwrap();
    let gazetteer = &knowledge.gazetteer;
    let (mut right, mut open) = (0, 0);
    for entry in walkdir::WalkDir::new("data/sample").sort_by_file_name() {
        let entry = entry.unwrap();
        let source = Source::of("a.txt", b"");
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let Ok(record) = read(&knowledge, source, &bytes) else { continue };
        let year = record.identity.year;
        let Some(town) = record.identity.place.filter(|code| *code > 999_999) else { continue };
        // As printed, and short: 泾县, 永顺.
        let county = gazetteer.name(town / 1000, year).unwrap_or_default();
        let short = county.strip_suffix(['县', '市', '区']).filter(|short| short.chars().count() > 1).unwrap_or(county);
        let masked = record.document.text.replace(county, "").replace(short, "");
        let identity = identify(&knowledge, &masked);
        match identity.place {
            Some(code) => {
                assert_eq!(code, town, "{} without {county}", entry.path().display());
                right += 1;
            }
            None => open += 1,
        }
    }
    println!("sample without counties: {right} townships settled rightly, none wrongly, {open} left open");
    assert!(right + open > 20);
}

fn is_one_body(codes: [(u32, i16); 2]) -> bool {
    let gazetteer = &embedded().unwrap().gazetteer;
    let lineage = Lineage::of(gazetteer);
    let [one, other] = codes.map(|(code, year)| lineage.body(gazetteer, code, year));
    one.is_some() && one == other
}

#[test]
fn a_county_is_followed_to_its_next_name_and_code_with_its_townships() {
    assert!(is_one_body([(110_228, 2015), (110_118, 2016)]), "密云县 became 密云区");
    assert!(is_one_body([(130_502, 2019), (130_502, 2020)]), "桥东区 became 襄都区");
    assert!(is_one_body([(130_223, 2017), (130_284, 2018)]), "滦县 became 滦州市, the only change in 唐山 that year");
    assert!(is_one_body([(140_202, 2017), (140_213, 2018)]), "most towns of 大同's 城区 are in 平城区");
    assert!(is_one_body([(110_228_101, 2015), (110_118_101, 2016)]), "溪翁庄镇 went with 密云");
    assert!(
        is_one_body([(340_203_002, 2020), (340_209_001, 2021)]),
        "中南街道 went with 弋江区, which had been 马塘区"
    );
}

#[test]
fn what_is_merged_or_divided_ends() {
    assert!(!is_one_body([(120_107, 2008), (120_116, 2009)]), "three districts became 滨海新区");
    assert!(!is_one_body([(130_502, 2019), (130_503, 2020)]), "襄都区 is not 信都区");
    assert!(!is_one_body([(130_421, 2016), (130_407, 2017)]), "邯郸县 was divided when 肥乡县 became a district");
    assert!(!is_one_body([(110_101, 2010), (110_102, 2010)]), "neighbours");
    assert!(!is_one_body([(341_521, 2015), (341_504, 2016)]), "寿县 went to 淮南 in the year in which 叶集区 began");
}

#[test]
fn a_place_that_moved_to_another_code_has_that_of_the_year() {
    let knowledge = embedded().unwrap();
    let place = |name: &str, year: i16| {
        identify(&knowledge, &format!("{name}{year}年政府信息公开工作年度报告\n一、概述\n主动公开政府信息5条。\n二、依申请公开\n收到申请1件。\n三、存在的问题\n无。\n")).place
    };
    let county = [2019, 2020, 2021, 2022].map(|year| place("三明市三元区", year));
    assert_eq!(county, [Some(350_403), Some(350_403), Some(350_404), Some(350_404)]);
    let city = [2020, 2021].map(|year| place("芜湖市弋江区", year));
    assert_eq!(city, [Some(340_203), Some(340_209)]);
}
