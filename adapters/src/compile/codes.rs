//! The code tables of a region: every row declares what it is in the standard model, and every value has one way to be written.

use std::collections::BTreeMap;

use standards::field::{Field, FieldKind};

use super::Source;
use crate::mapping_error::MappingError;
use crate::rows;
use crate::tables::{CodeRow, CodeTable, Equivalence};

/// Compiles the tables of `codes.toml`.
pub(super) fn compile(
    written: BTreeMap<String, Vec<rows::CodeRow>>,
    source: &mut Source<'_>,
) -> BTreeMap<String, CompiledTable> {
    let mut tables = BTreeMap::new();
    for (name, rows) in written {
        let mut compiled =
            CompiledTable { table: CodeTable { name: name.clone(), rows: Vec::new() }, lines: Vec::new() };
        for row in rows {
            let code = row.code.get_ref().clone();
            if compiled.table.row_of(&code).is_some() {
                source.fault(&row.code.span(), MappingError::CodeTwice { code: code.clone() });
            }
            let equivalence = match (row.exact, row.lossy, row.unmapped) {
                (Some(value), None, None) => Equivalence::Exact(value),
                (None, Some(value), None) => Equivalence::Lossy(value),
                (None, None, Some(why)) => Equivalence::Unmapped(why),
                _ => {
                    source.fault(&row.code.span(), MappingError::Undeclared { code });
                    continue;
                }
            };
            compiled.lines.push(source.line(&row.code.span()));
            compiled.table.rows.push(CodeRow { code, meaning: row.meaning, equivalence, also_writes: row.also_writes });
        }
        tables.insert(name, compiled);
    }
    tables
}

/// A table under compilation, with the line of each of its rows.
pub(super) struct CompiledTable {
    pub(super) table: CodeTable,
    lines: Vec<usize>,
}

/// Each value of a table must be one that the field can have. Of those, each is written with exactly one code, unless nothing but
/// another table tells it apart.
pub(super) fn check_values(compiled: &CompiledTable, field: &'static Field, source: &mut Source<'_>) {
    let FieldKind::Choice(choices) = field.kind else {
        source.fault_of_file(MappingError::TableOfText { table: compiled.table.name.clone(), field: field.path });
        return;
    };
    for (row, line) in compiled.table.rows.iter().zip(&compiled.lines) {
        let values = row.value().into_iter().chain(row.also_writes.iter().map(String::as_str));
        for value in values.filter(|value| !choices.contains(value)) {
            let known = choices.join(", ");
            let error = MappingError::TableValue { value: value.to_owned(), field: field.path, known };
            source.fault_at_line(*line, error);
        }
    }
    for value in choices {
        let writers = compiled.table.rows.iter().zip(&compiled.lines).filter(|(row, _)| row.writes(value));
        let lines: Vec<usize> = writers.map(|(_, line)| *line).collect();
        match lines.as_slice() {
            [_] => {}
            [] => {
                let table = compiled.table.name.clone();
                source.fault_of_file(MappingError::ValueWithoutCode { table, value });
            }
            [first, .., last] => source.fault_at_line(*last, MappingError::ValueTwice { value, first: *first }),
        }
    }
}
