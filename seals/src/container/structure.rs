//! What each file of an OFD package is for, found by following the package's own structure (GB/T 33190).
use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;
use serde::Serialize;

use super::{
    location,
    ofd::{Package, ROOT},
    xml::Node,
};
use crate::limits::Limits;

/// 文件类别: what a file of the package is for. A file that is named as two kinds is of the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// What a page shows.
    Page,
    /// What a page shows beneath or above its own content.
    Template,
    /// A font, an image, another medium, a colour profile, or the list of them.
    Resource,
    /// What is laid over a page.
    Annotation,
    /// A file that travels along.
    Attachment,
    /// Tags and extensions, which programs read.
    CustomData,
    /// Which files the document consists of.
    Structure,
    /// The list of signatures, and each signature's own files: these no protected range can hold.
    Signature,
    /// Nothing names it, and neither its name nor its folder tells.
    Other,
}

impl EntryKind {
    /// Every kind, with its name in Chinese and in English.
    pub const LABELS: [(EntryKind, &'static str, &'static str); 9] = [
        (EntryKind::Page, "页面内容", "page content"),
        (EntryKind::Template, "页面模板", "page template"),
        (EntryKind::Resource, "字体、图像等资源", "font, image or other resource"),
        (EntryKind::Annotation, "注释", "annotation"),
        (EntryKind::Attachment, "附件", "attachment"),
        (EntryKind::CustomData, "自定义数据", "custom data"),
        (EntryKind::Structure, "文档结构", "document structure"),
        (EntryKind::Signature, "签名自身文件", "a signature's own file"),
        (EntryKind::Other, "其他文件", "other file"),
    ];

    /// Its name in Chinese and in English.
    pub fn label(self) -> (&'static str, &'static str) {
        let row = Self::LABELS.iter().find(|(kind, ..)| *kind == self);
        row.map_or(("", ""), |(_, chinese, english)| (chinese, english))
    }
}

/// One place where a file of the package names others.
struct Link {
    /// Local name of the root element of the file that names.
    root: &'static str,
    /// Names of the elements from below the root to the one with the location.
    path: &'static [&'static str],
    /// The attribute that holds the location; `None` where it is the element's text.
    attribute: Option<&'static str>,
    /// What the named file is.
    kind: EntryKind,
    /// Whether the named file may name further ones.
    names_others: bool,
}

const fn list(
    root: &'static str,
    path: &'static [&'static str],
    attribute: Option<&'static str>,
    kind: EntryKind,
) -> Link {
    Link { root, path, attribute, kind, names_others: true }
}

const fn leaf(
    root: &'static str,
    path: &'static [&'static str],
    attribute: Option<&'static str>,
    kind: EntryKind,
) -> Link {
    Link { root, path, attribute, kind, names_others: false }
}

/// Every location (`ST_Loc`) of GB/T 33190, but for those of signatures.
#[rustfmt::skip]
const LINKS: [Link; 21] = [
    leaf("OFD", &["DocBody", "DocInfo", "Cover"], None, EntryKind::Resource),
    list("OFD", &["DocBody", "DocRoot"], None, EntryKind::Structure),
    list("OFD", &["DocBody", "Versions", "Version"], Some("BaseLoc"), EntryKind::Structure),
    list("DocVersion", &["DocRoot"], None, EntryKind::Structure),
    list("Document", &["CommonData", "PublicRes"], None, EntryKind::Resource),
    list("Document", &["CommonData", "DocumentRes"], None, EntryKind::Resource),
    list("Document", &["CommonData", "TemplatePage"], Some("BaseLoc"), EntryKind::Template),
    list("Document", &["Pages", "Page"], Some("BaseLoc"), EntryKind::Page),
    list("Document", &["Annotations"], None, EntryKind::Annotation),
    list("Document", &["Attachments"], None, EntryKind::Attachment),
    list("Document", &["CustomTags"], None, EntryKind::CustomData),
    list("Document", &["Extensions"], None, EntryKind::CustomData),
    list("Page", &["PageRes"], None, EntryKind::Resource),
    leaf("Res", &["Fonts", "Font", "FontFile"], None, EntryKind::Resource),
    leaf("Res", &["MultiMedias", "MultiMedia", "MediaFile"], None, EntryKind::Resource),
    leaf("Res", &["ColorSpaces", "ColorSpace"], Some("Profile"), EntryKind::Resource),
    leaf("Annotations", &["Page", "FileLoc"], None, EntryKind::Annotation),
    leaf("Attachments", &["Attachment", "FileLoc"], None, EntryKind::Attachment),
    leaf("CustomTags", &["CustomTag", "FileLoc"], None, EntryKind::CustomData),
    leaf("CustomTags", &["CustomTag", "SchemaLoc"], None, EntryKind::CustomData),
    leaf("Extensions", &["Extension", "ExtendData"], None, EntryKind::CustomData),
];

/// Folders as the products name them, in lower case, for files that nothing names.
const FOLDERS: [(&str, EntryKind); 9] = [
    ("pages", EntryKind::Page),
    ("tpls", EntryKind::Template),
    ("temps", EntryKind::Template),
    ("res", EntryKind::Resource),
    ("annots", EntryKind::Annotation),
    ("attachs", EntryKind::Attachment),
    ("attachments", EntryKind::Attachment),
    ("tags", EntryKind::CustomData),
    ("extensions", EntryKind::CustomData),
];

/// The kind of every file, by name. What cannot be read names nothing: then the names of files and folders tell.
pub(crate) fn kinds<'p>(
    package: &'p Package<'_>,
    own: &BTreeSet<String>,
    limits: &Limits,
) -> BTreeMap<&'p str, EntryKind> {
    let mut walk = Walk { package, limits, kinds: BTreeMap::new(), unread: Vec::new(), bytes: 0 };
    if let Some(root) = package.entry(ROOT, ROOT) {
        walk.name(root, EntryKind::Structure, true);
    }
    let mut read = BTreeSet::new();
    while let Some(name) = walk.unread.pop() {
        if read.insert(name) {
            walk.follow(name);
        }
    }
    let mut kinds = walk.kinds;
    for name in package.names() {
        let kind = if own.contains(name) { EntryKind::Signature } else { by_folder(name) };
        kinds.entry(name).or_insert(kind);
    }
    kinds
}

fn by_folder(name: &str) -> EntryKind {
    let kind = |folder: &str| FOLDERS.iter().find(|(known, _)| folder.eq_ignore_ascii_case(known)).map(|row| row.1);
    let folders = name.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').find_map(kind).unwrap_or(EntryKind::Other)
}

struct Walk<'w, 'p, 'a> {
    package: &'p Package<'a>,
    limits: &'w Limits,
    kinds: BTreeMap<&'p str, EntryKind>,
    unread: Vec<&'p str>,
    /// Read so far.
    bytes: usize,
}

impl<'p> Walk<'_, 'p, '_> {
    fn name(&mut self, entry: &'p str, kind: EntryKind, names_others: bool) {
        let known = self.kinds.entry(entry).or_insert(kind);
        *known = kind.min(*known);
        if names_others {
            self.unread.push(entry);
        }
    }

    /// Notes what one file names.
    fn follow(&mut self, name: &'p str) {
        let Some(bytes) = self.package.bytes(name) else { return };
        // Pages are large, and hardly any has resources of its own.
        let is_page = matches!(self.kinds.get(name), Some(EntryKind::Page | EntryKind::Template));
        if is_page && memmem::find(bytes, b"PageRes").is_none() {
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > self.limits.structure_bytes_max {
            return;
        }
        let Ok(root) = Node::read_any(bytes, self.limits) else { return };
        let base = match root.attribute("BaseLoc") {
            // The locations of a resource list are relative to a folder that it names.
            Some(folder) if root.name == "Res" => location::resolve(name, &format!("{folder}/{ROOT}")),
            _ => None,
        };
        let base = base.as_deref().unwrap_or(name);
        for link in LINKS.iter().filter(|link| link.root == root.name) {
            for node in root.at(link.path) {
                let written = link.attribute.map_or(Some(node.text()), |attribute| node.attribute(attribute));
                if let Some(entry) = written.and_then(|written| self.package.entry(base, written)) {
                    self.name(entry, link.kind, link.names_others);
                }
            }
        }
    }
}

/// Whether a file has an XML element `Actions` (GB/T 33190 clause 14): it opens an address, plays a film, leads to an attachment. One in a
/// comment counts too: nobody has a good reason to hide it there.
pub(crate) fn holds_actions(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"Actions";
    let is_element = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + NAME.len());
        matches!(before, Some(b'<' | b':')) && matches!(after, Some(b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n'))
    };
    memmem::find_iter(bytes, NAME).any(is_element)
}
