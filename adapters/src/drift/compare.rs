//! One region's catalogue against the standard: what differs, and what of it is declared.

use std::collections::BTreeSet;

use jiff::civil::Date;
use standards::item::{AcceptanceCriterion, Material, SameStandardItem};

use super::{AgreedPart, ComparedRegion, Difference, Drift, NeedlessDeclaration, Standing};
use crate::Adapter;
use crate::tables::{ItemRow, RegionalMaterial};

/// One value on both sides.
struct Sides {
    part: AgreedPart,
    field: String,
    standard: Option<String>,
    regional: Option<String>,
}

impl Sides {
    fn new(part: AgreedPart, field: impl Into<String>, standard: Option<&str>, regional: Option<&str>) -> Self {
        let owned = |side: Option<&str>| side.map(str::to_owned);
        Self { part, field: field.into(), standard: owned(standard), regional: owned(regional) }
    }
}

pub(super) fn region(adapter: &Adapter, on: Date, drift: &mut Drift) {
    let (region, items) = (adapter.region(), &adapter.mapping().items);
    let present: BTreeSet<&str> = items.rows.iter().map(|row| row.item.as_str()).collect();
    drift.regions.push(ComparedRegion { region: region.clone(), items: present.len() });
    let mut declared: Vec<_> = items.known_differences.iter().map(|known| (known, false)).collect();
    for item in adapter.catalogue.items() {
        let mut rows = items.rows.iter().filter(|row| row.item == item.id.as_str()).peekable();
        let missing = rows.peek().is_none().then(|| Sides::new(AgreedPart::Item, "item", Some(&item.name), None));
        for sides in missing.into_iter().chain(rows.flat_map(|row| differing(item, row))) {
            let declaration =
                declared.iter_mut().find(|(known, _)| known.item == item.id && known.field == sides.field);
            let known = declaration.map(|(known, found)| {
                *found = true;
                *known
            });
            drift.differences.push(Difference {
                region: region.clone(),
                item: item.id.clone(),
                item_name: item.name.clone(),
                part: sides.part,
                field: sides.field,
                standard: sides.standard,
                regional: sides.regional,
                standing: Standing::of(known, on),
            });
        }
    }
    let needless = declared.into_iter().filter(|(_, found)| !found).map(|(known, _)| NeedlessDeclaration {
        region: region.clone(),
        item: known.item.clone(),
        field: known.field.clone(),
    });
    drift.needless.extend(needless);
}

/// Every value of the four sames on which the two differ.
fn differing(item: &SameStandardItem, row: &ItemRow) -> Vec<Sides> {
    let limits = [
        ("time_limit.statutory_limit", item.time_limit.statutory_limit, row.time_limit.statutory_limit),
        ("time_limit.committed_limit", item.time_limit.committed_limit, row.time_limit.committed_limit),
    ];
    let mut sides = vec![Sides::new(AgreedPart::Name, "name", Some(&item.name), Some(&row.name))];
    sides.extend(criteria(&item.acceptance_criteria, &row.acceptance_criteria));
    sides.extend(materials(&item.materials, &row.materials));
    sides.extend(limits.map(|(field, standard, regional)| {
        Sides::new(AgreedPart::TimeLimit, field, Some(&standard.to_string()), Some(&regional.to_string()))
    }));
    sides.retain(|sides| sides.standard != sides.regional);
    sides
}

/// Sentence against sentence where there are as many; otherwise those that only one side has, so that one that was inserted does
/// not make all after it differ. Positions are counted from 1, on the side that has the sentence.
fn criteria(standard: &[AcceptanceCriterion], regional: &[String]) -> Vec<Sides> {
    let field = |position: usize| format!("acceptance_criteria[{}]", position + 1);
    let side = |position, ours, theirs| Sides::new(AgreedPart::AcceptanceCriteria, field(position), ours, theirs);
    let ours: Vec<&str> = standard.iter().map(|criterion| criterion.text.as_str()).collect();
    let theirs: Vec<&str> = regional.iter().map(String::as_str).collect();
    if ours.len() == theirs.len() {
        return ours.into_iter().zip(theirs).enumerate().map(|(at, (a, b))| side(at, Some(a), Some(b))).collect();
    }
    let missing = ours.iter().enumerate().filter(|(_, text)| !theirs.contains(text));
    let added = theirs.iter().enumerate().filter(|(_, text)| !ours.contains(text));
    missing
        .map(|(at, text)| side(at, Some(text), None))
        .chain(added.map(|(at, text)| side(at, None, Some(text))))
        .collect()
}

/// Materials by their names, in any order: whether they are there, and in which form, from where and when they are asked for.
fn materials(standard: &[Material], regional: &[RegionalMaterial]) -> Vec<Sides> {
    let part = AgreedPart::Materials;
    let mut sides = Vec::new();
    for ours in standard {
        let field = |member: &str| format!("materials[{}]{member}", ours.name);
        let Some(theirs) = regional.iter().find(|theirs| theirs.name == ours.name) else {
            sides.push(Sides::new(part, field(""), Some(&ours.name), None));
            continue;
        };
        for (member, standard, regional) in [
            (".form", ours.form.label(), theirs.form.label()),
            (".source", ours.source.label(), theirs.source.label()),
            (".necessity", ours.necessity.label(), theirs.necessity.label()),
        ] {
            sides.push(Sides::new(part, field(member), Some(standard), Some(regional)));
        }
    }
    let added = regional.iter().filter(|theirs| standard.iter().all(|ours| ours.name != theirs.name));
    sides.extend(added.map(|theirs| Sides::new(part, format!("materials[{}]", theirs.name), None, Some(&theirs.name))));
    sides
}
