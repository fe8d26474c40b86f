//! What is wrong with an archive, or with a name in it.
use thiserror::Error;

#[cfg(doc)]
use crate::limits::Limits;

/// What is wrong with an archive.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ZipFault {
    /// No archive, nor any other container that is known.
    #[error("not a container that is known")]
    Unrecognised,
    /// A structure of the archive cannot be read.
    #[error("its structure cannot be read")]
    Unreadable,
    /// ZIP64 records, which small archives do not need and readers honour differently.
    #[error("ZIP64 records")]
    Zip64,
    /// The end record or an entry claims to be on another disk: what lies there, nobody sees.
    #[error("it claims to be one of several disks")]
    MultiDisk,
    /// Headers of an archive among the bytes that the directory does not name: whoever reads from the front, or takes another end record,
    /// sees other files.
    #[error("headers of another archive at byte {at}, which its directory does not name")]
    HiddenArchive {
        /// Where the first of them lies.
        at: usize,
    },
    /// Size or number of entries of the directory are not what its end record says.
    #[error("its directory and its end record disagree")]
    DirectoryInconsistent,
    /// More entries than [`Limits::entries_max`].
    #[error("{entries} entries, more than {entries_max}")]
    TooManyEntries {
        /// How many it claims.
        entries: u64,
        /// The limit.
        entries_max: usize,
    },
    /// A name that could leave a directory, or deceive.
    #[error("entry {entry} has a hostile name: {fault}")]
    HostileName {
        /// Its place in the directory, from 1: the name itself is not repeated.
        entry: usize,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// Two names that are equal, or that differ only in case.
    #[error("{name} is there twice")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// Neither a file nor a directory, or a directory with content: a symbolic link shows the content of something else.
    #[error("{name} is neither a file nor an empty directory entry")]
    EntryType {
        /// The entry.
        name: String,
    },
    /// Encrypted.
    #[error("{name} is encrypted")]
    Encrypted {
        /// The entry.
        name: String,
    },
    /// Neither stored nor deflated.
    #[error("{name} uses compression method {method}")]
    CompressionMethod {
        /// The entry.
        name: String,
        /// The method's number.
        method: u16,
    },
    /// The header beside the data says something else than the directory.
    #[error("{name}: local header and directory disagree")]
    LocalMismatch {
        /// The entry.
        name: String,
    },
    /// An extra field gives the entry a second name (Info-ZIP's Unicode path): unpackers differ in which of the two they follow.
    #[error("{name} has a second name")]
    SecondName {
        /// The entry.
        name: String,
    },
    /// Two entries share bytes, or an entry reaches into the directory.
    #[error("{name} overlaps another entry")]
    Overlap {
        /// The entry.
        name: String,
    },
    /// An entry larger than [`Limits::entry_bytes_max`].
    #[error("{name} has {bytes} bytes, more than {bytes_max}")]
    EntryTooLarge {
        /// The entry.
        name: String,
        /// Its claimed size.
        bytes: u64,
        /// The limit.
        bytes_max: usize,
    },
    /// All entries together larger than [`Limits::package_bytes_max`].
    #[error("more than {bytes_max} bytes after inflating")]
    PackageTooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// Inflates more than [`Limits::ratio_max`] times.
    #[error("{name} inflates more than {ratio_max} times")]
    Ratio {
        /// The entry.
        name: String,
        /// The limit.
        ratio_max: usize,
    },
    /// The data does not inflate to the size and checksum of the directory.
    #[error("{name} is corrupt")]
    EntryCorrupt {
        /// The entry.
        name: String,
    },
}

impl ZipFault {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            ZipFault::Unrecognised => "container.unrecognised",
            ZipFault::Unreadable => "container.archive_unreadable",
            ZipFault::Zip64 => "container.zip64",
            ZipFault::MultiDisk => "container.multi_disk",
            ZipFault::HiddenArchive { .. } => "container.hidden_archive",
            ZipFault::DirectoryInconsistent => "container.directory_inconsistent",
            ZipFault::TooManyEntries { .. } => "container.too_many_entries",
            ZipFault::HostileName { .. } => "container.hostile_name",
            ZipFault::DuplicateName { .. } => "container.duplicate_name",
            ZipFault::EntryType { .. } => "container.entry_type",
            ZipFault::Encrypted { .. } => "container.encrypted",
            ZipFault::CompressionMethod { .. } => "container.compression_method",
            ZipFault::LocalMismatch { .. } => "container.local_mismatch",
            ZipFault::SecondName { .. } => "container.second_name",
            ZipFault::Overlap { .. } => "container.overlap",
            ZipFault::EntryTooLarge { .. } => "container.entry_too_large",
            ZipFault::PackageTooLarge { .. } => "container.package_too_large",
            ZipFault::Ratio { .. } => "container.ratio",
            ZipFault::EntryCorrupt { .. } => "container.entry_corrupt",
        }
    }
}

/// Why a name is refused. It is never repaired: a repaired name is one that no other reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameFault {
    /// Nothing, or nothing between two slashes.
    #[error("an empty part")]
    Empty,
    /// Longer than [`Limits::name_bytes_max`].
    #[error("too long")]
    TooLong,
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Begins with a slash, or with a drive letter.
    #[error("absolute")]
    Absolute,
    /// A part that is `.` or `..`.
    #[error("a part of dots")]
    Dots,
    /// A backslash, which some systems read as a slash.
    #[error("a backslash")]
    Backslash,
    /// NUL or another control character.
    #[error("a control character")]
    Control,
}
