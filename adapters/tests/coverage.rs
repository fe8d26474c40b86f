//! Every kind of message of every item, from every region to every other; the page of what was mapped and what was lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use adapters::{Adapter, Limits, Loss, LossReason};
use common::{ADAPTERS, CATALOGUE, REGIONS, any_message, message};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use standards::field::{self, Fields, path};
use standards::message::MessageKind;
use standards::region::Regions;

/// One good message of each kind, always the same.
fn examples() -> BTreeMap<MessageKind, Fields> {
    let mut runner = TestRunner::deterministic();
    let strategy = any_message();
    let mut found = BTreeMap::new();
    while found.len() < MessageKind::ALL.len() {
        let (kind, fields) = strategy.new_tree(&mut runner).unwrap().current();
        found.entry(kind).or_insert(fields);
    }
    found
}

/// The same message for an item of a region, by the region's own code.
fn of_item(fields: &Fields, from: &str, item: &str) -> Fields {
    let (_, authority, divisions, _) = REGIONS.into_iter().find(|(region, ..)| *region == from).unwrap();
    let adapter = ADAPTERS.adapter(&from.parse().unwrap()).unwrap();
    let mut fields = fields.clone();
    fields.remove(path::LICENSE_ID);
    fields.set(path::FROM, from);
    fields.set(path::ITEM, item);
    fields.set(path::LOCAL_ITEM_CODE, adapter.mapping().items.code_of(item).unwrap());
    fields.set(path::DIVISION, divisions[0]);
    fields.set(path::AUTHORITY_CODE, authority);
    if fields.get(path::LICENSE_ISSUER_CODE).is_some() {
        fields.set(path::LICENSE_ISSUER_CODE, authority);
    }
    fields
}

/// Whether a message of the kind for the item goes from `from` to `to` and is understood there as what it was.
fn maps(from: &Adapter, to: &Adapter, kind: MessageKind, fields: &Fields) -> bool {
    let sent = from.write(&message(kind, fields)).unwrap();
    let translation = ADAPTERS.translate(from.region(), to.region(), &sent.bytes, &Limits::MESSAGE).unwrap();
    let understood = to.read(&translation.written.bytes, &Limits::MESSAGE).unwrap().message;
    understood.kind() == kind && understood.fields().get(path::ITEM) == fields.get(path::ITEM)
}

#[test]
fn every_pair_of_regions_maps_every_kind_of_message_of_every_item_and_the_page_says_so() {
    let examples = examples();
    let pairs: Vec<(&Adapter, &Adapter)> = ADAPTERS
        .iter()
        .flat_map(|from| ADAPTERS.iter().filter(move |to| to.region() != from.region()).map(move |to| (from, to)))
        .collect();
    let mut page = String::from(HEAD);
    page.push_str("\n## 覆盖 Coverage\n\n每格是该事项可以转换的报文种类数。In each cell: how many kinds of messages of the item are mapped.\n\n| 事项 item | 名称 name |");
    for (from, to) in &pairs {
        write!(page, " {} → {} |", name(from), name(to)).unwrap();
    }
    page.push_str("\n|---|---|");
    page.push_str(&"---|".repeat(pairs.len()));
    page.push('\n');
    for item in CATALOGUE.items() {
        write!(page, "| {} | {} |", item.id, item.name).unwrap();
        for (from, to) in &pairs {
            let fields = |fields| of_item(fields, from.region().as_str(), item.id.as_str());
            let count = examples.iter().filter(|(kind, example)| maps(from, to, **kind, &fields(example))).count();
            assert_eq!(count, MessageKind::ALL.len(), "{} {} → {}", item.id, from.region(), to.region());
            write!(page, " {count} |").unwrap();
        }
        page.push('\n');
    }
    page.push_str(&losses());
    must_be("mapping.md", &page);
}

const HEAD: &str = "<!-- Made from the rules of the regions: UPDATE=1 cargo test -p adapters --test coverage -->
# 映射的覆盖和损失 / What is mapped, and what is lost

三地任意两地之间，一百个事项的十二种报文都能转换。下表由测试逐格转换得出；有一格不通，测试即失败。三种方言是按公开的厂商和部委表结构建模的，不是三地的真实接口。

Between any two of the regions, all twelve kinds of messages of all hundred items are mapped: a test maps every cell of the table, and
fails when one cannot be. The dialects are modelled on public schemas of vendors and ministries; they are not the real interfaces.

`tongbiao map --from 120000 --to 110000 FILE --explain` 逐字段说明一份报文的来龙去脉。It tells the way of each field of one message.
";

fn name(adapter: &Adapter) -> String {
    Regions::embedded().unwrap().get(adapter.region()).unwrap().name_zh.clone()
}

/// The report of losses: by region and field, with the kinds of messages that it is for.
fn losses() -> String {
    let mut text = String::from(
        "\n## 损失 Losses\n\n一种方言写不下的，逐项列在这里；原值保留在说明和证据里，从不悄悄丢失。没有列出的字段，往返之后与原来相同\
         （每次测试以随机报文验证）。What a dialect has no room for. The original is kept in the explanation and in the evidence; a field \
         that is not listed comes back as it was, which random messages prove in every test.\n",
    );
    for adapter in ADAPTERS.iter() {
        write!(text, "\n### {}\n\n| 字段 field | 损失 loss | 报文 messages |\n|---|---|---|\n", name(adapter)).unwrap();
        let mut rows: Vec<(Loss, Vec<MessageKind>)> = Vec::new();
        for loss in adapter.losses() {
            match rows.iter_mut().find(|(known, _)| known.field == loss.field && known.reason == loss.reason) {
                Some((_, kinds)) => kinds.push(loss.kind),
                None => rows.push((loss.clone(), vec![loss.kind])),
            }
        }
        for (loss, kinds) in rows {
            let zh = field::find(loss.field).unwrap().name_zh;
            let all = kinds.len() == MessageKind::ALL.len();
            let kinds: Vec<&str> = kinds.into_iter().map(MessageKind::label).collect();
            let kinds = if all { "全部 all".to_owned() } else { kinds.join("、") };
            writeln!(text, "| {zh} `{}` | {} | {kinds} |", loss.field, told(&loss.reason)).unwrap();
        }
        let unmapped = unmapped(adapter);
        if !unmapped.is_empty() {
            text.push_str("\n没有对应、因而被拒绝的 Without equivalent, and so refused:\n\n");
            text.push_str(&unmapped);
        }
    }
    text
}

fn told(reason: &LossReason) -> String {
    match reason {
        LossReason::NoPlace => "没有这个字段 no such field".to_owned(),
        LossReason::WrittenAs { value, code, meaning } => {
            format!("`{value}` 写作 written as `{code}` {meaning}")
        }
        LossReason::ReadAs { code, meaning, value } => {
            format!("`{code}` {meaning} 读作 read as `{value}`")
        }
        LossReason::Partial { zh, en } => format!("不含{zh} without {en}"),
        LossReason::OwnCode => {
            "他地的编码改为本地同一事项的编码 another region's code becomes this region's code of the item".to_owned()
        }
    }
}

/// The codes and messages of a dialect that nothing in the standard model is.
fn unmapped(adapter: &Adapter) -> String {
    let mapping = adapter.mapping();
    let codes = mapping.tables().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    let mut text = String::new();
    for (table, row) in codes {
        if let adapters::tables::Equivalence::Unmapped(why) = &row.equivalence {
            writeln!(text, "- `{}` `{}` {}：{why}", table.name, row.code, row.meaning).unwrap();
        }
    }
    for known in &mapping.no_equivalents {
        let values: Vec<&str> = known.when.one_of.iter().flatten().map(adapters::leaf::Scalar::text).collect();
        writeln!(text, "- 报文 message `{}` {}", values.join(" "), known.meaning).unwrap();
    }
    for absent in &mapping.no_messages {
        writeln!(text, "- 没有的报文 no message：{} {}", absent.kind.label(), absent.why).unwrap();
    }
    text
}

fn must_be(page: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page);
    if std::env::var_os("UPDATE").is_some() {
        return std::fs::write(path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/{page} is not what the rules say: UPDATE=1 cargo test -p adapters --test coverage");
}
