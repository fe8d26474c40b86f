//! What the text at one source may be, for every kind of schema.

use standards::code::CodeKind;
use standards::field::{CONTENT_LENGTH_MAX, FieldKind, REMARK_LENGTH_MAX, TEXT_LENGTH_MAX};

use crate::mapping::{Mapping, Rule};

/// What a text may be.
pub(super) enum Form {
    /// One of these, each with its meaning.
    OneOf(Vec<(String, String)>),
    /// A text of this shape, a regular expression that both kinds of schemas read alike.
    Pattern(String),
    /// Any text up to this many characters.
    Text(usize),
}

/// The form of a rule's text.
pub(super) fn form(mapping: &Mapping, rule: &Rule) -> Form {
    let digits = |count: usize| Form::Pattern(format!("[0-9]{{{count}}}"));
    match rule.transform.name {
        "code" => Form::OneOf(codes(mapping, rule)),
        "item" | "item_code" => {
            let rows = mapping.items.rows.iter();
            Form::OneOf(rows.map(|row| (row.code.clone(), format!("{} {}", row.item, row.name))).collect())
        }
        "division_6" => digits(6),
        "division_12" => digits(12),
        "region_of_division" => Form::Pattern("[0-9]{6}([0-9]{6})?".to_owned()),
        "time_rfc3339" => {
            Form::Pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?\+08:00".to_owned())
        }
        "time_local" => {
            Form::Pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]|\.[0-9]{3})?".to_owned())
        }
        "time_compact" => digits(14),
        "date" => Form::Pattern(DATE.to_owned()),
        "validity" => Form::Pattern(format!("{DATE}|{}", rule.no_expiry.as_deref().unwrap_or_default())),
        _ => of_kind(rule.field.kind),
    }
}

const DATE: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";

/// The codes that have a meaning in the standard model; others are refused whatever the schema says.
fn codes(mapping: &Mapping, rule: &Rule) -> Vec<(String, String)> {
    let rows = mapping.table(rule).map(|table| table.rows.as_slice()).unwrap_or_default();
    rows.iter().filter(|row| row.value().is_some()).map(|row| (row.code.clone(), row.meaning.clone())).collect()
}

/// The form of a canonical text. White space around a name is taken off when it is read, so its length is a guide.
pub(super) fn of_kind(kind: FieldKind) -> Form {
    let pattern = |pattern: &str| Form::Pattern(pattern.to_owned());
    match kind {
        FieldKind::Code(CodeKind::CreditCode) => pattern("[0-9A-HJ-NPQRTUWXY]{18}"),
        FieldKind::Code(CodeKind::CaseId) => pattern(r"[0-9A-Za-z._\-]{1,64}"),
        FieldKind::Code(CodeKind::ItemId) => pattern("JJJ-[0-9]{3}"),
        FieldKind::Code(CodeKind::RegionCode) => pattern("[0-9]{2}0000"),
        FieldKind::Code(CodeKind::DivisionCode) => pattern("[0-9]{6}([0-9]{6})?"),
        FieldKind::Code(CodeKind::LicenseId) => pattern(r"1\.2\.156\.3005\.2\..+"),
        FieldKind::Code(
            CodeKind::CitizenId
            | CodeKind::BasicCode
            | CodeKind::ImplementationCode
            | CodeKind::HandlingItemCode
            | CodeKind::CaseNumber,
        )
        | FieldKind::Text => Form::Text(TEXT_LENGTH_MAX),
        FieldKind::Remark => Form::Text(REMARK_LENGTH_MAX),
        FieldKind::Count => pattern("[1-9][0-9]{0,4}"),
        FieldKind::Digest => pattern("(sm3|sha-256):[0-9a-f]{64}"),
        FieldKind::Content => Form::Text(CONTENT_LENGTH_MAX),
        FieldKind::Timestamp => pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z"),
        FieldKind::Date => pattern(DATE),
        FieldKind::DateOrNoExpiry => Form::Pattern(format!("{DATE}|{}", standards::field::NO_EXPIRY)),
        FieldKind::Choice(choices) => {
            Form::OneOf(choices.iter().map(|choice| ((*choice).to_owned(), (*choice).to_owned())).collect())
        }
    }
}
