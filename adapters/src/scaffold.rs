//! The data folders of a new region, as far as they follow from the field table, the kinds of messages and the catalogue.
//!
//! What nobody but the region can know is left open in two ways: a row that begins with `#` and no blank is to be filled in and taken
//! out of its comment, and the word `TODO` in any other line is to be replaced. [`crate::completeness`] finds what is left of both.

use std::fmt::Write as _;

use serde::Serialize;
use standards::code::{CodeKind, RegionCode};
use standards::field::{FIELDS, Field, FieldKind, path};
use standards::item::{Catalogue, Limit, SameStandardItem};
use standards::message::{MessageKind, MessageKinds};
use standards::region::Regions;

/// What stands where only the region knows.
pub const PLACEHOLDER: &str = "TODO";

/// The folders that a region has, each with the files that it needs, from the root of the sources on.
pub const FOLDERS: [(&str, &[&str]); 3] = [
    ("adapters/regions", &crate::folder::FILES),
    ("certs/anchors", &["region.toml"]),
    ("conformance/suites", &["suite.toml"]),
];

/// 新地区: the code and the name that its folders have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRegion {
    code: RegionCode,
    name: String,
}

/// 新文件: a file to be written, by its path from the root of the sources on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its path, with `/`.
    pub path: String,
    /// All of its text.
    pub text: String,
}

/// How the messages of a new region are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// One JSON object.
    Json,
    /// A list of named values in XML.
    Xml,
}

/// The name of a new region's folders is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a folder's name is 1 to 32 of a-z, 0-9 and -, and neither begins nor ends with -")]
pub struct NameFault;

impl NameFault {
    /// The stable code.
    pub fn code(self) -> &'static str {
        "region.name"
    }
}

impl NewRegion {
    /// The region of this code, whose folders are called by this name: pinyin such as `neimenggu`.
    ///
    /// # Errors
    /// [`NameFault`]: it becomes the name of a folder, on every system.
    pub fn new(code: RegionCode, name: &str) -> Result<Self, NameFault> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = (1..=32).contains(&name.len()) && name.bytes().all(is_plain);
        if !is_name || name.starts_with('-') || name.ends_with('-') {
            return Err(NameFault);
        }
        Ok(Self { code, name: name.to_owned() })
    }

    /// Its code.
    pub fn code(&self) -> &RegionCode {
        &self.code
    }

    /// The name of its folders: `150000-neimenggu`.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.code, self.name)
    }

    /// The row that `standards/data/regions.toml` needs.
    pub fn row(&self) -> String {
        format!("[[region]]\ncode = \"{}\"\nname_zh = \"{PLACEHOLDER}\"\nname_en = \"{PLACEHOLDER}\"\n", self.code)
    }

    /// Every file of its folders.
    pub fn files(&self, notation: Notation, catalogue: &Catalogue, regions: &Regions) -> Vec<NewFile> {
        let texts = [
            vec![mapping(&self.code, notation), codes(), items(catalogue)],
            vec![organisations(&self.code, catalogue)],
            vec![suite(&self.code, regions)],
        ];
        let folders = FOLDERS.into_iter().zip(texts);
        let files = folders.flat_map(|((parent, names), texts)| {
            names.iter().zip(texts).map(move |(name, text)| (format!("{parent}/{}/{name}", self.folder()), text))
        });
        files.map(|(path, text)| NewFile { path, text }).collect()
    }
}

impl Notation {
    /// The path of a value, or of a value in a list, that is still open.
    fn source(self, field: &Field) -> &'static str {
        match (self, field.list()) {
            (Self::Json, None) => "/TODO",
            (Self::Json, Some(_)) => "/TODO/*/TODO",
            (Self::Xml, None) => "TODO",
            (Self::Xml, Some(_)) => "TODO/*/TODO",
        }
    }

    fn wire(self) -> &'static str {
        match self {
            Self::Json => "wire.json = {}",
            Self::Xml => {
                "wire.xml = { root = \"TODO\", group = \"TODO\", entry = \"TODO\", name_attribute = \"TODO\", \
                 list = { name = \"TODO\", element = \"TODO\" } }"
            }
        }
    }
}

const MAPPING_HEAD: &str = "\
# 方言规则：用一两句话说明报文的样子。How the region's messages are written: a sentence or two.
#
# 以“#{”开头的行待填：把 TODO 换成报文里的名字，再去掉行首的 #；用不上的选填字段可以删去。
# A row that begins with `#{` waits: put the message's own name for TODO and take the # away; optional fields may go.
# 键的说明 keys: adapters/README.md；字段 fields: standards/FIELDS.md
";

fn mapping(code: &RegionCode, notation: Notation) -> String {
    let mut out = format!("{MAPPING_HEAD}\nregion = \"{code}\"\nedition = \"1\"\n");
    let (blank, source) = match notation {
        Notation::Json => ("absent", "/TODO"),
        Notation::Xml => ("empty", "TODO"),
    };
    let _ = writeln!(out, "blank = [\"absent\", \"empty\"]\nwrite_blank = \"{blank}\"\n{}\n", notation.wire());
    out.push_str("# 报文种类：各种报文凭何区分。What tells the kinds of messages apart.\nmessage = [\n");
    for kind in MessageKind::ALL {
        let (kind, label) = (kind.as_str(), kind.label());
        let _ = writeln!(
            out,
            "    #{{ kind = \"{kind}\", when = [{{ source = \"{source}\", one_of = [\"TODO\"] }}] }},   # {label}"
        );
    }
    out.push_str(
        "]\n\n# 本方言没有的报文及理由。Kinds that the dialect does not have, and why.\nno_message = [\n]\n\n",
    );
    out.push_str("# 规则：一行一条。One rule a line.\nfield = [\n");
    for field in in_order() {
        if field.path == path::LOCAL_ITEM_CODE {
            out.push_str("    # 以下两条通常是同一个来源，先后如此。One source as a rule, in this order.\n");
        }
        let (path, rest, source) = (field.path, transform(field), notation.source(field));
        let _ = writeln!(
            out,
            "    #{{ field = \"{path}\", source = \"{source}\", {rest} }},   # {}：{}",
            field.name_zh,
            presence(field)
        );
    }
    out.push_str("]\n\n# 读过但不采用的字段及理由。Read past, and why.\nnot_carried = [\n]\n");
    out
}

/// The fields, with the item behind the region's own code of it: written from one source, the code of the message itself comes first.
fn in_order() -> impl Iterator<Item = &'static Field> {
    let item = FIELDS.iter().filter(|field| field.path == path::ITEM);
    let others = FIELDS.iter().filter(|field| field.path != path::ITEM);
    others.flat_map(move |field| {
        std::iter::once(field).chain(item.clone().filter(|_| field.path == path::LOCAL_ITEM_CODE))
    })
}

/// The conversion that a field most likely needs.
fn transform(field: &Field) -> String {
    let name = match (field.path, field.kind) {
        (path::LOCAL_ITEM_CODE, _) => "item_code",
        (_, FieldKind::Code(CodeKind::ItemId)) => "item",
        (_, FieldKind::Code(CodeKind::RegionCode)) => "region_of_division",
        (_, FieldKind::Code(CodeKind::DivisionCode)) => "division_6",
        (_, FieldKind::Timestamp) => "time_local",
        (_, FieldKind::Date) => "date",
        (_, FieldKind::DateOrNoExpiry) => return "transform = \"validity\", no_expiry = \"TODO\"".to_owned(),
        (_, FieldKind::Choice(choices)) => return format!("transform = \"code\", table = \"{}\"", table_of(choices)),
        (
            _,
            FieldKind::Code(_)
            | FieldKind::Text
            | FieldKind::Remark
            | FieldKind::Count
            | FieldKind::Digest
            | FieldKind::Content,
        ) => "text",
    };
    format!("transform = \"{name}\"")
}

/// The kinds of messages that have the field, for people.
fn presence(field: &Field) -> String {
    let kinds = |set: MessageKinds| -> Vec<&str> {
        MessageKind::ALL.iter().filter(|kind| set.contains(**kind)).map(|kind| kind.label()).collect()
    };
    let part = |word: &str, set: MessageKinds| match kinds(set) {
        none if none.is_empty() => None,
        all if all.len() == MessageKind::ALL.len() => Some(format!("{word}，各种报文")),
        some => Some(format!("{word}，{}", some.join("、"))),
    };
    let parts = [part("必填", field.required_in), part("选填", field.optional_in)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("；")
}

/// The fields with values to choose from, those with the same values once.
fn choices() -> Vec<(&'static Field, &'static [&'static str])> {
    let mut found: Vec<(&Field, &[&str])> = Vec::new();
    for field in FIELDS {
        if let FieldKind::Choice(values) = field.kind
            && found.iter().all(|(_, known)| *known != values)
        {
            found.push((field, values));
        }
    }
    found
}

/// The name of the table of these values: the path of the first field that has them.
fn table_of(values: &[&str]) -> String {
    let field = choices().into_iter().find(|(_, known)| *known == values);
    field.map_or_else(String::new, |(field, _)| field.path.replace(".*.", "_").replace('.', "_"))
}

fn codes() -> String {
    let mut out = String::from(
        "# 代码表：每个代码写明与标准的关系，见 adapters/README.md。Each row says what a code is in the standard model:\n\
         #   exact 等同 · lossy 有损（另加 also_writes）· unmapped 无对应（写明理由）\n\
         # 填好后去掉“#”开头各行的 #。Fill in the rows that begin with # and no blank, and take the # away.\n",
    );
    for (field, values) in choices() {
        let _ = writeln!(out, "\n# {} {}\n#{} = [", field.name_zh, field.path, table_of(values));
        for value in values {
            let _ = writeln!(out, "    #{{ code = \"TODO\", meaning = \"TODO\", exact = \"{value}\" }},");
        }
        out.push_str("#]\n");
    }
    out
}

fn items(catalogue: &Catalogue) -> String {
    let mut out = String::from(
        "# 事项目录：名称、受理条件、材料和时限取自共同标准（四同），与本地目录逐项核对；TODO 换成本地的编码和机关代码。\n\
         # The region's own catalogue. Names, criteria, materials and limits are the standard's: check them against your own, and\n\
         # put your codes and authorities for TODO. A difference stands here with its reason and its end: [[known_difference]].\n",
    );
    catalogue.items().for_each(|item| item_row(item, &mut out));
    out
}

fn item_row(item: &SameStandardItem, out: &mut String) {
    let limit = |limit: Limit| format!("{{ count = {}, unit = {} }}", limit.count, quoted(&limit.unit));
    let _ = write!(
        out,
        "\n[[item]]\ncode = \"TODO-{}\"\nitem = \"{}\"\nname = {}\nauthority = \"TODO\"\nstatutory_limit = {}\ncommitted_limit = {}\n",
        item.basic_code,
        item.id,
        quoted(&item.name),
        limit(item.time_limit.statutory_limit),
        limit(item.time_limit.committed_limit),
    );
    out.push_str("acceptance_criteria = [\n");
    for criterion in &item.acceptance_criteria {
        let _ = writeln!(out, "    {},", quoted(&criterion.text));
    }
    out.push_str("]\nmaterials = [\n");
    for material in &item.materials {
        let (name, form) = (quoted(&material.name), quoted(&material.form));
        let (source, necessity) = (quoted(&material.source), quoted(&material.necessity));
        let _ = writeln!(out, "    {{ name = {name}, form = {form}, source = {source}, necessity = {necessity} }},");
    }
    out.push_str("]\n");
}

/// A text of TOML: for texts and the words of our enums it is written as in JSON.
fn quoted(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn organisations(code: &RegionCode, catalogue: &Catalogue) -> String {
    let mut out = format!(
        "# 开发密钥体系中的机构，名称注明（虚构），代码须通过校验。Organisations of the development hierarchy, all invented.\n\
         code = \"{code}\"\nname = \"TODO\"\n"
    );
    let parts = [
        ("partner", "运行本地区的交换端：TLS 身份和报文密钥。Runs the region's side of the exchange."),
        ("maker", "制作本地区的印章。Makes the region's seals."),
        ("authority", "出具结果并签章。Issues results and seals them."),
    ];
    for (part, what) in parts {
        let _ = writeln!(out, "\n# {what}\n[{part}]\nname = \"TODO\"\ncode = \"TODO\"");
    }
    let items: Vec<String> = catalogue.items().map(|item| quoted(&item.id)).collect();
    let (last, own) = items.split_last().map_or(("", [].as_slice()), |(last, own)| (last.as_str(), own));
    out.push_str("items = [\n");
    for row in own.chunks(10) {
        let _ = writeln!(out, "    {},", row.join(", "));
    }
    out.push_str(
        "]\n\n# 另一机关：章是真的，职权不同。Has a genuine seal too, and other competences.\n[other_authority]\n",
    );
    let _ = writeln!(out, "name = \"TODO\"\ncode = \"TODO\"\nitems = [{last}]");
    out
}

fn suite(code: &RegionCode, regions: &Regions) -> String {
    let mut others = regions.iter().map(|region| region.code.as_str()).filter(|other| *other != code.as_str());
    let [another, third] = [(); 2].map(|()| others.next().unwrap_or(PLACEHOLDER));
    format!(
        "# 其他任一地区均可时，报送给谁。To whom scenarios submit where any other region would do.\nanother = \"{another}\"\n\
         # 与该次报送无关的第三方。A region that has nothing to do with such a submission.\nthird = \"{third}\"\n"
    )
}
