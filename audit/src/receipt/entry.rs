//! What an entry of the ledger says, in a sentence.

use std::fmt::Write as _;

use standards::code::RegionCode;
use standards::entry::{Entry, Judgement, Label};
use standards::region::Regions;

use crate::text;

/// The sentence, Chinese with the English beside it; `None` for an entry of a kind that this edition does not know: it is shown as it is.
pub(super) fn sentence(entry: &[u8]) -> Option<String> {
    let entry = Entry::parse(entry).ok()?;
    let said = match &entry {
        Entry::Recognition(judgement) => format!("可互认 recognition: {}", result(judgement)),
        Entry::Refusal(judgement) => format!("不予互认 refusal: {}", result(judgement)),
        Entry::ManualReview(judgement) => format!("需人工核验 manual review: {}", result(judgement)),
        Entry::Delivery(delivery) => {
            format!(
                "送达回执 delivery: {} 已收到第 {} 号条目 / has entry {}",
                name(&delivery.region),
                delivery.recognition,
                delivery.recognition
            )
        }
        Entry::Conflict(conflict) => {
            format!(
                "冲突 conflict: {} 与第 {} 号条目同号不同文 / same key as entry {}, other content",
                name(&conflict.from),
                conflict.first,
                conflict.first
            )
        }
        Entry::Erasure(erasure) => {
            let (record, rule) = (erasure.record, &erasure.rule);
            format!(
                "销毁 erasure: 第 {record} 号条目的证据已依 {rule} 销毁 / the evidence of entry {record} was erased under {rule}"
            )
        }
        Entry::Companion(companion) => {
            let size = companion.checkpoint.size;
            format!("国密副账检查点 companion: 覆盖 {size} 个条目 / covers {size} entries")
        }
        Entry::Closing(closing) => {
            format!("结册 closing: 账本在 {} 继续 / the ledger goes on in {}", closing.next, closing.next)
        }
        Entry::Predecessor(predecessor) => {
            let (origin, size) = (&predecessor.origin, predecessor.checkpoint.size);
            format!("上册 predecessor: 接续 {origin}，其 {size} 条 / goes on from {origin} of {size} entries")
        }
    };
    Some(format!("{said}  {}", entry.time()))
}

fn result(judgement: &Judgement) -> String {
    let mut said = format!("{} → {}  {}", name(&judgement.from), name(&judgement.to), judgement.item);
    for reason in judgement.reasons.iter().map(Label::as_str) {
        let (chinese, english) = text::finding(reason);
        let _ = write!(said, "  {chinese} / {english} [{reason}]");
    }
    said
}

/// The region's Chinese name, or its code where this edition does not know it.
fn name(code: &RegionCode) -> String {
    let regions = Regions::embedded().ok();
    let region = regions.as_ref().and_then(|regions| regions.get(code));
    region.map_or_else(|| code.to_string(), |region| region.name_zh.clone())
}
