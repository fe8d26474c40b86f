//! The members of each entry: this file is the format.

use super::{
    Companion, CompanionCheckpoint, Conflict, Delivery, Editions, Entry, Erasure, Judgement, Predecessor, SealFact,
    VerifiedCheckpoint,
};
use crate::canonical::Json;

pub(super) fn to_json(entry: &Entry) -> Json {
    let mut members = match entry {
        Entry::Recognition(judgement) | Entry::Refusal(judgement) | Entry::ManualReview(judgement) => {
            members(judgement)
        }
        Entry::Delivery(delivery) => delivery_members(delivery),
        Entry::Conflict(conflict) => conflict_members(conflict),
        Entry::Erasure(erasure) => erasure_members(erasure),
        Entry::Companion(companion) => companion_members(companion),
        Entry::Closing(closing) => vec![("next", Json::text(&closing.next))],
        Entry::Predecessor(predecessor) => return predecessor_members(predecessor),
    };
    members.push(("time", Json::text(&entry.time())));
    members.push(("type", Json::text(&entry.type_name())));
    Json::object(members.into_iter().map(|(name, value)| (name, Some(value))))
}

fn members(judgement: &Judgement) -> Vec<(&'static str, Json)> {
    let Judgement { time: _, from, to, item, case, license, message, document, seals, reasons, editions } = judgement;
    vec![
        ("from", Json::text(from)),
        ("to", Json::text(to)),
        ("item", Json::text(item)),
        ("case", Json::text(case)),
        ("license", Json::text(license)),
        ("message", Json::text(message)),
        ("document", Json::text(document)),
        ("seals", Json::array(seals, seal_fact)),
        ("reasons", Json::array(reasons, Json::text)),
        ("editions", editions_members(editions)),
    ]
}

fn seal_fact(seal: &SealFact) -> Json {
    let SealFact { verdict, seal_id, signer_organisation, signed_at } = seal;
    Json::object([
        ("verdict", Some(Json::text(&verdict.as_str()))),
        ("seal_id", seal_id.as_ref().map(Json::text)),
        ("signer_organisation", signer_organisation.as_ref().map(Json::text)),
        ("signed_at", signed_at.as_ref().map(Json::text)),
    ])
}

fn editions_members(editions: &Editions) -> Json {
    let Editions { catalogue, codes, mapping, trust, policy } = editions;
    Json::object([
        ("catalogue", Some(Json::text(catalogue))),
        ("codes", Some(Json::text(codes))),
        ("mapping", Some(Json::text(mapping))),
        ("trust", Some(Json::text(trust))),
        ("policy", Some(Json::text(policy))),
    ])
}

fn delivery_members(delivery: &Delivery) -> Vec<(&'static str, Json)> {
    let Delivery { time: _, region, recognition, checkpoint, signature } = delivery;
    vec![
        ("region", Json::text(region)),
        ("recognition", Json::Integer(*recognition)),
        ("checkpoint", checkpoint_members(checkpoint)),
        ("signature", Json::text(signature)),
    ]
}

fn checkpoint_members(checkpoint: &VerifiedCheckpoint) -> Json {
    let VerifiedCheckpoint { size, root } = checkpoint;
    Json::object([("size", Some(Json::Integer(*size))), ("root", Some(Json::text(root)))])
}

fn companion_members(companion: &Companion) -> Vec<(&'static str, Json)> {
    let Companion { time: _, origin, checkpoint, signature } = companion;
    vec![
        ("origin", Json::text(origin)),
        ("checkpoint", checkpoint_members(checkpoint)),
        ("signature", Json::text(signature)),
    ]
}

/// All of them: the companion may be absent.
fn predecessor_members(predecessor: &Predecessor) -> Json {
    let Predecessor { time, origin, checkpoint, signatures, companion, entries } = predecessor;
    let companion = companion.as_ref().map(|CompanionCheckpoint { root, signature }| {
        Json::object([("root", Some(Json::text(root))), ("signature", Some(Json::text(signature)))])
    });
    Json::object([
        ("origin", Some(Json::text(origin))),
        ("checkpoint", Some(checkpoint_members(checkpoint))),
        ("signatures", Some(Json::array(signatures, Json::text))),
        ("companion", companion),
        ("entries", Some(Json::Integer(*entries))),
        ("time", Some(Json::text(time))),
        ("type", Some(Json::text(&"predecessor"))),
    ])
}

fn conflict_members(conflict: &Conflict) -> Vec<(&'static str, Json)> {
    let Conflict { time: _, from, first, key, content } = conflict;
    vec![
        ("from", Json::text(from)),
        ("first", Json::Integer(*first)),
        ("key", Json::text(key)),
        ("content", Json::text(content)),
    ]
}

fn erasure_members(erasure: &Erasure) -> Vec<(&'static str, Json)> {
    let Erasure { time: _, record, rule, reason } = erasure;
    vec![("record", Json::Integer(*record)), ("rule", Json::text(rule)), ("reason", Json::text(reason))]
}
