//! Tags that the grammar itself acts on; `data/lexicon.tsv` says which words carry them.

use super::lexicon::{Set, Tags};

/// Declares the signals once: a word that carries one or the place that lends it, its name and its tag.
macro_rules! signals {
    ($($(#[$doc:meta])* $name:ident = $tag:literal;)*) => {
        /// Tags that the grammar itself acts on.
        pub struct Signals {
            $($(#[$doc])* pub $name: Set,)*
        }

        impl Signals {
            pub(super) fn load(tags: &Tags) -> Result<Signals, String> {
                $(let $name = tags.set($tag);
                if $name.is_empty() {
                    return Err(format!("data/lexicon.tsv: no word is tagged {}", $tag));
                })*
                Ok(Signals { $($name,)* })
            }
        }
    };
}

signals! {
    /// 未收到, 没有
    neg = "neg";
    /// 无
    neg_bare = "neg.bare";
    /// 为零
    neg_after = "neg.after";
    /// 计划全年
    future = "future";
    /// 比上年
    delta = "delta";
    /// 提升, right before a number
    delta_near = "delta_near";
    /// 约占
    about = "about";
    /// 每季度
    rate_of = "rate_of";
    /// 比, right before a year
    than = "than";
    /// 上半年
    partial = "partial";
    /// 人均
    per_unit = "per_unit";
    /// 不足, right before a number
    below = "below";
    /// 增至, right behind a number
    delta_to = "delta_to";
    /// 访问量
    visited = "visits";
    /// 政府信息公开
    disclosure = "ogi";
    /// 各村
    sub_body = "sub_body";
    /// an earlier year is named
    earlier = "earlier";
    /// 目前
    now = "now";
    /// 年以来, behind an earlier year
    since = "since";
    /// 累计
    cumulative = "cumulative";
    /// 截至
    until = "until";
    /// 新增
    new = "year.new";
    /// 占
    share = "share";
    /// 历年
    history = "history";
    /// 每
    per = "per";
    /// 各
    each = "each";
    /// 申请中
    within = "within";
    /// 上述
    anaphora = "anaphora";
    /// 、, 和
    join = "join";
    /// 其中
    among = "op.among";
    /// 分别为
    respectively = "op.respectively";
    /// 此外
    break_off = "op.break";
    /// 均已
    all_of = "all_of";
    /// in a list that 其中 opens
    part = "part";
    /// behind a channel's figure
    after_channel = "after_channel";
    /// 政府网站
    channel = "ch";
    /// 公开的信息中
    of_disclosed = "in.disc";
    /// 公开
    disclose = "disclose";
    /// the verb of the enumeration is 公开
    disclosed = "run.disclose";
    /// 本年度
    of_this_year = "year";
    /// 按时答复
    on_time = "on_time";
    /// in a statement of none
    zero = "zero";
    /// 败诉
    bad_result = "result.bad";
    /// 上年结转
    carried = "carried_in";
    /// 结转
    carry = "carry";
    /// a later year is named
    later = "later";
    /// 等
    etc = "etc";
    /// 通过
    via = "via";
    /// 方面
    topic = "topic";
    /// 政府信息: all of it
    whole = "whole";
    /// 信息
    info = "info";
    /// words that hide shorter ones
    nothing = "nothing";
}
