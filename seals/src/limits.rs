//! How much work a document may cause: every limit is a value, with where it comes from.

/// Limits that are checked before the work they bound is done. Sizes are bytes.
///
/// "Seen" means: in the documents of real products that the tests read. The largest of them has 550 kB. The defaults leave room of
/// about two orders of magnitude above what was seen, and stay below what one request may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The document itself. Chosen: a scanned licence of some pages is 5 to 20 MB.
    pub document_bytes_max: usize,
    /// Entries of a package, directories included. 26 is the most seen.
    pub entries_max: usize,
    /// One entry after inflating. Chosen: a page's picture at 600 dpi.
    pub entry_bytes_max: usize,
    /// All entries after inflating. Chosen: four times the document.
    pub package_bytes_max: usize,
    /// Inflated size over compressed size of one entry, counted from [`Limits::ratio_applies_from`]. DEFLATE reaches 1,032;
    /// the highest seen is 31, of a font.
    pub ratio_max: usize,
    /// Entries smaller than this inflated may have any ratio: a bomb needs size.
    pub ratio_applies_from: usize,
    /// A name inside a package. Windows paths end at 260.
    pub name_bytes_max: usize,
    /// One XML file that the verification itself reads. A Signature.xml over 4,096 files has about 600 kB.
    pub xml_bytes_max: usize,
    /// Depth of XML elements. GB/T 33190 structures that are read here are 7 deep.
    pub xml_depth_max: usize,
    /// Elements in one XML file. A Signature.xml over 4,096 files has 8,200.
    pub xml_elements_max: usize,
    /// Attributes of one XML element. 8 is the most seen in any file that is read here.
    pub xml_attributes_max: usize,
    /// The files, together, that are read to learn what other files are for. 3 kB is the most seen. Beyond it the names of files and folders
    /// have to tell.
    pub structure_bytes_max: usize,
    /// Signatures of one document. Each costs up to four SM2 verifications; 2 is the most seen.
    pub signatures_max: usize,
    /// A seal or a seal signature. Chosen: the largest seen is 203 kB, for its picture.
    pub seal_bytes_max: usize,
    /// The picture of a seal. Chosen: ten times the largest seen, a bitmap of 200 kB.
    pub picture_bytes_max: usize,
    /// Width and height of the picture of a seal on paper, in millimetres; at least 1. 20 to 45 are seen, the largest official seal has 60
    /// (国发〔1999〕25号). Chosen: an A4 sheet is 210 wide.
    pub picture_mm_max: u32,
    /// Elements in one DER list.
    pub der_list_max: usize,
    /// Seconds by which a signing time may lie in the future, for clocks that differ.
    pub clock_skew_seconds_max: i64,
}

impl Limits {
    /// The values that every binary starts from.
    pub const DEFAULT: Limits = Limits {
        document_bytes_max: 32 << 20,
        entries_max: 4_096,
        entry_bytes_max: 64 << 20,
        package_bytes_max: 128 << 20,
        ratio_max: 200,
        ratio_applies_from: 1 << 20,
        name_bytes_max: 260,
        xml_bytes_max: 2 << 20,
        xml_depth_max: 32,
        xml_elements_max: 10_000,
        xml_attributes_max: 64,
        structure_bytes_max: 4 << 20,
        signatures_max: 64,
        seal_bytes_max: 4 << 20,
        picture_bytes_max: 2 << 20,
        picture_mm_max: 210,
        der_list_max: 1_024,
        clock_skew_seconds_max: 300,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
