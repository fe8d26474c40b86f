//! From a region's folder to its mapping: every rule is checked here, so that nothing is left to go wrong with a message.

mod items;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use standards::code::RegionCode;
use standards::field::{self, FIELDS, Field, FieldKind, Presence};
use standards::item::Catalogue;
use toml::Spanned;

use crate::folder::{FILES, Folder};
use crate::mapping::{Kind, Mapping, NotCarried, Rule, Stage};
use crate::mapping_error::{MappingError, MappingFault};
use crate::rows::{self, FieldRow, MappingFile};
use crate::tables::{CodeRow, CodeTable, ItemCodes};
use crate::transform::{RuleOption, TRANSFORMS, Transform};
use crate::wire::Wire;

/// Compiles one folder. What is wrong goes to `faults`, and then there is no mapping.
pub(crate) fn compile(folder: &Folder, catalogue: &Catalogue, faults: &mut Vec<MappingFault>) -> Option<Mapping> {
    let before = faults.len();
    let mut source = |name: &'static str| Source::open(folder, name, faults);
    let [mapping, codes, items] = FILES.map(&mut source);
    let (mut mapping, mut codes, mut items) = (mapping?, codes?, items?);
    let file: Option<MappingFile> = mapping.parse();
    let tables = codes.parse().map(|tables| compile_tables(tables, &mut codes));
    let items_file = items.parse().map(|rows| items::compile(rows, catalogue, &mut items));
    let compiled = match (file, tables, items_file) {
        (Some(file), Some(tables), Some(items)) => {
            let region = check_head(&file, folder, &mut mapping);
            check_sources(&file, &mut mapping);
            let rules = compile_rules(&file, &tables, &mut mapping, &mut codes);
            region.map(|region| assemble(file, region, rules, tables, items, &mapping))
        }
        _ => None,
    };
    for source in [mapping, codes, items] {
        faults.extend(source.faults);
    }
    compiled.filter(|_| faults.len() == before)
}

/// One file under compilation: its text, for turning places into lines, and what was found wrong with it.
struct Source<'a> {
    path: String,
    text: &'a str,
    faults: Vec<MappingFault>,
}

impl<'a> Source<'a> {
    fn open(folder: &'a Folder, name: &'static str, faults: &mut Vec<MappingFault>) -> Option<Self> {
        let path = format!("{}/{name}", folder.name);
        let Some(text) = folder.files.get(name) else {
            faults.push(MappingFault { file: path, line: 0, error: MappingError::MissingFile });
            return None;
        };
        Some(Self { path, text, faults: Vec::new() })
    }

    fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text.get(..span.start).unwrap_or_default().matches('\n').count()
    }

    fn place(&self, span: &Range<usize>) -> String {
        format!("{}:{}", self.path, self.line(span))
    }

    fn fault(&mut self, span: &Range<usize>, error: MappingError) {
        self.fault_at_line(self.line(span), error);
    }

    fn fault_at_line(&mut self, line: usize, error: MappingError) {
        self.faults.push(MappingFault { file: self.path.clone(), line, error });
    }

    fn fault_of_file(&mut self, error: MappingError) {
        self.fault_at_line(0, error);
    }

    fn parse<T: DeserializeOwned>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(value) => Some(value),
            Err(error) => {
                let span = error.span().unwrap_or_default();
                self.fault(&span, MappingError::Syntax { reason: error.message().to_owned() });
                None
            }
        }
    }
}

fn check_head(file: &MappingFile, folder: &Folder, source: &mut Source<'_>) -> Option<RegionCode> {
    let edition = file.edition.get_ref();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !(1..=32).contains(&edition.len()) || !edition.chars().all(is_plain) {
        source.fault(&file.edition.span(), MappingError::Edition);
    }
    let region = match file.region.get_ref().parse::<RegionCode>() {
        Ok(region) => region,
        Err(error) => {
            source.fault(&file.region.span(), MappingError::Syntax { reason: error.to_string() });
            return None;
        }
    };
    let named_after = folder.name.strip_prefix(region.as_str()).and_then(|rest| rest.strip_prefix('-'));
    if named_after.is_none_or(str::is_empty) {
        source.fault(&file.region.span(), MappingError::FolderName { expected: region.to_string() });
    }
    Some(region)
}

/// Each source is one of: marks the stage, feeds fields, is read past. No JSON Pointer may run through another.
fn check_sources(file: &MappingFile, source: &mut Source<'_>) {
    let stages = file.stage.iter().map(|row| (&row.source, false));
    let fields = file.field.iter().map(|row| (&row.source, true));
    let others = file.not_carried.iter().map(|row| (&row.source, false));
    let mut seen: Vec<(&Spanned<String>, bool)> = Vec::new();
    for (new, shared) in stages.chain(fields).chain(others) {
        let path = new.get_ref();
        if !file.wire.accepts(path) {
            source.fault(&new.span(), MappingError::Source { source_path: path.clone() });
        }
        let conflict = seen.iter().find(|(old, old_shared)| {
            let old = old.get_ref();
            let runs_through = |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
            (path == old && !(shared && *old_shared)) || runs_through(path, old) || runs_through(old, path)
        });
        if let Some((old, _)) = conflict {
            let first = source.line(&old.span());
            source.fault(&new.span(), MappingError::SourceConflict { source_path: path.clone(), first });
        }
        seen.push((new, shared));
    }
}

fn compile_rules(
    file: &MappingFile,
    tables: &BTreeMap<String, CodeTable>,
    source: &mut Source<'_>,
    codes: &mut Source<'_>,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut first_lines: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &file.field {
        let span = row.field.span();
        let name = row.field.get_ref().as_str();
        if let Some(first) = first_lines.get(name).copied() {
            source.fault(&span, MappingError::FieldTwice { field: name.to_owned(), first });
        }
        first_lines.entry(name).or_insert_with(|| source.line(&span));
        rules.extend(compile_rule(row, file, tables, source, codes));
    }
    for field in
        FIELDS.iter().filter(|field| field.presence == Presence::Required && !first_lines.contains_key(field.path))
    {
        source.fault_of_file(MappingError::FieldWithoutRule { field: field.path });
    }
    for table in tables.keys() {
        if !file.field.iter().any(|row| row.table.as_ref().is_some_and(|used| used.get_ref() == table)) {
            codes.fault_of_file(MappingError::UnusedTable { table: table.clone() });
        }
    }
    rules
}

fn compile_rule(
    row: &FieldRow,
    file: &MappingFile,
    tables: &BTreeMap<String, CodeTable>,
    source: &mut Source<'_>,
    codes: &mut Source<'_>,
) -> Option<Rule> {
    let field = field::find(row.field.get_ref());
    if field.is_none() {
        source.fault(&row.field.span(), MappingError::UnknownField { field: row.field.get_ref().clone() });
    }
    let transform = Transform::named(row.transform.get_ref());
    if transform.is_none() {
        let known = TRANSFORMS.iter().map(|transform| transform.name).collect::<Vec<_>>().join(", ");
        let transform = row.transform.get_ref().clone();
        source.fault(&row.transform.span(), MappingError::UnknownTransform { transform, known });
    }
    if row.kind == Kind::Number && matches!(file.wire, Wire::Xml(_)) {
        source.fault(&row.source.span(), MappingError::NumberInXml);
    }
    let (field, transform) = (field?, transform?);
    check_options(row, transform, source);
    if let Some(name) = &row.table {
        match tables.get(name.get_ref()) {
            Some(table) => check_table_values(table, field, codes),
            None => source.fault(&name.span(), MappingError::UnknownTable { table: name.get_ref().clone() }),
        }
    }
    Some(Rule {
        field,
        source: row.source.get_ref().clone(),
        transform,
        required: row.required,
        place: source.place(&row.field.span()),
        kind: row.kind,
        blank: row.blank.clone().unwrap_or_else(|| file.blank.clone()),
        table: row.table.as_ref().map(|name| name.get_ref().clone()),
        no_expiry: row.no_expiry.clone(),
    })
}

fn check_options(row: &FieldRow, transform: &'static Transform, source: &mut Source<'_>) {
    let given = [(RuleOption::Table, row.table.is_some()), (RuleOption::NoExpiry, row.no_expiry.is_some())];
    for (option, given) in given {
        let needed = transform.option == Some(option);
        let (transform, option) = (transform.name, option.key());
        match (needed, given) {
            (true, false) => source.fault(&row.transform.span(), MappingError::OptionMissing { transform, option }),
            (false, true) => source.fault(&row.transform.span(), MappingError::OptionUnused { transform, option }),
            (true, true) | (false, false) => {}
        }
    }
}

/// Each value of a table must be one that the field can have.
fn check_table_values(table: &CodeTable, field: &'static Field, codes: &mut Source<'_>) {
    let choices = match field.kind {
        FieldKind::Choice(choices) => choices,
        FieldKind::Code | FieldKind::Text | FieldKind::Timestamp | FieldKind::Date | FieldKind::DateOrNoExpiry => &[],
    };
    for row in &table.rows {
        if let Some(value) = row.value.as_ref().filter(|value| !choices.contains(&value.as_str())) {
            let known = choices.join(", ");
            codes.fault_at_line(row.line, MappingError::TableValue { value: value.clone(), field: field.path, known });
        }
    }
}

fn compile_tables(
    written: BTreeMap<String, Vec<rows::CodeRow>>,
    source: &mut Source<'_>,
) -> BTreeMap<String, CodeTable> {
    let mut tables = BTreeMap::new();
    for (name, rows) in written {
        let mut table = CodeTable { name: name.clone(), rows: Vec::new() };
        for row in rows {
            if table.rows.iter().any(|other| other.code == *row.code.get_ref()) {
                source.fault(&row.code.span(), MappingError::CodeTwice { code: row.code.get_ref().clone() });
            }
            let line = source.line(&row.value.as_ref().map_or_else(|| row.code.span(), Spanned::span));
            let (code, value) = (row.code.into_inner(), row.value.map(Spanned::into_inner));
            table.rows.push(CodeRow { code, value, meaning: row.meaning, line });
        }
        tables.insert(name, table);
    }
    tables
}

fn assemble(
    file: MappingFile,
    region: RegionCode,
    rules: Vec<Rule>,
    tables: BTreeMap<String, CodeTable>,
    items: ItemCodes,
    source: &Source<'_>,
) -> Mapping {
    let stage = |row: rows::StageRow| Stage { source: row.source.into_inner(), value: row.value };
    let not_carried = |row: rows::NotCarriedRow| NotCarried {
        place: source.place(&row.source.span()),
        source: row.source.into_inner(),
        why: row.why,
        secret: row.secret,
    };
    Mapping {
        region,
        edition: file.edition.into_inner(),
        wire: file.wire,
        stages: file.stage.into_iter().map(stage).collect(),
        rules,
        not_carried: file.not_carried.into_iter().map(not_carried).collect(),
        items,
        tables,
        write_blank: file.write_blank,
    }
}
