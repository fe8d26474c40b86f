//! Messages of every kind, made by the field table: what a test of one kind would forget, a test of the table does not.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::LazyLock;

use adapters::Adapters;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use standards::division::Divisions;
use standards::field::{self, FIELDS, Field, FieldKind, Fields, Presence, path};
use standards::item::Catalogue;
use standards::message::{Message, MessageKind};

pub(crate) static ADAPTERS: LazyLock<Adapters> = LazyLock::new(|| Adapters::embedded().unwrap());
pub(crate) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().unwrap());
pub(crate) static DIVISIONS: LazyLock<Divisions> = LazyLock::new(|| Divisions::embedded().unwrap());

/// Region, its authority, divisions of it (current, superseded, below the county), and a licence identifier of the authority.
pub(crate) const REGIONS: [(&str, &str, [&str; 3], Option<&str>); 3] = [
    (
        "110000",
        "11110000FAKE00013R",
        ["110105", "110228", "110117001000"],
        Some("1.2.156.3005.2.11100000FAKE00099G001.11110000FAKE00013R.202211040000001.001.A"),
    ),
    (
        "120000",
        "11120000FAKE00021Q",
        ["120105", "120225", "120116001000"],
        Some("1.2.156.3005.2.11100000FAKE00099G001.11120000FAKE00021Q.JY112010600000.001.Q"),
    ),
    ("130000", "11130000FAKE0003XL", ["130629", "130183", "130629100000"], None),
];

/// The message of these fields, which must be good.
pub(crate) fn message(kind: MessageKind, fields: &Fields) -> Message {
    Message::from_fields(kind, fields.clone(), &CATALOGUE, &DIVISIONS)
        .unwrap_or_else(|faults| panic!("{kind:?}: {faults:?} of {fields:?}"))
}

/// Any good message of any kind.
pub(crate) fn any_message() -> impl Strategy<Value = (MessageKind, Fields)> {
    select(MessageKind::ALL).prop_flat_map(|kind| (Just(kind), fields_of(kind)))
}

/// Any good fields of one kind of message.
fn fields_of(kind: MessageKind) -> impl Strategy<Value = Fields> {
    let plain: Vec<_> = FIELDS
        .iter()
        .filter(|field| field.list().is_none())
        .filter_map(|field| Some(if_present(field, field.presence(kind)?)))
        .collect();
    let members: Vec<_> =
        FIELDS.iter().filter(|field| field.list().is_some() && field.presence(kind).is_some()).collect();
    let element: Vec<_> = members.iter().map(|field| if_present(field, field.presence(kind).unwrap())).collect();
    let count = if members.is_empty() { 0..1_usize } else { 0..4 };
    (
        plain,
        vec(element, count),
        0..REGIONS.len(),
        0..3_usize,
        0..CATALOGUE.items().len(),
        any::<bool>(),
        select(PERSONS),
    )
        .prop_map(move |(plain, elements, region, division, item, own_code, person)| {
            let mut fields: Fields = plain.into_iter().flatten().collect();
            for (number, element) in elements.into_iter().enumerate() {
                for (pattern, text) in element.into_iter().flatten() {
                    fields.set(&pattern.replace('*', &number.to_string()), text);
                }
                let [reference, content] =
                    [path::ATTACHMENT_REFERENCE, path::ATTACHMENT_CONTENT].map(|p| p.replace('*', &number.to_string()));
                match (fields.get(&reference).is_some(), fields.get(&content).is_some()) {
                    (true, true) => drop(fields.remove(&content)),
                    (false, false) => drop(fields.set(&reference, "FAKE-1")),
                    _ => {}
                }
            }
            agree(&mut fields, REGIONS[region], division, item, own_code, person);
            fields
        })
}

const PERSONS: &[[&str; 3]] = &[
    ["legal_person", "credit_code", "91110105FAKE100199"],
    ["natural_person", "resident_identity_card", "11010519491231002X"],
    ["natural_person", "passport", "E00000000"],
    ["natural_person", "residence_permit", "FAKE-1"],
];

/// Makes the fields agree with each other, where one alone cannot be right.
fn agree(
    fields: &mut Fields,
    (from, authority, divisions, license): (&str, &str, [&str; 3], Option<&str>),
    division: usize,
    item: usize,
    own_code: bool,
    [kind, id_type, id]: [&str; 3],
) {
    let item = CATALOGUE.items().nth(item).unwrap().id.to_string();
    if own_code {
        let adapter = ADAPTERS.adapter(&from.parse().unwrap()).unwrap();
        fields.set(path::LOCAL_ITEM_CODE, adapter.mapping().items.code_of(&item).unwrap());
    }
    let mut replace = |path: &str, text: &str| {
        if fields.get(path).is_some() {
            fields.set(path, text);
        }
    };
    replace(path::FROM, from);
    replace(path::ITEM, &item);
    replace(path::DIVISION, divisions[division]);
    replace(path::AUTHORITY_CODE, authority);
    replace(path::LICENSE_ISSUER_CODE, authority);
    replace(path::APPLICANT_KIND, kind);
    replace(path::APPLICANT_ID_TYPE, id_type);
    replace(path::APPLICANT_ID_NUMBER, id);
    match license {
        Some(license) => replace(path::LICENSE_ID, license),
        None => drop(fields.remove(path::LICENSE_ID)),
    }
    if fields.get(path::LIMIT_COUNT).is_some() != fields.get(path::LIMIT_UNIT).is_some() {
        fields.remove(path::LIMIT_COUNT);
        fields.remove(path::LIMIT_UNIT);
    }
    let instant = |path| fields.get(path).map(|text| text.parse::<jiff::Timestamp>().unwrap());
    if let (Some(accepted), Some(concluded)) = (instant(path::ACCEPTED_AT), instant(path::CONCLUDED_AT)) {
        fields.set(path::ACCEPTED_AT, accepted.min(concluded).to_string());
        fields.set(path::CONCLUDED_AT, accepted.max(concluded).to_string());
    }
}

type Entry = Option<(&'static str, String)>;

fn if_present(field: &'static Field, presence: Presence) -> BoxedStrategy<Entry> {
    let value = value(field).prop_map(|text| (field.path, text));
    match presence {
        Presence::Required => value.prop_map(Some).boxed(),
        Presence::Optional => option::of(value).boxed(),
    }
}

/// Any text of a field, by its row of the table.
fn value(field: &'static Field) -> BoxedStrategy<String> {
    match field.kind {
        FieldKind::Code(_) if field.path == path::CASE_ID => "[0-9A-Za-z._-]{1,64}".boxed(),
        // These agree with each other: they are put in at the end.
        FieldKind::Code(_) => Just(String::new()).boxed(),
        FieldKind::Text => text(1..40).boxed(),
        FieldKind::Remark => text(1..200).boxed(),
        FieldKind::Count => (1..=field::COUNT_MAX).prop_map(|count| count.to_string()).boxed(),
        FieldKind::Digest => "(sm3|sha-256):[0-9a-f]{64}".boxed(),
        FieldKind::Content => "([A-Za-z0-9+/]{4}){1,30}".boxed(),
        FieldKind::Timestamp => (1_600_000_000_000_i64..1_900_000_000_000)
            .prop_map(|ms| jiff::Timestamp::from_millisecond(ms).unwrap().to_string())
            .boxed(),
        FieldKind::Date => day(2020..2031).boxed(),
        FieldKind::DateOrNoExpiry => prop_oneof![Just(field::NO_EXPIRY.to_owned()), day(2031..2100)].boxed(),
        FieldKind::Choice(choices) => select(choices).prop_map(str::to_owned).boxed(),
    }
}

fn day(years: std::ops::Range<i16>) -> impl Strategy<Value = String> {
    (years, 1_i8..13, 1_i8..29).prop_map(|(y, m, d)| jiff::civil::date(y, m, d).to_string())
}

/// Text without control characters, with nothing that a dialect reads as something else.
fn text(length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let (min, max) = (length.start, length.end);
    proptest::string::string_regex(&format!("\\PC{{{min},{max}}}")).unwrap().prop_filter("no text", |text| {
        text.trim() == text
            && text != "null"
            && !["&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "&#"].iter().any(|escape| text.contains(escape))
    })
}
