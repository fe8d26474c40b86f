//! Archives that two programs could read differently, or that cost more than they weigh: a row a trick, each with its own code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
use certs::trust::Trust;
use seals::{Context, Limits, Policy, Step, Verdict, VerificationReport};

/// What a header says of its entry.
#[derive(Clone)]
struct Header {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    checksum: u32,
    packed: u32,
    size: u32,
    extra: Vec<u8>,
}

/// One entry: both of its headers, its data, and what follows it.
#[derive(Clone)]
struct Entry {
    local: Header,
    central: Header,
    attributes: u32,
    disk: u16,
    data: Vec<u8>,
    behind: Vec<u8>,
}

/// An archive before it is written. The end record is 4 disk numbers and counts, then what is computed.
#[derive(Clone, Default)]
struct Zip {
    before: Vec<u8>,
    entries: Vec<Entry>,
    before_end: Vec<u8>,
    disks: [u16; 2],
    /// Added to the two counts of entries, to the directory's size and to its offset.
    counts_more: [u16; 2],
    size_more: u32,
    offset_more: u32,
    comment: Vec<u8>,
    after: Vec<u8>,
    /// One more record of the directory, and where its entry is said to be.
    shadow: Option<(Entry, u32)>,
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap()
}

fn short(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap().to_le_bytes()
}

impl Entry {
    fn stored(name: &str, data: &[u8]) -> Self {
        let (name, size) = (name.as_bytes().to_vec(), number(data.len()));
        let (flags, method, checksum, extra) = (0x800, 0, rawzip::crc32(data), Vec::new());
        let header = Header { name, flags, method, checksum, packed: size, size, extra };
        let (local, central, data) = (header.clone(), header, data.to_vec());
        Entry { local, central, attributes: 0, disk: 0, data, behind: Vec::new() }
    }

    fn packed(name: &str, data: &[u8]) -> Self {
        let mut entry = Entry::stored(name, data);
        entry.data = miniz_oxide::deflate::compress_to_vec(data, 6);
        let packed = number(entry.data.len());
        entry.both(|header| (header.method, header.packed) = (8, packed));
        entry
    }

    fn both(&mut self, change: impl Fn(&mut Header)) {
        change(&mut self.local);
        change(&mut self.central);
    }

    /// With a data descriptor: the local header says nothing, what follows the data says this.
    fn described(&mut self, signed: bool, checksum: u32, packed: u32, size: u32) {
        self.both(|header| header.flags |= 8);
        (self.local.checksum, self.local.packed, self.local.size) = (0, 0, 0);
        let signature: &[u8] = if signed { b"PK\x07\x08" } else { b"" };
        self.behind = [signature, &[checksum, packed, size].map(u32::to_le_bytes).concat()].concat();
    }
}

impl Header {
    /// From the flags to the length of the extra field: what both headers lay out alike.
    fn fields(&self) -> Vec<u8> {
        let numbers = [self.checksum, self.packed, self.size].map(u32::to_le_bytes).concat();
        let words = [self.flags.to_le_bytes(), self.method.to_le_bytes(), [0; 2], [0x21, 0]].concat();
        [words, numbers, short(self.name.len()).to_vec(), short(self.extra.len()).to_vec()].concat()
    }
}

impl Zip {
    /// An honest package that nobody has sealed.
    fn honest() -> Self {
        let page = b"<Page>a page, a page, a page, a page</Page>";
        Zip { entries: vec![Entry::stored("OFD.xml", b"<OFD/>"), Entry::packed("Page.xml", page)], ..Zip::default() }
    }

    fn page(&mut self) -> &mut Entry {
        &mut self.entries[1]
    }

    fn add(&mut self, name: &str) -> &mut Entry {
        self.entries.push(Entry::stored(name, b""));
        self.entries.last_mut().unwrap()
    }

    fn write(&self) -> Vec<u8> {
        let mut bytes = self.before.clone();
        let mut starts = Vec::new();
        for Entry { local, data, behind, .. } in &self.entries {
            starts.push(number(bytes.len()));
            let parts: [&[u8]; 6] = [b"PK\x03\x04\x14\0", &local.fields(), &local.name, &local.extra, data, behind];
            bytes.extend(parts.concat());
        }
        let directory = bytes.len();
        let records: Vec<_> =
            self.entries.iter().zip(starts).chain(self.shadow.iter().map(|(entry, at)| (entry, *at))).collect();
        for (entry, start) in &records {
            bytes.extend(b"PK\x01\x02\x14\x03\x14\0");
            bytes.extend(entry.central.fields());
            bytes.extend([0; 2]);
            bytes.extend(entry.disk.to_le_bytes());
            bytes.extend([0; 2]);
            bytes.extend(entry.attributes.to_le_bytes());
            bytes.extend(start.to_le_bytes());
            bytes.extend([entry.central.name.as_slice(), &entry.central.extra].concat());
        }
        let size = number(bytes.len() - directory) + self.size_more;
        bytes.extend(&self.before_end);
        bytes.extend(b"PK\x05\x06");
        bytes.extend(self.disks.map(u16::to_le_bytes).concat());
        let count = u16::try_from(records.len()).unwrap();
        bytes.extend(self.counts_more.map(|more| count.wrapping_add(more).to_le_bytes()).concat());
        bytes.extend([size, number(directory) + self.offset_more].map(u32::to_le_bytes).concat());
        bytes.extend(short(self.comment.len()));
        bytes.extend([self.comment.as_slice(), &self.after].concat());
        bytes
    }
}

fn judge(document: &[u8], limits: &Limits) -> VerificationReport {
    let at = "2026-11-22T12:00:00Z".parse().unwrap();
    seals::verify(document, &Context::new(&Trust::none(), Policy::Reading, at, limits))
}

/// The code of the format step.
fn found(zip: &Zip) -> &'static str {
    let report = judge(&zip.write(), &Limits::DEFAULT);
    assert_eq!(report.verdict(), Verdict::Invalid);
    report.signatures()[0].step(Step::Format).unwrap().code.unwrap()
}

/// What is said of an archive that is accepted.
const ACCEPTED: &str = "container.no_signature";

/// A trick, how it is done, and the code that it is refused with; [`ACCEPTED`] where it harms no reader.
type Row = (&'static str, fn(&mut Zip), &'static str);

fn assert_rows(rows: &[Row]) {
    let wrong: Vec<_> = rows
        .iter()
        .filter_map(|(trick, change, code)| {
            let mut zip = Zip::honest();
            change(&mut zip);
            let found = found(&zip);
            (found != *code).then(|| format!("{trick}: {found} instead of {code}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_an_entry_claims_to_be_is_a_file_or_an_empty_directory() {
    assert_rows(&[
        ("nothing", |_| {}, ACCEPTED),
        ("a file by its mode", |zip| zip.page().attributes = 0o100_644 << 16, ACCEPTED),
        ("a mode without a type", |zip| zip.page().attributes = 0o644 << 16, ACCEPTED),
        ("a directory by its mode", |zip| zip.add("Doc_0/").attributes = 0o040_755 << 16, ACCEPTED),
        ("a symbolic link", |zip| zip.page().attributes = 0o120_777 << 16, "container.entry_type"),
        ("a character device", |zip| zip.page().attributes = 0o020_600 << 16, "container.entry_type"),
        ("a block device", |zip| zip.page().attributes = 0o060_600 << 16, "container.entry_type"),
        ("a pipe", |zip| zip.page().attributes = 0o010_600 << 16, "container.entry_type"),
        ("a socket", |zip| zip.page().attributes = 0o140_600 << 16, "container.entry_type"),
        ("a file that is a directory", |zip| zip.page().attributes = 0o040_755 << 16, "container.entry_type"),
        ("a directory with content", |zip| zip.entries.push(Entry::stored("a/", b"x")), "container.entry_type"),
        ("an encrypted entry", |zip| zip.page().both(|header| header.flags |= 1), "container.encrypted"),
        ("strong encryption", |zip| zip.page().both(|header| header.flags |= 1 << 6), "container.encrypted"),
        ("encrypted headers", |zip| zip.page().both(|header| header.flags |= 1 << 13), "container.encrypted"),
        ("bzip2", |zip| zip.page().both(|header| header.method = 12), "container.compression_method"),
        ("Zstandard", |zip| zip.page().both(|header| header.method = 93), "container.compression_method"),
        ("an archive in the archive", |zip| zip.entries.push(Entry::stored("a.ofd", &Zip::honest().write())), ACCEPTED),
    ]);
}

#[test]
fn the_two_headers_of_an_entry_and_its_descriptor_say_the_same() {
    const LOCAL: &str = "container.local_mismatch";
    const CORRUPT: &str = "container.entry_corrupt";
    assert_rows(&[
        ("another name", |zip| zip.page().local.name = b"page.xml".to_vec(), LOCAL),
        ("another checksum", |zip| zip.page().local.checksum ^= 1, LOCAL),
        ("another packed size", |zip| zip.page().local.packed += 1, LOCAL),
        ("another size", |zip| zip.page().local.size += 1, LOCAL),
        ("another method", |zip| zip.page().local.method = 0, LOCAL),
        ("another flag", |zip| zip.page().local.flags |= 8, LOCAL),
        ("another deflate level", |zip| zip.page().local.flags |= 2, ACCEPTED),
        ("the character set of an ASCII name", |zip| zip.page().local.flags = 0, ACCEPTED),
        (
            "the character set of another name",
            |zip| {
                zip.page().both(|header| header.name = "页.xml".into());
                zip.page().local.flags = 0;
            },
            LOCAL,
        ),
        ("a wrong checksum", |zip| zip.page().both(|header| header.checksum ^= 1), CORRUPT),
        ("smaller than it is", |zip| zip.page().both(|header| header.size -= 1), CORRUPT),
        ("larger than it is", |zip| zip.page().both(|header| header.size += 1), CORRUPT),
        ("a stored file of two sizes", |zip| zip.entries[0].both(|header| header.size += 1), CORRUPT),
        ("bytes behind the stream", |zip| add_behind_stream(zip.page()), CORRUPT),
        ("a descriptor", |zip| describe(zip.page(), true, [0; 3]), ACCEPTED),
        ("a descriptor without signature", |zip| describe(zip.page(), false, [0; 3]), ACCEPTED),
        ("a descriptor with another checksum", |zip| describe(zip.page(), true, [1, 0, 0]), LOCAL),
        ("a descriptor with another packed size", |zip| describe(zip.page(), true, [0, 1, 0]), LOCAL),
        ("a descriptor with another size", |zip| describe(zip.page(), true, [0, 0, 1]), LOCAL),
        (
            "no descriptor where one is announced",
            |zip| {
                describe(zip.page(), true, [0; 3]);
                zip.page().behind.clear();
            },
            LOCAL,
        ),
        ("a descriptor behind a stored file", |zip| describe(&mut zip.entries[0], true, [0; 3]), LOCAL),
        (
            "a descriptor behind a stored file of known size",
            |zip| {
                let known = zip.entries[0].central.clone();
                describe(&mut zip.entries[0], true, [0; 3]);
                (zip.entries[0].local.packed, zip.entries[0].local.size) = (known.packed, known.size);
            },
            ACCEPTED,
        ),
        ("a descriptor behind nothing", |zip| describe(zip.add("Empty.xml"), true, [0; 3]), ACCEPTED),
    ]);
}

/// A data descriptor, each number of which is off by so much.
fn describe(entry: &mut Entry, signed: bool, [checksum, packed, size]: [u32; 3]) {
    let said = entry.central.clone();
    entry.described(signed, said.checksum ^ checksum, said.packed + packed, said.size + size);
}

fn add_behind_stream(entry: &mut Entry) {
    entry.data.push(0);
    entry.both(|header| header.packed += 1);
}

#[test]
fn a_name_is_one_that_every_reader_reads_alike() {
    const HOSTILE: &str = "container.hostile_name";
    const TWICE: &str = "container.duplicate_name";
    let named = |name: &[u8], flags: u16| {
        let mut zip = Zip::honest();
        zip.page().both(|header| (header.name, header.flags) = (name.to_vec(), flags));
        found(&zip)
    };
    let long = "n".repeat(261);
    let rows: [(&[u8], &str); 21] = [
        ("Doc_0/页.xml".as_bytes(), ACCEPTED),
        (b"Doc_0/..page", ACCEPTED),
        (b"Doc_0\\Page.xml", HOSTILE),
        (b"C:Page.xml", HOSTILE),
        (b"C:/Page.xml", HOSTILE),
        (b"/Page.xml", HOSTILE),
        (b"//server/Page.xml", HOSTILE),
        (b"../Page.xml", HOSTILE),
        (b"Doc_0/../Page.xml", HOSTILE),
        (b"Doc_0/..", HOSTILE),
        (b"./Page.xml", HOSTILE),
        (b"Doc_0//Page.xml", HOSTILE),
        (b"", HOSTILE),
        (b"Page.xml\0.png", HOSTILE),
        (b"Page\n.xml", HOSTILE),
        ("Page\u{9b}.xml".as_bytes(), HOSTILE),
        (b"\xD6\xD0.xml", HOSTILE),
        (long.as_bytes(), HOSTILE),
        (b"OFD.xml", TWICE),
        (b"ofd.XML", TWICE),
        (b"OFD.xml/", TWICE),
    ];
    for (name, code) in rows {
        // Bit 11 says UTF-8; without it a reader may take GBK. What is not UTF-8 is refused either way.
        for flags in [0, 0x800] {
            assert_eq!(named(name, flags), code, "{:?} {flags:#x}", String::from_utf8_lossy(name));
        }
    }
    for (one, other) in [("straße", "STRASSE"), ("ΑΣ", "ας"), ("ſ", "S"), ("K\u{212a}", "kk"), ("页.XML", "页.xml")]
    {
        let mut zip = Zip::honest();
        zip.add(one);
        zip.add(other);
        assert_eq!(found(&zip), TWICE, "{one} {other}");
    }
}

/// Info-ZIP's Unicode path: version, checksum of the name in the header, the other name.
fn unicode_path(name: &[u8]) -> Vec<u8> {
    let content = [&[1], rawzip::crc32(name).to_le_bytes().as_slice(), b"Other.xml"].concat();
    [b"up".as_slice(), &short(content.len()), &content].concat()
}

#[test]
fn an_extra_field_gives_no_second_name_or_size() {
    assert_rows(&[
        ("a second name", |zip| zip.page().central.extra = unicode_path(b"Page.xml"), "container.second_name"),
        ("one beside the data", |zip| zip.page().local.extra = unicode_path(b"Page.xml"), "container.second_name"),
        ("ZIP64 sizes", |zip| zip.page().central.extra = b"\x01\0\x08\0\0\0\0\0\0\0\0\0".into(), "container.zip64"),
        ("beside the data", |zip| zip.page().local.extra = b"\x01\0\x08\0\0\0\0\0\0\0\0\0".into(), "container.zip64"),
        ("a time stamp of Unix", |zip| zip.page().both(|header| header.extra = b"UT\x01\0\0".into()), ACCEPTED),
    ]);
}

#[test]
fn the_directory_is_one_and_its_end_record_agrees() {
    const INCONSISTENT: &str = "container.directory_inconsistent";
    assert_rows(&[
        ("the second of two disks", |zip| zip.disks = [1, 0], "container.multi_disk"),
        ("its directory on another disk", |zip| zip.disks = [0, 1], "container.multi_disk"),
        ("an entry on another disk", |zip| zip.page().disk = 1, "container.multi_disk"),
        ("entries on other disks", |zip| zip.counts_more = [0, 1], "container.multi_disk"),
        ("an entry too many claimed", |zip| zip.counts_more = [1, 1], INCONSISTENT),
        ("an entry too few claimed", |zip| zip.counts_more = [u16::MAX, u16::MAX], INCONSISTENT),
        ("a directory too large", |zip| zip.size_more = 1, INCONSISTENT),
        ("a directory elsewhere", |zip| zip.offset_more = 1, INCONSISTENT),
        ("a ZIP64 locator", |zip| zip.before_end = [b"PK\x06\x07".as_slice(), &[0; 16]].concat(), "container.zip64"),
        ("bytes behind the directory", |zip| zip.before_end = b"between".to_vec(), INCONSISTENT),
        (
            "two entries at one place",
            |zip| {
                let mut twin = zip.entries[0].clone();
                twin.central.name = b"Copy.xml".to_vec();
                zip.shadow = Some((twin, 0));
            },
            "container.local_mismatch",
        ),
        ("an entry within another", nest, "container.overlap"),
        ("too many entries", add_entries, "container.too_many_entries"),
        ("a bomb", |zip| zip.entries.push(Entry::packed("bomb", &vec![0; 2 << 20])), "container.ratio"),
    ]);
}

/// Stores an entry within the data of another, and lists both.
fn nest(zip: &mut Zip) {
    let inner = Entry::stored("b.xml", b"inner");
    let alone = Zip { entries: vec![inner.clone()], ..Zip::default() }.write();
    let outer = Entry::stored("a.xml", &alone[..30 + inner.local.name.len() + inner.data.len()]);
    let at = 30 + outer.local.name.len();
    zip.entries.insert(0, outer);
    zip.shadow = Some((inner, number(at)));
}

fn add_entries(zip: &mut Zip) {
    zip.entries.extend((0..Limits::DEFAULT.entries_max).map(|number| Entry::stored(&format!("{number}.xml"), b"")));
}

#[test]
fn another_archive_around_or_within_is_refused_wherever_it_hides() {
    let other = || Zip { entries: vec![Entry::stored("OFD.xml", b"<Other/>")], ..Zip::default() }.write();
    let honest = Zip::honest().write();
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 22].to_vec();
    let rows: [(&str, Vec<u8>); 6] = [
        ("before", Zip { before: other(), ..Zip::honest() }.write()),
        ("before, without its end record", Zip { before: cut(&other()), ..Zip::honest() }.write()),
        // Whoever searches backwards finds the one in the comment, and who checks where a comment ends the other.
        ("in the comment", Zip { comment: honest.clone(), ..Zip { entries: Vec::new(), ..Zip::honest() } }.write()),
        ("in the comment of a whole one", Zip { comment: other(), ..Zip::honest() }.write()),
        ("after", Zip { after: other(), ..Zip::honest() }.write()),
        ("after, without its end record", Zip { after: cut(&other()), ..Zip::honest() }.write()),
    ];
    for (place, document) in rows {
        let report = judge(&document, &Limits::DEFAULT);
        let code = report.signatures()[0].step(Step::Format).unwrap().code;
        assert_eq!(code, Some("container.hidden_archive"), "{place}");
    }
}
