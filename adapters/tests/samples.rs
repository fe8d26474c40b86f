//! Golden samples of each region: the case, its explanation, and the message that is written again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use adapters::{Adapter, Adapters, Fidelity, FieldOrigin, Limits};
use standards::message::Message;

fn region_folders() -> Vec<PathBuf> {
    let regions = Path::new(env!("CARGO_MANIFEST_DIR")).join("regions");
    let mut folders: Vec<PathBuf> = fs::read_dir(regions).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// The messages among the samples; what is made from them has a name of two extensions.
fn messages(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder.join("samples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().matches('.').count() == 1)
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{} has no sample", folder.display());
    found
}

/// Compares with the golden file, or rewrites it when UPDATE=1.
fn assert_golden(path: &Path, actual: &str) {
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::write(path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(actual, expected, "{} differs; UPDATE=1 rewrites it", path.display());
}

fn describe(title: &str, rows: &[FieldOrigin]) -> String {
    let mut text = format!("[{title}]\n");
    for row in rows {
        let fidelity = match &row.fidelity {
            Fidelity::Lossless => "lossless".to_owned(),
            Fidelity::Lossy { original } => format!("lossy, was {original:?}"),
            Fidelity::NotCarried { original: Some(original) } => format!("not carried, was {original:?}"),
            Fidelity::NotCarried { original: None } => "not carried, secret".to_owned(),
        };
        let place = row.source_path.as_deref().unwrap_or("-");
        let transform = row.transform.unwrap_or("-");
        writeln!(
            text,
            "{} <> {place} by {transform}: {fidelity}",
            row.field.map_or("-".into(), standards::field::FieldPath::text)
        )
        .unwrap();
        if let Some(note) = &row.note {
            writeln!(text, "    {note:?}").unwrap();
        }
    }
    text
}

fn describe_message(message: &Message) -> String {
    let mut text = format!("[{}]\n", message.kind().as_str());
    for (field, value) in message.fields().iter() {
        writeln!(text, "{field} = {value}").unwrap();
    }
    text
}

fn adapter_of<'a>(adapters: &'a Adapters, folder: &Path) -> &'a Adapter {
    let code = &folder.file_name().unwrap().to_str().unwrap()[..6];
    adapters.adapter(&code.parse().unwrap()).expect("each folder is a region")
}

#[test]
fn each_sample_is_read_explained_and_written_as_its_golden_files_say() {
    let adapters = Adapters::embedded().unwrap_or_else(|faults| panic!("{faults}"));
    for folder in region_folders() {
        let adapter = adapter_of(&adapters, &folder);
        for message in messages(&folder) {
            let name = message.display();
            let mapped = adapter
                .read(&fs::read(&message).unwrap(), &Limits::MESSAGE)
                .unwrap_or_else(|faults| panic!("{name}: {faults:#?}"));
            let written = adapter.write(&mapped.message).unwrap_or_else(|faults| panic!("{name}: {faults:#?}"));
            let text = [
                describe_message(&mapped.message),
                describe("read", &mapped.explanation),
                describe("write", &written.explanation),
            ];
            assert_golden(&message.with_extension("case.txt"), &text.join("\n"));
            let extension = format!("written.{}", message.extension().unwrap().to_str().unwrap());
            assert_golden(&message.with_extension(extension), &String::from_utf8(written.bytes).unwrap());
        }
    }
}

#[test]
fn each_sample_is_written_in_every_other_dialect_as_its_golden_files_say() {
    let adapters = Adapters::embedded().unwrap();
    for folder in region_folders() {
        let adapter = adapter_of(&adapters, &folder);
        let message = messages(&folder).into_iter().find(|path| path.file_stem().unwrap() == "granted").unwrap();
        let read = adapter.read(&fs::read(&message).unwrap(), &Limits::MESSAGE).unwrap().message;
        for other in adapters.iter().filter(|other| other.region() != adapter.region()) {
            let written = other.write(&read).unwrap_or_else(|faults| panic!("{}: {faults:#?}", message.display()));
            let text =
                format!("{}\n{}", describe("write", &written.explanation), String::from_utf8(written.bytes).unwrap());
            assert_golden(&message.with_extension(format!("for-{}.txt", other.region())), &text);
        }
    }
}
