//! One vector before it is written: as it comes it is good, and a scene makes something wrong.
use certs::signing::Sm2Signer;
use jiff::Timestamp;
use seals::Policy;

use super::archive::Archive;
use super::forge::{ISSUING, ListPlan, Plan, ROOT, Revoked, TIME_STAMPING};
use super::ocsp::OcspPlan;
use super::package::{self, Files, LIST};
use super::seal::{Cast, SealPlan, SignaturePlan};
use super::signed_data::DataPlan;
use super::{Forged, NOW, at, cannot};

/// Serial numbers.
pub(super) const MAKER: u8 = 2;
pub(super) const SIGNER: u8 = 3;
pub(super) const AUTHORITY: u8 = 4;
const TWIN: u8 = 9;
const OTHER: u8 = 10;

/// What the document is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An OFD package.
    Package,
    /// The seal alone.
    Seal,
    /// The first seal signature alone.
    Signature,
}

impl Form {
    /// The name of the document within the vector's folder.
    pub(super) fn file(self) -> &'static str {
        match self {
            Form::Package => "document.ofd",
            Form::Seal => "seal.esl",
            Form::Signature => "signature.dat",
        }
    }
}

/// One act of sealing.
#[derive(Clone)]
pub(super) struct Act {
    pub(super) signature: SignaturePlan,
    /// Where there is one, the signature is a `SignedData` without a seal.
    pub(super) data: Option<DataPlan>,
    /// Whether a file of the package is among the References.
    pub(super) protects: fn(&str) -> bool,
    /// Changes Signature.xml before it is sealed.
    pub(super) edit_xml: fn(String, &Files) -> String,
}

impl Default for Act {
    fn default() -> Self {
        Act { signature: SignaturePlan::default(), data: None, protects: |name| name != LIST, edit_xml: |xml, _| xml }
    }
}

/// Everything that goes into one vector.
pub(super) struct World {
    pub(super) form: Form,
    pub(super) root: Plan,
    pub(super) maker: Plan,
    pub(super) signer: Plan,
    /// The time-stamp authority.
    pub(super) authority: Plan,
    pub(super) seal: SealPlan,
    pub(super) act: Act,
    /// Further acts of sealing, after the first.
    pub(super) more: Vec<Act>,
    pub(super) lists: Vec<ListPlan>,
    /// OCSP responses.
    pub(super) responses: Vec<OcspPlan>,
    pub(super) with_anchor: bool,
    /// Whether the package has a Seal.esl beside each signature.
    pub(super) with_seal_file: bool,
    /// Changes the files before they are sealed.
    pub(super) prepare: fn(&mut Files),
    /// Changes the sealed files.
    pub(super) change: fn(&mut Files, &Cast),
    /// Changes the archive.
    pub(super) pack: fn(&mut Archive),
    /// Changes the bytes of the document.
    pub(super) spoil: fn(&mut Vec<u8>),
    pub(super) policy: Policy,
    pub(super) strict: bool,
    pub(super) judged_at: Timestamp,
}

impl Default for World {
    fn default() -> Self {
        let root = Plan { usage: Some(ISSUING), authority: true, ..Plan::new(ROOT, 1) };
        World {
            form: Form::Package,
            root: Plan { not_before: at("2020-01-01T00:00:00Z"), ..root },
            maker: Plan::new("Vector Maker", MAKER),
            signer: Plan::new("Vector Signer", SIGNER),
            authority: Plan { extended_usage: Some((true, &[TIME_STAMPING])), ..Plan::new("Vector Clock", AUTHORITY) },
            seal: SealPlan::default(),
            act: Act::default(),
            more: Vec::new(),
            lists: vec![ListPlan::default()],
            responses: Vec::new(),
            with_anchor: true,
            with_seal_file: false,
            prepare: |_| {},
            change: |_, _| {},
            pack: |_| {},
            spoil: |_| {},
            policy: Policy::Recognition,
            strict: true,
            judged_at: at(NOW),
        }
    }
}

/// What a vector's folder holds, by file name.
pub(super) type Made = Vec<(String, Vec<u8>)>;

impl World {
    /// Makes the document and its trust under fresh keys: the files of the vector's folder.
    pub(super) fn make(&self) -> Forged<Made> {
        let cast = self.cast()?;
        let mut made = vec![(self.form.file().to_owned(), self.document(&cast)?)];
        if self.with_anchor {
            made.push((String::from("root.cer"), cast.anchor.clone()));
        }
        for (number, list) in (1..).zip(&self.lists) {
            made.push((format!("{number}.crl"), list.issue(&cast.root, &cast.stranger)?));
        }
        for (number, response) in (1..).zip(&self.responses) {
            made.push((format!("{number}.ocsp"), response.issue(&cast)?));
        }
        Ok(made)
    }

    fn cast(&self) -> Forged<Cast> {
        let key = || Sm2Signer::generate().map_err(|error| cannot(error.code()));
        let (root, maker_key, signer_key, stranger, authority_key) = (key()?, key()?, key()?, key()?, key()?);
        let issue = |plan: &Plan, key| plan.issue(key, &root, &stranger);
        let twin = Plan { serial: TWIN, ..self.signer.clone() };
        let other = Plan { serial: OTHER, ..self.signer.clone() };
        Ok(Cast {
            anchor: issue(&self.root, &root)?,
            maker: issue(&self.maker, &maker_key)?,
            signer: issue(&self.signer, &signer_key)?,
            twin: issue(&twin, &signer_key)?,
            other: issue(&other, &stranger)?,
            authority: issue(&self.authority, &authority_key)?,
            authority_key,
            root,
            maker_key,
            signer_key,
            stranger,
        })
    }

    fn document(&self, cast: &Cast) -> Forged<Vec<u8>> {
        let seal = self.seal.make(cast)?;
        let mut files = package::page();
        (self.prepare)(&mut files);
        for number in 0..=self.more.len() {
            self.seal_once(number, &mut files, &seal, cast)?;
        }
        (self.change)(&mut files, cast);
        let mut document = match self.form {
            Form::Package => {
                let mut archive = Archive::of(&files);
                (self.pack)(&mut archive);
                archive.write()
            }
            Form::Seal => seal,
            Form::Signature => package::file(&mut files, "SignedValue.dat").cloned().unwrap_or_default(),
        };
        (self.spoil)(&mut document);
        Ok(document)
    }

    /// Adds the signature of this number, which the list names before it is made.
    fn seal_once(&self, number: usize, files: &mut Files, seal: &[u8], cast: &Cast) -> Forged<()> {
        let act = number.checked_sub(1).and_then(|further| self.more.get(further)).unwrap_or(&self.act);
        files.retain(|(name, _)| name != LIST);
        files.push((LIST.to_owned(), package::list(number + 1)));
        let protected = files.iter().filter(|(name, _)| (act.protects)(name));
        let xml = package::signature_xml(protected, number, act.signature.signed_at, self.with_seal_file);
        let xml = (act.edit_xml)(xml, files);
        let folder = package::folder(number);
        let name = format!("{folder}/Signature.xml");
        let SignaturePlan { signed_at, signing, stamp, .. } = &act.signature;
        let value = match &act.data {
            Some(data) => data.make(cast, signing, *signed_at, xml.as_bytes(), stamp.as_ref())?,
            None => act.signature.make(self.seal.layout, cast, seal, &format!("/{name}"), xml.as_bytes())?,
        };
        if self.with_seal_file {
            files.push((format!("{folder}/Seal.esl"), seal.to_vec()));
        }
        files.push((name, xml.into_bytes()));
        files.push((format!("{folder}/SignedValue.dat"), value));
        Ok(())
    }

    /// Lists these certificates as revoked.
    pub(super) fn revoke(&mut self, revoked: Vec<Revoked>) {
        if let Some(list) = self.lists.first_mut() {
            list.revoked = revoked;
        }
    }
}
