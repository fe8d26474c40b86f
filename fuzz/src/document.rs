//! Targets that verify whole documents under the trust of the one that is good.
use std::path::Path;
use std::sync::OnceLock;

use certs::trust::Trust;
use jiff::Timestamp;
use seals::{Context, Limits, Policy, Verdict, VerificationReport};

/// The good document, its files and its trust.
struct Good {
    document: Vec<u8>,
    files: Vec<(String, Vec<u8>)>,
    trust: Trust,
}

/// The list of signatures, which no signature can protect.
const LIST: &str = "Doc_0/Signs/Signatures.xml";

fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/vectors/good");
        let document = std::fs::read(folder.join("document.ofd")).expect("the corpus is in the tree");
        let files = seals::fuzzing::files(&document).expect("the good document opens");
        Good { document, files, trust: Trust::from_anchor_dir(&folder).expect("its trust opens") }
    })
}

/// The trust of the good document.
pub fn trust() -> &'static Trust {
    &good().trust
}

/// The time of judging.
pub fn at() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a time")
}

fn judge(document: &[u8], policy: Policy, strict: bool) -> VerificationReport {
    let limits = Limits { package_bytes_max: 16 << 20, ..Limits::DEFAULT };
    let context = Context::new(trust(), policy, at(), &limits);
    seals::verify(document, &if strict { context.strict() } else { context })
}

fn json(report: &VerificationReport) -> String {
    serde_json::to_string(report).expect("a report is JSON")
}

/// Judges under every policy, and holds the reports to what they promise.
fn promises(document: &[u8]) -> Verdict {
    let reading = judge(document, Policy::Reading, false);
    let recognition = judge(document, Policy::Recognition, false);
    let strict = judge(document, Policy::Recognition, true);
    assert!(reading.verdict() <= recognition.verdict(), "recognition is never the milder one");
    assert!(recognition.verdict() <= strict.verdict(), "strict is never the milder one");
    assert_eq!(reading.verified_seals().len(), 0);
    assert!(recognition.verdict() == Verdict::Valid || recognition.verified_seals().is_empty());
    let again = judge(document, Policy::Recognition, true);
    assert_eq!(json(&strict), json(&again), "the same bytes, the same report");
    recognition.verdict()
}

/// Any bytes as a document. What is VALID protects what was protected.
pub fn document(bytes: &[u8]) {
    if promises(bytes) == Verdict::Valid && bytes != good().document {
        let files = seals::fuzzing::files(bytes).expect("what is VALID opens");
        let protected = |files: &[(String, Vec<u8>)]| {
            let mut files: Vec<_> = files.iter().filter(|(name, _)| name != LIST).cloned().collect();
            files.sort_unstable();
            files
        };
        assert_eq!(protected(&files), protected(&good().files), "a changed document is VALID");
    }
}

/// One file of the good package replaced: the first byte says which, the others are what it holds then.
pub fn package(bytes: &[u8]) {
    let Some((which, replacement)) = bytes.split_first() else { return };
    let mut files = good().files.clone();
    let at = usize::from(*which) % files.len();
    files[at].1 = replacement.to_vec();
    let unchanged = files[at] == good().files[at] || files[at].0 == LIST;
    let verdict = promises(&archive(&files));
    assert!(unchanged || verdict != Verdict::Valid, "{} was changed, and the document is VALID", files[at].0);
}

fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    use std::io::Write as _;
    let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
    for (name, bytes) in files {
        let file = archive.new_file(name.as_str()).compression_method(rawzip::CompressionMethod::STORE);
        let (mut entry, _) = file.start().expect("an entry");
        entry.write_all(bytes).expect("a vector takes bytes");
        let output = rawzip::DataDescriptorOutput::new(rawzip::crc32(bytes), bytes.len() as u64);
        entry.finish(output).expect("an entry");
    }
    archive.finish().expect("an archive")
}
