//! Any bytes as a container of any kind.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use nianbao::decode::{Container, Kind};
use nianbao::unpack::{Columns, Limits, dump, unpack};

fuzz_target!(|bytes: &[u8]| {
    nianbao_fuzz::be_quiet();
    let container = match Kind::of(bytes) {
        Kind::Container(Container::Parquet) => return,
        Kind::Container(container) => container,
        _ => match dump(bytes, &Columns::default()) {
            Some(container) => container,
            None => return,
        },
    };
    let limits = Limits { member_bytes: 1 << 20, members: 1_000, ratio: 100, least: 1 << 20 };
    let size = bytes.len() as u64;
    let mut given = 0;
    let mut sink = |member: nianbao::unpack::Member| {
        given += member.content.map_or(0, |bytes| bytes.len());
        assert!(!member.name.contains("../"), "a name leads nowhere");
        Ok(())
    };
    let _ = unpack(container, &mut Cursor::new(bytes), ("fuzz.zip", size), (&limits, &Columns::default()), &mut sink);
    assert!(given as u64 <= limits.least.max(size * limits.ratio), "no more comes out than may");
});
