//! `tongbiao seal`: makes and seals a test licence, or seals an existing OFD package.

mod facts;

use std::path::{Path, PathBuf};

use certs::certificate::Certificate;
use certs::hierarchy::RegionOrganisations;
use certs::signing::Sm2Signer;
use clap::ValueEnum;
use jiff::Timestamp;
use seals::Limits;
use seals::sealing::{self, Identity, SealPlan, Sealing};
use standards::code::RegionCode;

use super::CommandError;
use super::file::{self, Existing};
use facts::{Issuer, StatedFacts};

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao seal --pki keys --region 120000 --name 劳务派遣经营许可证 --number 津劳派000001 \\
      --holder-name '测试企业(虚构)' --holder-id 91110105FAKE100199 --out 许可证.ofd
      新做一页证照并盖章，发证机关取自签章者 / a new licence page, sealed; the issuer is the signer's organisation
  tongbiao seal --pki keys --region 120000 --facts 证照.toml --number 津劳派000002 --out 许可证.ofd
      照面信息写在 TOML 文件里，命令行上的优先 / facts from a file; those on the command line come first
  tongbiao seal --pki keys --region 120000 --ofd 原件.ofd --out 盖章件.ofd
      给已有的 OFD 文件盖章 / seals an existing document
  tongbiao seal --pki keys --region 120000 --signer signer-revoked --facts 证照.toml --out 撤销.ofd
      用已撤销的证书盖章，供反面测试 / by a revoked signer, for negative tests

照面信息文件，全部名称见 gateway/config/license.sample.toml / A facts file, the sample shows every key:
  name = \"劳务派遣经营许可证\"
  number = \"津劳派000001\"
  holder_name = \"测试企业(虚构)\"
  holder_id = \"91110105FAKE100199\"
  issued_on = 2026-11-01
  valid_until = 9999-12-31   # 长期 / no end";

/// Width and height of a round seal of an organisation on paper, in millimetres.
const SEAL_SIZE_MM: u8 = 40;

/// What `seal` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// pki init 生成的目录 / the folder that pki init made
    #[arg(long, value_name = "DIR")]
    pki: PathBuf,
    /// 地区代码：用哪个地区的印章 / the region whose seal is put on
    #[arg(long, value_name = "CODE")]
    region: RegionCode,
    /// 由谁盖章 / who seals
    #[arg(long, value_enum, default_value_t = Signer::Authority)]
    signer: Signer,
    /// 签章时间，缺省为现在 / the signing time, RFC 3339; default: now
    #[arg(long, value_name = "RFC3339")]
    signed_at: Option<Timestamp>,
    /// 输出文件 / the sealed document
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// 输出文件已存在时替换 / replace the output where it exists
    #[arg(long)]
    force: bool,
    /// 已有的 OFD 文件，不新做证照 / an existing OFD, instead of a new licence
    #[arg(long, value_name = "FILE")]
    ofd: Option<PathBuf>,
    /// 照面信息文件（TOML） / the licence's facts in a file
    #[arg(long, value_name = "FILE", conflicts_with = "ofd")]
    facts: Option<PathBuf>,
    #[command(flatten)]
    stated: StatedFacts,
}

/// The signers of a region, by their file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Signer {
    /// 发证机关 / the authority that issues results
    #[value(name = "signer")]
    Authority,
    /// 发证机关已撤销的证书 / a revoked certificate of the same authority
    #[value(name = "signer-revoked")]
    Revoked,
    /// 另一个真实机关 / another genuine authority
    #[value(name = "signer-other")]
    Other,
}

impl Signer {
    fn file_name(self) -> &'static str {
        match self {
            Signer::Authority => "signer",
            Signer::Revoked => "signer-revoked",
            Signer::Other => "signer-other",
        }
    }
}

/// A certificate and its private key, read from their files.
struct Owned {
    certificate: Certificate,
    key: Sm2Signer,
}

impl Owned {
    fn load(folder: &Path, name: &str) -> Result<Self, CommandError> {
        let certificate = file::read_certificate(&folder.join(name).with_extension("pem"))?;
        let key = Sm2Signer::from_pem_file(&folder.join(name).with_extension("key"))?;
        Ok(Self { certificate, key })
    }

    fn identity(&self) -> Identity<'_> {
        Identity { certificate: &self.certificate, key: &self.key }
    }
}

impl Arguments {
    /// Seals, writes the document, and says what was done.
    ///
    /// # Errors
    /// Why nothing was sealed or written.
    pub(super) fn run(&self, now: Timestamp) -> Result<String, CommandError> {
        let signed_at = self.signed_at.unwrap_or(now);
        let folder = self.pki.join(self.region.as_str());
        let maker = Owned::load(&folder, "maker")?;
        let signer = Owned::load(&folder, self.signer.file_name())?;
        let seal = self.make_seal(&maker, &signer.certificate, signed_at)?;

        let sealing = Sealing { seal: &seal, signer: signer.identity(), signed_at };
        let document = if let Some(path) = &self.ofd {
            let limits = Limits::DEFAULT;
            let limit_bytes = u64::try_from(limits.document_bytes_max).unwrap_or(u64::MAX);
            sealing::seal_package(&file::read(path, limit_bytes)?, &sealing, &limits)?
        } else {
            let from_file = self.facts.as_deref().map(StatedFacts::load).transpose()?.unwrap_or_default();
            let facts = self.stated.clone().or(from_file).into_licence(issuer(&signer.certificate)?)?;
            sealing::seal_document(&facts, &sealing)?
        };

        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        file::write(&self.out, &document, existing)?;
        Ok(self.report(&signer.certificate, signed_at))
    }

    /// A seal that lists this signer, good while both certificates are.
    fn make_seal(&self, maker: &Owned, signer: &Certificate, signed_at: Timestamp) -> Result<Vec<u8>, CommandError> {
        let from = signer.not_before().max(maker.certificate.not_before());
        let until = signer.not_after().min(maker.certificate.not_after());
        if signed_at < from || signed_at > until {
            return Err(CommandError::SignedOutsidePeriod { signed_at, from, until });
        }
        let plan = SealPlan {
            id: &self.seal_id(),
            name: &signer.subject().common_name(),
            signers: std::slice::from_ref(signer),
            created_at: from,
            valid_from: from,
            valid_until: until,
            picture: &sealing::round_seal()?,
            size_mm: SEAL_SIZE_MM,
        };
        Ok(sealing::make_seal(&plan, maker.identity())?)
    }

    fn seal_id(&self) -> String {
        format!("{}-{}", self.region, self.signer.file_name())
    }

    fn report(&self, signer: &Certificate, signed_at: Timestamp) -> String {
        let organisation = signer.organisation_code().map_or_else(|| String::from("—"), |code| code.to_string());
        format!(
            "✓ 已签章 / sealed: {out}\n  \
             印章 / seal: {name} ({id})\n  \
             签章者 / signer: {organisation}\n  \
             签章时间 / signed at: {signed_at}\n\
             核验 / verify it:\n  \
             tongbiao-audit seal {out} --trust {trust} --trust-key {key} --policy recognition\n",
            out = self.out.display(),
            name = signer.subject().common_name(),
            id = self.seal_id(),
            trust = self.pki.join("trust").display(),
            key = self.pki.join("trust-key.pub.pem").display(),
        )
    }
}

/// Who issues what this signer seals: the code from its certificate, the name from the regions' data where they have it.
fn issuer(signer: &Certificate) -> Result<Issuer, CommandError> {
    let code = signer.organisation_code();
    let regions = RegionOrganisations::embedded()?;
    let organisations = regions.into_iter().flat_map(|region| [region.authority, region.other_authority]);
    let name = organisations.into_iter().find(|it| Some(&it.code) == code.as_ref()).map(|it| it.name);
    Ok(Issuer { code, name })
}
