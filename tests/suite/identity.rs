//! Heads of pages against what a person saw in them: class, year, level, place, publication (`tests/identity`).

use std::collections::BTreeSet;

use nianbao::knowledge::{embedded, within};
use nianbao::model::{Class, Source};
use nianbao::report::read;

use crate::labelled::load;
use crate::sample::differences;

/// Share of labels that are told rightly, in thousandths.
#[derive(Default)]
struct Share {
    all: usize,
    right: usize,
}

impl Share {
    fn count(&mut self, right: bool) {
        self.all += 1;
        self.right += usize::from(right);
    }

    fn thousandths(&self) -> usize {
        self.right * 1000 / self.all.max(1)
    }
}

#[test]
fn heads_are_identified_as_labelled() {
    let knowledge = embedded().unwrap();
    let [mut reports, mut others, mut year, mut level, mut published, mut settled, mut open]: [Share; 7] =
        std::array::from_fn(|_| Share::default());
    let mut coarse = 0;
    let mut faults = BTreeSet::new();
    for page in load("tests/identity") {
        let source = Source::of("a.txt", b"");
        let identity = read(&knowledge, source, page.text.as_bytes()).unwrap().identity;
        let is_report = page.value("class") == Some("report");
        let told = identity.class.is_some_and(|(class, _)| class == Class::Report);
        let share = if is_report { &mut reports } else { &mut others };
        share.count(is_report == told);
        if is_report != told {
            let reason = identity.class.map_or("", |(_, reason)| reason);
            faults.insert(format!("{}\tclass\t{}\t{reason}", page.name, page.value("class").unwrap()));
        }
        if !is_report || page.value("only") == Some("class") {
            continue;
        }
        let mut compare = |field: &str, found: Option<String>, share: &mut Share| {
            let wanted = page.value(field);
            share.count(found.as_deref() == wanted);
            if found.as_deref() != wanted {
                let found = found.unwrap_or_default();
                faults.insert(format!("{}\t{field}\t{}\t{found}", page.name, wanted.unwrap_or_default()));
            }
        };
        // A year that a reader could not tell is not asserted.
        if page.value("year").is_some() {
            compare("year", identity.year.map(|year| year.to_string()), &mut year);
        }
        compare("published", identity.published.map(|day| day.to_string()), &mut published);
        let labelled: Option<u32> = page.value("place").map(|code| code.parse().unwrap());
        let around = |code: u32| labelled.is_some_and(|labelled| labelled != code && within(labelled, code));
        coarse += usize::from(identity.place.is_some_and(around));
        let place = identity.place.map(|place| place.to_string());
        let asked = if place.is_some() { &mut settled } else { &mut open };
        compare("place", place, asked);
        if told {
            compare("level", identity.level.map(|level| level.name().to_owned()), &mut level);
        }
    }
    for (name, share) in [
        ("reports told", &reports),
        ("others told", &others),
        ("year", &year),
        ("published", &published),
        ("level", &level),
        ("places right of those settled", &settled),
        ("places rightly left open", &open),
    ] {
        println!("identity: {name}: {} of {}, {} per mille", share.right, share.all, share.thousandths());
    }
    println!("identity: {coarse} of the places settled wrongly are around the right one");
    differences("tests/identity.open.txt", &faults);
}
