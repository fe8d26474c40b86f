//! The structure of an OFD package (GB/T 33190) as far as its signatures and its custom data need it.
use std::{
    borrow::Cow,
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use certs::digest::{DigestAlgorithm, sm3_each};

use super::{
    location,
    xml::{Node, XmlFault},
    zip::{self, Archive, OutsideBytes},
};
use crate::{
    finding::Finding,
    limits::Limits,
    note::{Note, Notes},
};

/// The file that every package starts from.
pub(super) const ROOT: &str = "OFD.xml";

/// The files of a package.
#[derive(Debug)]
pub(crate) struct Package<'a> {
    files: Vec<File<'a>>,
    by_folded_name: HashMap<String, usize>,
    /// Bytes of the document that are in no entry of its archive.
    pub(crate) outside: Vec<OutsideBytes>,
}

/// One file of a package.
#[derive(Debug)]
struct File<'a> {
    name: String,
    bytes: Cow<'a, [u8]>,
    /// Each digest is computed once: a thousand references to one large file must cost no more than one.
    sm3: OnceCell<[u8; 32]>,
    sha256: OnceCell<[u8; 32]>,
}

/// What the package says of its signatures, all of it still a claim.
#[derive(Debug)]
pub(crate) struct Signatures {
    /// In the order of Signatures.xml; where one cannot be read, why.
    pub(crate) files: Vec<Result<SignedFile, Finding>>,
    /// Each Signatures.xml.
    pub(crate) lists: BTreeSet<String>,
    /// Signatures.xml and each signature's own files: these no References can hold.
    pub(crate) own: BTreeSet<String>,
}

/// One Signature.xml and what it names.
#[derive(Debug)]
pub(crate) struct SignedFile {
    /// Name of the Signature.xml.
    pub(crate) name: String,
    /// Name of the file with the signature value.
    pub(crate) value: String,
    /// Seal.esl as located in the XML, when it is named.
    pub(crate) seal: Option<String>,
    /// `SignatureDateTime` as written.
    pub(crate) date_time: Option<String>,
    /// `CheckMethod` as written.
    pub(crate) method: Option<String>,
    /// What is protected, in the order of the file.
    pub(crate) references: Vec<Reference>,
    /// What the locations needed.
    pub(crate) notes: Notes,
}

/// 保护文件: one protected file and the digest it must have.
#[derive(Debug)]
pub(crate) struct Reference {
    /// The entry, when it exists, else the location as written.
    pub(crate) file: Result<String, String>,
    /// `None` where it is no base64.
    pub(crate) digest: Option<Vec<u8>>,
}

/// Where the signatures of a package are listed.
#[cfg(feature = "signing")]
#[derive(Debug)]
pub(crate) struct SignatureList {
    /// Name of OFD.xml.
    pub(crate) root: String,
    /// Name of Signatures.xml, where there is one.
    pub(crate) list: Option<String>,
    /// Signatures in it.
    pub(crate) count: usize,
    /// Whether a signature protects the list itself.
    pub(crate) locked: bool,
}

impl<'a> Package<'a> {
    pub(crate) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Finding> {
        let Archive { files, outside } = Archive::open(bytes, limits)?;
        let files: Vec<File<'_>> = files
            .into_iter()
            .map(|(name, bytes)| File { name, bytes, sm3: OnceCell::new(), sha256: OnceCell::new() })
            .collect();
        let by_folded_name = files.iter().enumerate().map(|(index, file)| (zip::folded(&file.name), index)).collect();
        Ok(Package { files, by_folded_name, outside })
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// The bytes of the entry of exactly this name.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.file(name).filter(|file| file.name == name).map(|file| file.bytes.as_ref())
    }

    /// The digest of the entry of exactly this name.
    pub(crate) fn digest(&self, algorithm: DigestAlgorithm, name: &str) -> Option<&[u8; 32]> {
        let file = self.file(name).filter(|file| file.name == name)?;
        let digest = match algorithm {
            DigestAlgorithm::Sm3 => &file.sm3,
            DigestAlgorithm::Sha256 => &file.sha256,
        };
        Some(digest.get_or_init(|| algorithm.digest(&[&file.bytes])))
    }

    /// Computes the digests of these entries, those by SM3 side by side, so that [`Self::digest`] finds them.
    pub(crate) fn digest_each<'n>(&self, algorithm: DigestAlgorithm, names: impl Iterator<Item = &'n String>) {
        if algorithm != DigestAlgorithm::Sm3 {
            return;
        }
        // A file is there once, however many References name it.
        let places: BTreeSet<usize> =
            names.filter_map(|name| self.by_folded_name.get(&zip::folded(name)).copied()).collect();
        let files = places.into_iter().filter_map(|place| self.files.get(place));
        let files: Vec<&File<'_>> = files.filter(|file| file.sm3.get().is_none()).collect();
        let bytes: Vec<&[u8]> = files.iter().map(|file| file.bytes.as_ref()).collect();
        for (file, digest) in files.iter().zip(sm3_each(&bytes)) {
            file.sm3.get_or_init(|| digest);
        }
    }

    /// Names are found without regard to case; no two entries differ in case alone.
    fn file(&self, name: &str) -> Option<&File<'a>> {
        self.files.get(*self.by_folded_name.get(&zip::folded(name))?)
    }

    /// The name of the entry that a location in `base` means, as [`Self::locate`] finds it.
    pub(crate) fn entry(&self, base: &str, written: &str) -> Option<&str> {
        let file = |base| self.file(&location::resolve(base, written)?);
        file(base).or_else(|| file(ROOT)).map(|file| file.name.as_str())
    }

    /// The entry that a location in `base` means. Some products write locations from the root without the slash.
    fn locate(&self, base: &str, written: &str, notes: &mut Notes) -> Result<String, Finding> {
        let outside = || Finding::LocationOutside { entry: base.to_owned(), location: written.to_owned() };
        let relative = location::resolve(base, written).ok_or_else(outside)?;
        if let Some(file) = self.file(&relative) {
            return Ok(file.name.clone());
        }
        let from_root = location::resolve(ROOT, written).ok_or_else(outside)?;
        match self.file(&from_root) {
            Some(file) => {
                notes.add(Note::RootRelativeLocation);
                Ok(file.name.clone())
            }
            None => Err(Finding::EntryMissing { name: written.to_owned() }),
        }
    }

    fn xml(&self, name: &str, root: &'static str, limits: &Limits) -> Result<Node, Finding> {
        let bytes = self.bytes(name).ok_or_else(|| Finding::EntryMissing { name: name.to_owned() })?;
        Node::read(bytes, root, limits).map_err(|fault| Finding::Xml { entry: name.to_owned(), fault })
    }

    fn root(&self, limits: &Limits) -> Result<(String, Node), Finding> {
        let name = self.file(ROOT).map(|file| file.name.clone());
        let name = name.ok_or_else(|| Finding::EntryMissing { name: ROOT.to_owned() })?;
        let node = self.xml(&name, "OFD", limits)?;
        Ok((name, node))
    }

    /// Every signature that the package names, in the order in which it names them.
    pub(crate) fn signatures(&self, limits: &Limits) -> Result<Signatures, Finding> {
        let (root_name, root) = self.root(limits)?;
        let mut found = Signatures { files: Vec::new(), lists: BTreeSet::new(), own: BTreeSet::new() };
        for body in root.all("DocBody") {
            let listed = body.optional("Signatures").map_err(|fault| in_file(&root_name, fault))?;
            let Some(listed) = listed.filter(|it| !it.text().is_empty()) else { continue };
            let mut notes = Notes::default();
            let list_name = self.locate(&root_name, listed.text(), &mut notes)?;
            let list = self.xml(&list_name, "Signatures", limits)?;
            for item in list.all("Signature") {
                if found.files.len() == limits.signatures_max {
                    return Err(Finding::TooManySignatures { signatures_max: limits.signatures_max });
                }
                let file = item
                    .attribute("BaseLoc")
                    .ok_or_else(|| in_file(&list_name, XmlFault::Missing { name: "BaseLoc" }))
                    .and_then(|written| self.locate(&list_name, written, &mut notes))
                    .and_then(|name| self.signed_file(name, notes.clone(), limits));
                if let Ok(file) = &file {
                    if found.files.iter().flatten().any(|it| it.name == file.name) {
                        return Err(Finding::SignatureListedTwice { entry: file.name.clone() });
                    }
                    found.own.extend([file.name.clone(), file.value.clone()]);
                    found.own.extend(file.seal.iter().filter(|name| self.bytes(name).is_some()).cloned());
                }
                found.files.push(file);
            }
            found.own.insert(list_name.clone());
            found.lists.insert(list_name);
        }
        if found.files.is_empty() { Err(Finding::NoSignature) } else { Ok(found) }
    }

    /// Where a further signature belongs.
    #[cfg(feature = "signing")]
    pub(crate) fn signature_list(&self, limits: &Limits) -> Result<SignatureList, Finding> {
        let (root_name, root) = self.root(limits)?;
        let body = root.one("DocBody").map_err(|fault| in_file(&root_name, fault))?;
        let listed = body.optional("Signatures").map_err(|fault| in_file(&root_name, fault))?;
        let mut list = SignatureList { root: root_name, list: None, count: 0, locked: false };
        if let Some(listed) = listed {
            let name = self.locate(&list.root, listed.text(), &mut Notes::default())?;
            let files = match self.signatures(limits) {
                Ok(signatures) => signatures.files,
                Err(Finding::NoSignature) => Vec::new(),
                Err(finding) => return Err(finding),
            };
            list.count = files.len();
            let mut references = files.iter().flatten().flat_map(|file| &file.references);
            list.locked = references.any(|reference| reference.file.as_ref() == Ok(&name));
            list.list = Some(name);
        }
        Ok(list)
    }

    fn signed_file(&self, name: String, mut notes: Notes, limits: &Limits) -> Result<SignedFile, Finding> {
        let root = self.xml(&name, "Signature", limits)?;
        let fault = |fault| in_file(&name, fault);
        let info = root.one("SignedInfo").map_err(fault)?;
        let value = root.one("SignedValue").map_err(fault)?;
        let value = self.locate(&name, value.text(), &mut notes)?;
        let seal = match info.optional("Seal").map_err(fault)? {
            Some(seal) => {
                let written = seal.optional("BaseLoc").map_err(fault)?.map_or(seal.text(), Node::text);
                Some(self.locate(&name, written, &mut notes).or_else(|finding| match finding {
                    // That it is missing is for the step that compares it.
                    Finding::EntryMissing { name } => Ok(name),
                    other => Err(other),
                })?)
            }
            None => None,
        };
        let protected = info.one("References").map_err(fault)?;
        let mut references = Vec::new();
        for item in protected.all("Reference") {
            let written = item.attribute("FileRef").ok_or_else(|| fault(XmlFault::Missing { name: "FileRef" }))?;
            let file = match self.locate(&name, written, &mut notes) {
                Ok(file) => Ok(file),
                Err(Finding::EntryMissing { name }) => Err(name),
                Err(other) => return Err(other),
            };
            let digest = STANDARD.decode(item.one("CheckValue").map_err(fault)?.text()).ok();
            references.push(Reference { file, digest });
        }
        let method = protected.attribute("CheckMethod").map(str::to_owned);
        let date_time = info.optional("SignatureDateTime").map_err(fault)?.map(|node| node.text().to_owned());
        Ok(SignedFile { name, value, seal, date_time, method, references, notes })
    }

    /// 自定义数据 of the document, with the file that holds it. `None` where there is none, or where a name is there twice or the
    /// package holds several documents: then nobody can say which value counts.
    pub(crate) fn custom_datas(&self, limits: &Limits) -> Option<(String, BTreeMap<String, String>)> {
        let (name, root) = self.root(limits).ok()?;
        let info = root.one("DocBody").ok()?.one("DocInfo").ok()?;
        // Real products misspell the element.
        let found = (info.optional("CustomDatas").ok()?, info.optional("CuslomDatas").ok()?);
        let ((Some(datas), None) | (None, Some(datas))) = found else { return None };
        let mut values = BTreeMap::new();
        for data in datas.all("CustomData") {
            if values.insert(data.attribute("Name")?.to_owned(), data.text().to_owned()).is_some() {
                return None;
            }
        }
        Some((name, values))
    }
}

fn in_file(name: &str, fault: XmlFault) -> Finding {
    Finding::Xml { entry: name.to_owned(), fault }
}
