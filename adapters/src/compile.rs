//! From a region's folder to its mapping: every rule is checked here, so that nothing is left to go wrong with a message.

mod codes;
mod items;
mod plan;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use standards::code::RegionCode;
use standards::field;
use standards::item::Catalogue;

use codes::CompiledTable;

use crate::folder::{FILES, Folder};
use crate::mapping::{Kind, Mapping, Rule};
use crate::mapping_error::{MappingError, MappingFault};
use crate::rows::{FieldRow, MappingFile};
use crate::transform::{RuleOption, TRANSFORMS, Transform};
use crate::wire::Wire;

/// Compiles one folder. What is wrong goes to `faults`, and then there is no mapping.
pub(crate) fn compile(folder: &Folder, catalogue: &Catalogue, faults: &mut Vec<MappingFault>) -> Option<Mapping> {
    let before = faults.len();
    let mut source = |name: &'static str| Source::open(folder, name, faults);
    let [mapping, codes, items] = FILES.map(&mut source);
    let (mut mapping, mut codes, mut items) = (mapping?, codes?, items?);
    let file: Option<MappingFile> = mapping.parse();
    let tables = codes.parse().map(|tables| codes::compile(tables, &mut codes));
    let items_file = items.parse().map(|rows| items::compile(rows, catalogue, &mut items));
    let compiled = match (file, tables, items_file) {
        (Some(file), Some(tables), Some(items)) => {
            let region = check_head(&file, folder, &mut mapping);
            let rules = compile_rules(&file, &tables, &mut mapping, &mut codes);
            let messages = plan::compile(&file, &rules, &mut mapping);
            let no_equivalents = plan::no_equivalents(&file);
            region.map(|region| Mapping {
                kind_sources: plan::kind_sources(&messages, &no_equivalents),
                region,
                edition: file.edition.get_ref().clone(),
                messages,
                no_messages: plan::no_messages(&file),
                no_equivalents,
                wire: file.wire,
                items,
                tables: tables.into_iter().map(|(name, compiled)| (name, compiled.table)).collect(),
                write_blank: file.write_blank,
            })
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
        let fault = MappingFault { file: self.path.clone(), line, error };
        // A row that is used for several kinds of messages is at fault once.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
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

/// One rule for each `[[field]]`; none where it is broken.
fn compile_rules(
    file: &MappingFile,
    tables: &BTreeMap<String, CompiledTable>,
    source: &mut Source<'_>,
    codes: &mut Source<'_>,
) -> Vec<Option<Rule>> {
    let rules = file.field.iter().map(|row| compile_rule(row, file, tables, source, codes)).collect();
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
    tables: &BTreeMap<String, CompiledTable>,
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
    if field.is_some_and(|field| field.list().is_some() != row.source.get_ref().contains('*')) {
        source.fault(&row.source.span(), MappingError::ListSource { source_path: row.source.get_ref().clone() });
    }
    if row.kind == Kind::Number && matches!(file.wire, Wire::Xml(_)) {
        source.fault(&row.source.span(), MappingError::NumberInXml);
    }
    let (field, transform) = (field?, transform?);
    if !(transform.fits)(field.kind) {
        let (transform, field) = (transform.name, field.path);
        source.fault(&row.transform.span(), MappingError::TypeMismatch { transform, field });
    }
    check_options(row, transform, source);
    if let Some(name) = &row.table {
        match tables.get(name.get_ref()) {
            Some(table) => codes::check_values(table, field, codes),
            None => source.fault(&name.span(), MappingError::UnknownTable { table: name.get_ref().clone() }),
        }
    }
    Some(Rule {
        field,
        source: row.source.get_ref().clone(),
        transform,
        required: row.required.unwrap_or(false),
        place: source.place(&row.field.span()).into(),
        location: file.wire.locate(row.source.get_ref()).into(),
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
