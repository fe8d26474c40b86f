//! `tongbiao pki`: makes a development hierarchy and revokes certificates of it; imports real authorities, issues editions of trust.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use certs::hierarchy::{self, HierarchyError, RegionOrganisations};
use certs::revocation;
use clap::ValueEnum;
use jiff::Timestamp;
use standards::code::RegionCode;

use super::{CommandError, file};

mod edition;
mod import;

const INIT_EXAMPLES: &str = "\
例 / Examples:
  tongbiao pki init keys
      三地的密钥、证书、撤销列表和签名的信任列表 / keys, certificates, revocation lists and a signed trust list of the three regions
  tongbiao pki init keys --regions anchors
      另一套地区数据：anchors/*/region.toml / other regions, by the data of certs/anchors
  tongbiao pki init keys --at 2026-11-01T00:00:00Z
      如同在那一天生成 / as if made on that day";

const REVOKE_EXAMPLES: &str = "\
例 / Examples:
  tongbiao pki revoke keys --region 120000 --who signer --reason key-compromise
      撤销天津市签章者证书，立即生效 / revokes the certificate of Tianjin's signer, as of now
  tongbiao pki revoke keys --region 110000 --who maker --at 2026-11-20T08:00:00+08:00
      自那一刻起撤销 / as of that moment";

/// The parts of a hierarchy that belong to no region: where, and what it is in Chinese and English.
const SHARED_PARTS: [(&str, &str, &str); 5] = [
    ("trust", "签名的信任列表和撤销列表，交给核验方", "signed trust list and revocation lists: hand them to verifiers"),
    (
        "trust-key.pub.pem",
        "采信信任列表的公钥，另经可靠途径交付",
        "the key that believes the list: hand it over by another way",
    ),
    ("trust-key.key", "签发信任列表的私钥", "signs the trust list"),
    ("tls", "TLS 根证书和服务器证书", "TLS root and server certificate"),
    ("ledger", "账本签名密钥（Ed25519、SM2）", "keys that sign the ledger (Ed25519, SM2)"),
];

/// What can be done with a hierarchy.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// 生成开发测试用的密钥体系 / make a development hierarchy
    #[command(after_help = INIT_EXAMPLES)]
    Init(Init),
    /// 撤销一张证书，并重新签发撤销列表 / revoke a certificate and issue its authority's list again
    #[command(after_help = REVOKE_EXAMPLES)]
    Revoke(Revoke),
    /// 导入认证机构的证书和撤销列表，并列出由此信任谁、用于什么 / import an authority's certificates and lists, and say what is trusted
    #[command(after_help = import::EXAMPLES)]
    Import(Box<import::Arguments>),
    /// 签发信任列表的新一版：续期、停用或移除机构 / issue the next edition of the trust list: renew it, end or remove an authority
    #[command(after_help = edition::EXAMPLES)]
    Edition(edition::Arguments),
}

/// The key that signs a folder's trust list, where the folder has one.
const TRUST_KEY: &str = "trust-key.key";

/// What `init` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// 目标目录：不存在或为空，私钥从不覆盖 / where to: must not exist or be empty, keys are never overwritten
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// 生成时间，缺省为现在 / the time of making, RFC 3339; default: now
    #[arg(long, value_name = "RFC3339")]
    at: Option<Timestamp>,
    /// 地区数据目录，缺省为内置的三地 / a folder of regions' data; default: the three regions built in
    #[arg(long, value_name = "FOLDER")]
    regions: Option<PathBuf>,
}

/// What `revoke` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// pki init 生成的目录 / the folder that pki init made
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// 地区代码 / the region's code
    #[arg(long, value_name = "CODE")]
    region: RegionCode,
    /// 撤销哪张证书 / whose certificate
    #[arg(long, value_name = "NAME", value_enum)]
    who: Holder,
    /// 撤销时间，缺省为现在 / as of when, RFC 3339; default: now
    #[arg(long, value_name = "RFC3339")]
    at: Option<Timestamp>,
    /// 撤销原因 / why
    #[arg(long, value_enum, default_value_t = Reason::Unspecified)]
    reason: Reason,
}

/// The certificates of a region that its authorities issued, by their file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Holder {
    /// 签章者 / the authority's seal
    Signer,
    /// 已撤销的签章者 / the signer that was revoked from the start
    SignerRevoked,
    /// 另一机关的签章者 / another authority's seal
    SignerOther,
    /// 制章者 / the maker of seals
    Maker,
    /// 制章机构 / the authority of the makers
    MakerCa,
    /// 时间戳机构 / the time-stamp authority
    Tsa,
    /// 报文签名 / the partner's message key
    Message,
    /// TLS 客户端 / the partner's TLS client
    Client,
}

/// The reasons of RFC 5280 5.3.1 that apply to these certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Reason {
    /// 未说明 / none in particular
    Unspecified,
    /// 私钥泄露 / the private key is in wrong hands
    KeyCompromise,
    /// 颁发机构私钥泄露 / the issuer's private key is in wrong hands
    AuthorityCompromise,
    /// 隶属关系变更 / the holder belongs elsewhere now
    AffiliationChanged,
    /// 已被替换 / another certificate took its place
    Superseded,
    /// 停止使用 / no longer needed
    CessationOfOperation,
    /// 暂停使用 / suspended for now
    Hold,
    /// 权限收回 / a right was withdrawn
    PrivilegeWithdrawn,
}

impl From<Reason> for revocation::Reason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Unspecified => Self::Unspecified,
            Reason::KeyCompromise => Self::KeyCompromise,
            Reason::AuthorityCompromise => Self::AuthorityCompromise,
            Reason::AffiliationChanged => Self::AffiliationChanged,
            Reason::Superseded => Self::Superseded,
            Reason::CessationOfOperation => Self::CessationOfOperation,
            Reason::Hold => Self::Hold,
            Reason::PrivilegeWithdrawn => Self::PrivilegeWithdrawn,
        }
    }
}

impl Command {
    /// Makes or revokes, and says what was done.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn run(&self, now: Timestamp) -> Result<String, CommandError> {
        match self {
            Command::Init(arguments) => arguments.run(now),
            Command::Revoke(arguments) => arguments.run(now),
            Command::Import(arguments) => arguments.run(now),
            Command::Edition(arguments) => arguments.run(now),
        }
    }
}

impl Init {
    fn run(&self, now: Timestamp) -> Result<String, CommandError> {
        let regions = self.regions.as_deref().map_or_else(|| Ok(RegionOrganisations::embedded()?), regions_in)?;
        // "." has no name that a temporary folder beside it could get.
        let folder = std::path::absolute(&self.folder)
            .map_err(|source| CommandError::CannotCreate { path: self.folder.clone(), source })?;
        hierarchy::init(&folder, self.at.unwrap_or(now), &regions)?;
        Ok(self.report(&regions))
    }

    fn report(&self, regions: &[RegionOrganisations]) -> String {
        let mut out =
            format!("✓ 已生成开发测试用的密钥体系 / made a development hierarchy: {}\n", self.folder.display());
        for region in regions {
            let _ = writeln!(out, "  {}  {}", self.folder.join(region.code.as_str()).display(), region.name);
        }
        out.push_str(
            "    每个地区：根证书、制章机构、制章者、签章者三名（一名已撤销，一名属另一机关）、时间戳机构、报文密钥、TLS 客户端\n    \
             each region: root, seal makers' authority, maker, three signers (one revoked, one of another authority), \
             time-stamp authority, message key, TLS client\n",
        );
        for (name, zh, en) in SHARED_PARTS {
            let _ = writeln!(out, "  {}  {zh}\n    {en}", self.folder.join(name).display());
        }
        out.push_str(
            "私钥（*.key）只有您能读（0600）。仅供开发测试，不得用于真实业务。\n\
             Private keys (*.key) are readable by you alone (0600). For development and tests, never for real affairs.\n",
        );
        out
    }
}

/// The organisations of every region that has a folder here.
fn regions_in(folder: &Path) -> Result<Vec<RegionOrganisations>, CommandError> {
    let unreadable = |source| CommandError::Unreadable { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path().join("region.toml");
        if file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    let mut regions = Vec::with_capacity(files.len());
    let mut seen = BTreeSet::new();
    for path in files {
        let region = RegionOrganisations::from_toml(&path.display().to_string(), &file::read_text(&path)?)?;
        if !seen.insert(region.code.clone()) {
            return Err(CommandError::RegionTwice { region: region.code });
        }
        regions.push(region);
    }
    if regions.is_empty() { Err(CommandError::NoRegion { path: folder.to_owned() }) } else { Ok(regions) }
}

impl Revoke {
    fn run(&self, now: Timestamp) -> Result<String, CommandError> {
        let at = self.at.unwrap_or(now);
        let value = self.who.to_possible_value();
        let who = value.as_ref().map_or("", |value| value.get_name());
        hierarchy::revoke(&self.folder, &self.region, who, at, self.reason.into()).map_err(unreadable_or_not)?;
        let path = self.folder.join(self.region.as_str()).join(who).with_extension("pem");
        Ok(format!(
            "✓ 已撤销，自 {at} 起 / revoked as of {at}: {}\n  \
             撤销列表已更新，请交给每个核验方 / the revocation list is renewed, hand it to every verifier: {}\n",
            path.display(),
            self.folder.join("trust/crls").display(),
        ))
    }
}

/// Tells what could not be read from what could not be written: a list is written beside its place first.
fn unreadable_or_not(error: HierarchyError) -> CommandError {
    match error {
        HierarchyError::File { path, source } if path.extension().is_none_or(|extension| extension != "partial") => {
            CommandError::Unreadable { path, source }
        }
        error => error.into(),
    }
}
