//! From a region's `items.toml` to its own catalogue: items that exist, codes that hold, differences that have a reason.

use standards::code::{CreditCode, ItemId};
use standards::item::{Catalogue, TimeLimit};
use toml::Spanned;

use super::Source;
use crate::mapping_error::MappingError;
use crate::rows::{ItemRow as Row, ItemsFile, KnownDifferenceRow};
use crate::tables::{ItemCodes, ItemRow, KnownDifference};

/// What is wrong goes to the source; a row with a fault is left out.
pub(super) fn compile(written: ItemsFile, catalogue: &Catalogue, source: &mut Source<'_>) -> ItemCodes {
    let mut items = ItemCodes::default();
    if written.item.is_empty() {
        source.fault_of_file(MappingError::NoItems);
    }
    for row in written.item {
        if items.item_of(row.code.get_ref()).is_some() {
            source.fault(&row.code.span(), MappingError::CodeTwice { code: row.code.get_ref().clone() });
        }
        if let Some(row) = item(row, catalogue, source) {
            items.push(row);
        }
    }
    for row in written.known_difference {
        let known = known_difference(row, &items.known_differences, catalogue, source);
        items.known_differences.extend(known);
    }
    items
}

fn item(row: Row, catalogue: &Catalogue, source: &mut Source<'_>) -> Option<ItemRow> {
    let item = item_id(&row.item, catalogue, source);
    let authority = row.authority.get_ref().parse::<CreditCode>();
    let authority = authority.map_err(|error| source.fault(&row.authority.span(), MappingError::Authority { error }));
    let (item, authority) = (item?, authority.ok()?);
    Some(ItemRow {
        code: row.code.into_inner(),
        item: item.to_string(),
        name: row.name,
        authority,
        time_limit: TimeLimit { statutory_limit: row.statutory_limit, committed_limit: row.committed_limit },
        acceptance_criteria: row.acceptance_criteria,
        materials: row.materials,
    })
}

fn known_difference(
    row: KnownDifferenceRow,
    others: &[KnownDifference],
    catalogue: &Catalogue,
    source: &mut Source<'_>,
) -> Option<KnownDifference> {
    let item = item_id(&row.item, catalogue, source)?;
    if row.reason.get_ref().trim().is_empty() {
        source.fault(&row.reason.span(), MappingError::ReasonMissing);
    }
    let field = row.field.get_ref().clone();
    if others.iter().any(|other| other.item == item && other.field == field) {
        source.fault(&row.field.span(), MappingError::DifferenceTwice { field: field.clone() });
    }
    Some(KnownDifference { item, field, reason: row.reason.into_inner(), until: row.until })
}

fn item_id(written: &Spanned<String>, catalogue: &Catalogue, source: &mut Source<'_>) -> Option<ItemId> {
    let known = written.get_ref().parse::<ItemId>().ok().filter(|id| catalogue.get(id).is_some());
    if known.is_none() {
        source.fault(&written.span(), MappingError::UnknownItem { item: written.get_ref().clone() });
    }
    known
}
