//! What a file holds: its values by the names of their columns, elements or keys.

use std::path::Path;

use adapters::json::JsonError;
use adapters::leaf::Scalar;
use adapters::xml::Element;
use adapters::{Limits, json, xml};
use serde_json::value::RawValue;
use standards::lint::{ColumnKind, LintFinding, Linter};

use super::super::file;
use super::files::extension;
use super::report::{Place, Report};

/// Largest file, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Rows of a table, or objects of a list.
const ROWS_MAX: usize = 1_000_000;
/// Lines above the names of the columns that a title may take.
const TITLE_ROWS_MAX: usize = 5;
/// One document, or one object of a list. A value may be an attachment.
const LIMITS: Limits =
    Limits { bytes_max: 64 * 1024 * 1024, depth_max: 32, values_max: 1_000_000, value_bytes_max: 16 * 1024 * 1024 };

/// A file on its way to the report.
struct Reading<'a> {
    path: &'a Path,
    linter: &'a Linter,
    report: &'a mut Report,
    /// Values of columns that are checked, empty ones included.
    known: usize,
}

/// Checks one file, and tells what kept it from being checked.
pub(super) fn file(path: &Path, linter: &Linter, report: &mut Report) {
    let bytes = match file::read(path, FILE_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) => return report.trouble(path, None, &(&error).into()),
    };
    let mut reading = Reading { path, linter, report, known: 0 };
    let is_whole = match Format::of(path, &bytes) {
        Format::Table => reading.text(&bytes).is_some_and(|text| reading.table(text)),
        Format::Json => reading.text(&bytes).is_some_and(|text| reading.json(text)),
        Format::Xml => reading.xml(&bytes),
    };
    let known = reading.known;
    if is_whole {
        report.count_file();
    }
    if is_whole && known == 0 {
        report.trouble(path, None, &(&LintFinding::NothingToCheck).into());
    }
}

/// How a file is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Table,
    Xml,
    Json,
}

impl Format {
    /// By the extension; without one of ours, by the first character.
    fn of(path: &Path, bytes: &[u8]) -> Self {
        match extension(path).as_str() {
            "csv" => Self::Table,
            "xml" => Self::Xml,
            "json" | "jsonl" | "ndjson" => Self::Json,
            _ => match bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).trim_ascii_start().first() {
                Some(b'<') => Self::Xml,
                Some(b'{' | b'[') => Self::Json,
                _ => Self::Table,
            },
        }
    }
}

/// What bytes that are not UTF-8 probably are.
fn encoding(bytes: &[u8], valid_up_to: usize) -> LintFinding {
    let probably = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
        [b'P', b'K', 3, 4, ..] => "xlsx / zip",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "xls",
        _ => "GB18030 / GBK",
    };
    let before = String::from_utf8_lossy(bytes.get(..valid_up_to).unwrap_or_default());
    LintFinding::Encoding { line: 1 + newlines(&before), probably }
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

impl Reading<'_> {
    /// Judges a value of a tree, if it goes by a name that is known.
    fn value(&mut self, place: Place<'_>, value: &str) {
        if let Some(kind) = self.linter.kind_of(place.column) {
            self.judge(place, kind, value);
        }
    }

    fn judge(&mut self, place: Place<'_>, kind: ColumnKind, value: &str) {
        self.known += 1;
        self.report.value(self.path, place, kind, value, &self.linter.judge(kind, value));
    }

    fn trouble(&mut self, line: usize, finding: &LintFinding) {
        self.report.trouble(self.path, Some(line), &finding.into());
    }

    /// The text of a table or of JSON: neither says what encoding it is in, so it is UTF-8.
    fn text<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b str> {
        let text = std::str::from_utf8(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes));
        text.inspect_err(|error| self.whole(&encoding(bytes, error.valid_up_to()))).ok()
    }

    /// Tells what is wrong with the file as a whole.
    fn whole(&mut self, finding: &LintFinding) {
        self.report.trouble(self.path, None, &finding.into());
    }

    /// A table with the names of its columns in the first row that has one we know; above it may stand a title.
    fn table(&mut self, text: &str) -> bool {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut columns: Option<Columns> = None;
        let mut row = csv::StringRecord::new();
        let mut rows = 0;
        // The text is UTF-8 and rows may have any width: nothing is wrong with a row, and it is there or not.
        while reader.read_record(&mut row).unwrap_or(false) {
            rows += 1;
            let line = row.position().map_or(0, |at| line_of_row(text, at));
            if rows > ROWS_MAX {
                self.trouble(line, &LintFinding::TooManyRows { max: ROWS_MAX });
                return false;
            }
            match &columns {
                None if rows > TITLE_ROWS_MAX => return true,
                None => columns = Columns::named_by(&row, self.linter),
                Some(columns) if columns.width != row.len() => {
                    self.trouble(line, &LintFinding::RowWidth { expected: columns.width, got: row.len() });
                }
                Some(columns) => {
                    for (index, column, kind) in &columns.known {
                        let place = Place { line: Some(line), path: None, column, is_number: false };
                        self.judge(place, *kind, row.get(*index).unwrap_or_default());
                    }
                }
            }
            self.known += usize::from(columns.is_some());
        }
        true
    }

    /// XML says what encoding it is in, and the strict reader holds it to that.
    fn xml(&mut self, bytes: &[u8]) -> bool {
        match xml::parse(bytes, &LIMITS) {
            Ok(root) => self.element(&root, ""),
            Err(error) => {
                self.report.trouble(self.path, None, &(&error).into());
                return false;
            }
        }
        true
    }

    fn element(&mut self, element: &Element, parent: &str) {
        let path = format!("{parent}/{}", element.name);
        let named = element
            .attributes
            .iter()
            .find(|(attribute, value)| self.linter.is_key_attribute(attribute) && self.linter.kind_of(value).is_some());
        for (attribute, value) in &element.attributes {
            let at = format!("{path}/@{attribute}");
            self.value(Place { line: Some(element.line), path: Some(&at), column: attribute, is_number: false }, value);
        }
        if element.children.is_empty() {
            let (column, at) = match named {
                Some((attribute, key)) => (key.as_str(), format!("{path}[@{attribute}='{key}']")),
                None => (element.name.as_str(), path),
            };
            self.value(Place { line: Some(element.line), path: Some(&at), column, is_number: false }, &element.text);
            return;
        }
        for child in &element.children {
            self.element(child, &path);
        }
    }

    /// One object, a list of objects, or objects one after the other (JSON Lines): each by itself, so that one fault does not hide others.
    fn json(&mut self, text: &str) -> bool {
        let is_list = text.trim_start().starts_with('[');
        let (mut counted, mut line) = (0, 1);
        for (index, object) in objects(text, is_list).into_iter().enumerate() {
            let object = match object {
                Ok(object) => object.get(),
                Err(error) => {
                    let trouble = JsonError::Syntax { line: error.line(), column: error.column() };
                    self.report.trouble(self.path, Some(error.line()), &(&trouble).into());
                    return false;
                }
            };
            // The object is a part of the text: where it begins is how far it lies behind the text's beginning.
            let start = (object.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
            line += newlines(text.get(counted..start).unwrap_or_default());
            counted = start;
            if index >= ROWS_MAX {
                self.trouble(line, &LintFinding::TooManyRows { max: ROWS_MAX });
                return false;
            }
            let prefix = if is_list { format!("/{index}") } else { String::new() };
            self.object(object, line, &prefix);
        }
        true
    }

    fn object(&mut self, object: &str, line: usize, prefix: &str) {
        let leaves = match json::parse(object.as_bytes(), &LIMITS) {
            Ok(leaves) => leaves,
            Err(error) => {
                let error = in_file(error, line);
                return self.report.trouble(self.path, Some(line), &(&error).into());
            }
        };
        for leaf in leaves {
            let path = format!("{prefix}{}", leaf.path);
            let column = key_of(&leaf.path);
            let is_number = matches!(leaf.value, Scalar::Number(_));
            let place = Place { line: Some(line), path: Some(&path), column: &column, is_number };
            self.value(place, leaf.value.text());
        }
    }
}

/// The columns of a table that are checked.
struct Columns {
    width: usize,
    /// Place, name and kind of each.
    known: Vec<(usize, String, ColumnKind)>,
}

impl Columns {
    /// `None` when the row names no column that is known.
    fn named_by(row: &csv::StringRecord, linter: &Linter) -> Option<Self> {
        let named = row.iter().enumerate();
        let known: Vec<_> =
            named.filter_map(|(index, name)| Some((index, name.to_owned(), linter.kind_of(name)?))).collect();
        (!known.is_empty()).then_some(Self { width: row.len(), known })
    }
}

/// The outermost values of a JSON text, as they are written.
fn objects(text: &str, is_list: bool) -> Vec<serde_json::Result<&RawValue>> {
    if is_list {
        return match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(items) => items.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
    }
    serde_json::Deserializer::from_str(text).into_iter().collect()
}

/// The line of a row: the reader counts from the end of the row before, and there may be blank lines between.
fn line_of_row(text: &str, at: &csv::Position) -> usize {
    let row = usize::try_from(at.byte()).ok().and_then(|start| text.get(start..)).unwrap_or_default();
    let blank = row.len() - row.trim_start_matches(['\r', '\n']).len();
    let before = usize::try_from(at.line()).unwrap_or(usize::MAX);
    before.saturating_add(newlines(row.get(..blank).unwrap_or_default()))
}

/// The error of an object with the line of the file, where the object begins at `line`.
fn in_file(mut error: JsonError, begins_at: usize) -> JsonError {
    if let JsonError::Syntax { line, .. }
    | JsonError::DuplicateKey { line, .. }
    | JsonError::IndexAsKey { line, .. }
    | JsonError::NotWholeNumber { line, .. } = &mut error
    {
        *line += begins_at - 1;
    }
    error
}

/// The last name of a JSON Pointer; the items of a list go by the name of the list.
fn key_of(pointer: &str) -> String {
    let is_index = |token: &&str| token.bytes().all(|byte| byte.is_ascii_digit());
    let token = pointer.rsplit('/').find(|token| !is_index(token)).unwrap_or_default();
    token.replace("~1", "/").replace("~0", "~")
}
