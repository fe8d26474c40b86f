//! The one table of value conversions: mapping files name them, unknown names fail at load.

use std::borrow::Cow;

use standards::code::{CodeKind, DivisionCode};
use standards::field::{FieldKind, NO_EXPIRY};

use crate::fault::Finding;
use crate::mapping::{Mapping, Rule};
use crate::time;

/// One conversion between a region's way of writing a value and the canonical one.
///
/// `read` and `write` are inverse on what both can carry. Whether one value was carried losslessly is never declared:
/// it is found out by converting it back.
#[derive(Debug, Clone, Copy)]
pub struct Transform {
    /// The name that mapping files use.
    pub name: &'static str,
    /// Which option the rule must have; it may have no other.
    pub option: Option<RuleOption>,
    /// The kinds of fields that its canonical texts can be of.
    pub fits: fn(FieldKind) -> bool,
    /// What it cannot carry of a canonical text, in Chinese and English.
    pub drops: Option<(&'static str, &'static str)>,
    /// From the region's text to the canonical text.
    pub(crate) read: Read,
    /// From the canonical text to the region's; `None` where the region has no way to say it.
    pub(crate) write: Write,
}

/// An option of a rule that a transform needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleOption {
    /// `table`: a table of the region's `codes.toml`.
    Table,
    /// `no_expiry`: the text by which the region says that a licence does not expire.
    NoExpiry,
}

impl RuleOption {
    /// The key that mapping files use.
    pub fn key(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::NoExpiry => "no_expiry",
        }
    }
}

/// Whether a kind of field is one of these.
macro_rules! fits {
    ($kinds:pat) => {{
        use FieldKind::*;
        |kind| matches!(kind, $kinds)
    }};
}

/// All conversions, in the order in which documents list them.
pub static TRANSFORMS: &[Transform] = &[
    plain("text", fits!(Text | Remark | Code(_) | Count | Digest | Content | Choice(_)), text, AS_IS),
    with_option("code", RuleOption::Table, fits!(Choice(_)), code_read, code_write),
    plain("item", fits!(Code(CodeKind::ItemId)), item_read, item_write),
    plain("item_code", fits!(Text), item_code_read, item_code_write),
    dropping(VILLAGES, plain("division_6", fits!(Code(CodeKind::DivisionCode)), division_6_read, division_6_write)),
    plain("division_12", fits!(Code(CodeKind::DivisionCode)), division_12_read, |value, _, _| {
        Some(format!("{value:0<12}").into())
    }),
    plain("region_of_division", fits!(Code(CodeKind::RegionCode)), region_read, AS_IS),
    dropping(
        MICROSECONDS,
        time(
            "time_rfc3339",
            |v, _, _| time::RFC3339.read(v).map(Cow::Owned),
            |v, _, _| time::RFC3339.write(v).map(Cow::Owned),
        ),
    ),
    dropping(
        FRACTIONS,
        time(
            "time_local",
            |v, _, _| time::LOCAL.read(v).map(Cow::Owned),
            |v, _, _| time::LOCAL.write(v).map(Cow::Owned),
        ),
    ),
    dropping(
        FRACTIONS,
        time(
            "time_compact",
            |v, _, _| time::COMPACT.read(v).map(Cow::Owned),
            |v, _, _| time::COMPACT.write(v).map(Cow::Owned),
        ),
    ),
    plain("date", fits!(Date), |v, _, _| time::read_date(v), AS_IS),
    with_option("validity", RuleOption::NoExpiry, fits!(DateOrNoExpiry), validity_read, validity_write),
];

/// A part of a value that a way of writing has no room for, in Chinese and English.
type Part = (&'static str, &'static str);

const VILLAGES: Part = ("县级以下的六位", "the six digits below the county");
const FRACTIONS: Part = ("不足一秒的部分", "fractions of a second");
const MICROSECONDS: Part = ("不足一毫秒的部分", "fractions of a millisecond");

/// What is written as it stands: every canonical text.
const AS_IS: Write = |value, _, _| Some(Cow::Borrowed(value));

type Read = for<'a> fn(&'a str, &'a Rule, &'a Mapping) -> Result<Cow<'a, str>, Finding>;
type Write = for<'a> fn(&'a str, &'a Rule, &'a Mapping) -> Option<Cow<'a, str>>;

type Fits = fn(FieldKind) -> bool;

const fn plain(name: &'static str, fits: Fits, read: Read, write: Write) -> Transform {
    Transform { name, option: None, fits, drops: None, read, write }
}

const fn time(name: &'static str, read: Read, write: Write) -> Transform {
    plain(name, fits!(Timestamp), read, write)
}

const fn with_option(name: &'static str, option: RuleOption, fits: Fits, read: Read, write: Write) -> Transform {
    Transform { option: Some(option), ..plain(name, fits, read, write) }
}

const fn dropping(part: Part, transform: Transform) -> Transform {
    Transform { drops: Some(part), ..transform }
}

impl Transform {
    /// The conversion of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TRANSFORMS.iter().find(|transform| transform.name == name)
    }
}

/// Text as it stands, without white space around it.
fn text<'a>(value: &'a str, _: &'a Rule, _: &'a Mapping) -> Result<Cow<'a, str>, Finding> {
    if value.chars().any(char::is_control) {
        return Err(Finding::IllegalCharacter);
    }
    // Some senders put escaped XML into XML: a name would then carry the escapes for ever.
    if value.contains('&')
        && ["&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "&#"].iter().any(|escape| value.contains(escape))
    {
        return Err(Finding::EscapedTwice);
    }
    Ok(value.trim().into())
}

fn code_read<'a>(value: &'a str, rule: &'a Rule, mapping: &'a Mapping) -> Result<Cow<'a, str>, Finding> {
    let table = mapping.table(rule).ok_or(Finding::MissingField)?;
    match table.row_of(value) {
        Some(row) => {
            let without = || Finding::CodeWithoutEquivalent { meaning: row.meaning.clone() };
            row.value().map(Cow::Borrowed).ok_or_else(without)
        }
        None => Err(Finding::UnknownCode { table: table.name.clone(), known: table.codes_with_a_value() }),
    }
}

fn code_write<'a>(value: &'a str, rule: &'a Rule, mapping: &'a Mapping) -> Option<Cow<'a, str>> {
    mapping.table(rule)?.code_of(value).map(Cow::Borrowed)
}

/// The region's own code of an item to the same-standard item.
fn item_read<'a>(value: &'a str, _: &'a Rule, mapping: &'a Mapping) -> Result<Cow<'a, str>, Finding> {
    mapping.items.item_of(value).map(Cow::Borrowed).ok_or(Finding::UnknownItem)
}

/// The first of the region's codes for an item.
fn item_write<'a>(value: &'a str, _: &'a Rule, mapping: &'a Mapping) -> Option<Cow<'a, str>> {
    mapping.items.code_of(value).map(Cow::Borrowed)
}

/// The region's own code of an item, kept beside the item.
fn item_code_read<'a>(value: &'a str, _: &'a Rule, mapping: &'a Mapping) -> Result<Cow<'a, str>, Finding> {
    mapping.items.item_of(value).map(|_| value.into()).ok_or(Finding::UnknownItem)
}

/// Only codes of this region: another region's code means nothing here.
fn item_code_write<'a>(value: &'a str, _: &'a Rule, mapping: &'a Mapping) -> Option<Cow<'a, str>> {
    mapping.items.item_of(value).map(|_| Cow::Borrowed(value))
}

/// Six digits: down to the county.
fn division_6_read<'a>(value: &'a str, _: &'a Rule, _: &'a Mapping) -> Result<Cow<'a, str>, Finding> {
    digits(value, 6, "a division code of 6 digits").map(Cow::Borrowed)
}

fn division_6_write<'a>(value: &'a str, _: &'a Rule, _: &'a Mapping) -> Option<Cow<'a, str>> {
    value.get(..6).map(Cow::Borrowed)
}

/// Twelve digits: down to the village. Zeros below the county say nothing, so six digits are the canonical form then.
fn division_12_read<'a>(value: &'a str, _: &'a Rule, _: &'a Mapping) -> Result<Cow<'a, str>, Finding> {
    let code = digits(value, 12, "a division code of 12 digits")?;
    Ok(code.strip_suffix("000000").unwrap_or(code).into())
}

/// The province that a division lies in: by its digits, never by its name.
fn region_read<'a>(value: &'a str, _: &'a Rule, _: &'a Mapping) -> Result<Cow<'a, str>, Finding> {
    let expected = "a division code of 6 or 12 digits";
    let code: DivisionCode = value.parse().map_err(|_| Finding::WrongFormat { expected })?;
    Ok(String::from(code.region()).into())
}

fn digits<'a>(value: &'a str, count: usize, expected: &'static str) -> Result<&'a str, Finding> {
    let fits = value.len() == count && value.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(value) } else { Err(Finding::WrongFormat { expected }) }
}

/// A date, or the text by which the region says that there is none.
fn validity_read<'a>(value: &'a str, rule: &'a Rule, _: &'a Mapping) -> Result<Cow<'a, str>, Finding> {
    if rule.no_expiry.as_deref() == Some(value) {
        return Ok(NO_EXPIRY.into());
    }
    // In another dialect such a date says "no expiry". Read as a date it would be a guess.
    if value.starts_with("9999-") {
        return Err(Finding::SentinelDate);
    }
    time::read_date(value)
}

fn validity_write<'a>(value: &'a str, rule: &'a Rule, _: &'a Mapping) -> Option<Cow<'a, str>> {
    if value == NO_EXPIRY { rule.no_expiry.as_deref().map(Cow::Borrowed) } else { Some(Cow::Borrowed(value)) }
}
