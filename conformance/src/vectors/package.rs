//! The OFD package of a vector: a page, its signatures, and an archive written byte by byte, so that both of its headers can lie.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certs::digest::sm3;
use jiff::Timestamp;

/// Names and contents of the files of a package.
pub(super) type Files = Vec<(String, Vec<u8>)>;

/// Where the signatures are listed.
pub(super) const LIST: &str = "Doc_0/Signs/Signatures.xml";

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "xmlns:ofd=\"http://www.ofdspec.org/2016\"";

/// A one-page document that names its list of signatures.
pub(super) fn page() -> Files {
    let file = |name: &str, xml: &str| {
        let (root, rest) = xml.split_once(' ').unwrap_or((xml, ""));
        (name.to_owned(), format!("{XML}{root} {NAMESPACE} {rest}\n").into_bytes())
    };
    vec![
        file(
            "OFD.xml",
            "<ofd:OFD Version=\"1.1\" DocType=\"OFD\"><ofd:DocBody><ofd:DocInfo><ofd:DocID>00000000000000000000000000000000</ofd:DocID>\
             </ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>/Doc_0/Signs/Signatures.xml\
             </ofd:Signatures></ofd:DocBody></ofd:OFD>",
        ),
        file(
            "Doc_0/Document.xml",
            "<ofd:Document Version=\"1.1\"><ofd:CommonData><ofd:MaxUnitID>9</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>0 0 210 297\
             </ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages>\
             <ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages></ofd:Document>",
        ),
        file(
            "Doc_0/PublicRes.xml",
            "<ofd:Res BaseLoc=\"Res\"><ofd:Fonts><ofd:Font ID=\"2\" FontName=\"宋体\"/></ofd:Fonts></ofd:Res>",
        ),
        file(
            "Doc_0/Pages/Page_0/Content.xml",
            "<ofd:Page Version=\"1.1\"><ofd:Content><ofd:Layer ID=\"3\"><ofd:TextObject ID=\"4\" Boundary=\"20 20 160 10\" Font=\"2\" Size=\"5\">\
             <ofd:TextCode X=\"0\" Y=\"5\">语料(虚构)</ofd:TextCode></ofd:TextObject></ofd:Layer></ofd:Content></ofd:Page>",
        ),
    ]
}

/// The folder of the signature of this number, counted from 0.
pub(super) fn folder(number: usize) -> String {
    format!("Doc_0/Signs/Sign_{number}")
}

/// Signatures.xml over so many signatures.
pub(super) fn list(count: usize) -> Vec<u8> {
    let item = |number: usize| {
        let (id, folder) = (number + 1, folder(number));
        format!("<ofd:Signature ID=\"{id}\" Type=\"Seal\" BaseLoc=\"/{folder}/Signature.xml\"/>")
    };
    let items = (0..count).map(item).collect::<Vec<_>>().concat();
    format!("{XML}<ofd:Signatures {NAMESPACE}><ofd:MaxSignId>{count}</ofd:MaxSignId>{items}</ofd:Signatures>\n").into()
}

/// Signature.xml over the files that are protected.
pub(super) fn signature_xml<'f>(
    protected: impl Iterator<Item = &'f (String, Vec<u8>)>,
    number: usize,
    signed_at: Timestamp,
    with_seal_file: bool,
) -> String {
    let references: String = protected.map(|(name, bytes)| reference(name, bytes)).collect();
    let (folder, signed_at) = (folder(number), signed_at.strftime("%Y%m%d%H%M%SZ"));
    let seal = if with_seal_file {
        format!("<ofd:Seal><ofd:BaseLoc>/{folder}/Seal.esl</ofd:BaseLoc></ofd:Seal>")
    } else {
        String::new()
    };
    format!(
        "{XML}<ofd:Signature {NAMESPACE}><ofd:SignedInfo><ofd:Provider ProviderName=\"vectors\"/>\
         <ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod><ofd:SignatureDateTime>{signed_at}</ofd:SignatureDateTime>\
         <ofd:References CheckMethod=\"1.2.156.10197.1.401\">{references}</ofd:References>\
         <ofd:StampAnnot ID=\"1\" PageRef=\"1\" Boundary=\"130 200 40 40\"/>{seal}</ofd:SignedInfo>\
         <ofd:SignedValue>/{folder}/SignedValue.dat</ofd:SignedValue></ofd:Signature>\n"
    )
}

/// One Reference with the digest of these bytes.
pub(super) fn reference(name: &str, bytes: &[u8]) -> String {
    let value = STANDARD.encode(sm3(&[bytes]));
    format!("<ofd:Reference FileRef=\"/{name}\"><ofd:CheckValue>{value}</ofd:CheckValue></ofd:Reference>")
}

/// The bytes of the file whose name ends so.
pub(super) fn file<'f>(files: &'f mut Files, ending: &str) -> Option<&'f mut Vec<u8>> {
    files.iter_mut().find(|(name, _)| name.ends_with(ending)).map(|(_, bytes)| bytes)
}

/// Changes the file whose name ends so.
pub(super) fn edit(files: &mut Files, ending: &str, change: impl Fn(&mut Vec<u8>)) {
    if let Some(bytes) = file(files, ending) {
        change(bytes);
    }
}

/// Replaces a text in the file whose name ends so.
pub(super) fn replace(files: &mut Files, ending: &str, from: &str, to: &str) {
    if let Some(bytes) = file(files, ending) {
        *bytes = String::from_utf8_lossy(bytes).replace(from, to).into_bytes();
    }
}
