//! `tongbiao pki import`: an authority's files become trust, and a person sees what is trusted and for what before it counts.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use certs::certificate::Certificate;
use certs::import::{Assessed, Assessment, Bundle, FILE_BYTES_MAX, Remark, Role};
use certs::signing::Sm2Signer;
use certs::trust::{LISTS_FOLDER, ListedEntry, ListedRegion, Purpose, Trust, TrustList, publish};
use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use standards::code::{CreditCode, ItemId, RegionCode};
use standards::problem;

use super::{CommandError, TRUST_KEY, file};
use crate::command::file::Existing;

pub(super) const EXAMPLES: &str = "\
例 / Examples:
  tongbiao pki import keys --region 120000 --purpose seal_maker,seal_signer ca.p7b ca.crl
      keys 有 trust-key.key：签发信任列表新一版 / keys has the trust key: issues the next edition of its trust list
  tongbiao pki import anchors root.cer issuing.cer root.crl
      没有信任列表私钥：放入证书目录，供 --trust anchors 使用 / no trust key: a folder of anchors, for --trust anchors
  tongbiao pki import keys --region 120000 --purpose seal_signer ca.p7b --dry-run
      只看不写 / look, and write nothing";

/// What `import` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// 信任目录：pki init 生成的目录，或证书目录 / the folder that pki init made, or a folder of anchors
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// 认证机构的文件：PEM、DER、PKCS#7；证书、撤销列表、OCSP 响应 / files in PEM, DER or PKCS #7
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// 用途，可多个，以逗号分隔 / what the authorities are trusted for
    #[arg(long, value_name = "PURPOSE", value_enum, value_delimiter = ',')]
    purpose: Vec<PurposeName>,
    /// 所属地区代码 / the region that they belong to
    #[arg(long, value_name = "CODE")]
    region: Option<RegionCode>,
    /// 非机构证书所属单位的统一社会信用代码：按名信任这些证书 / the organisation of end certificates, which are then trusted by name
    #[arg(long, value_name = "CREDIT-CODE")]
    organisation: Option<CreditCode>,
    /// 签章者有权办理的事项，可多个 / an item that a seal signer is competent for
    #[arg(long = "item", value_name = "ITEM", value_delimiter = ',')]
    items: Vec<ItemId>,
    /// 新一版信任列表的有效天数 / how long the next edition holds
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// 只显示，不写入 / show, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// The purposes by their names in trust lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum PurposeName {
    /// 制章者 / makers of seals
    SealMaker,
    /// 签章者 / signers of documents
    SealSigner,
    /// 报文签名 / partners' message keys
    PartnerMessage,
    /// TLS 客户端 / partners' TLS clients
    TlsClient,
    /// 时间戳 / time stamps
    TimeStamp,
}

impl From<PurposeName> for Purpose {
    fn from(name: PurposeName) -> Self {
        match name {
            PurposeName::SealMaker => Self::SealMaker,
            PurposeName::SealSigner => Self::SealSigner,
            PurposeName::PartnerMessage => Self::PartnerMessage,
            PurposeName::TlsClient => Self::TlsClient,
            PurposeName::TimeStamp => Self::TimeStamp,
        }
    }
}

/// A purpose for people, in both languages.
pub(super) fn purpose_label(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::TlsClient => "TLS 客户端 tls_client",
        Purpose::PartnerMessage => "报文签名 partner_message",
        Purpose::SealMaker => "制章者 seal_maker",
        Purpose::SealSigner => "签章者 seal_signer",
        Purpose::TimeStamp => "时间戳 time_stamp",
    }
}

impl Arguments {
    /// Imports, and says what is trusted by that.
    ///
    /// # Errors
    /// The first file that is refused, and why; nothing is then written.
    pub(super) fn run(&self, now: Timestamp) -> Result<String, CommandError> {
        let key_path = self.folder.join(TRUST_KEY);
        let keeper = key_path.exists().then(|| Sm2Signer::from_pem_file(&key_path)).transpose()?;
        let present = keeper.map(|key| Ok::<_, certs::Error>((self.present(&key)?, key))).transpose()?;
        let known = match &present {
            Some((list, _)) => authorities(&Trust::from_list(list, Vec::new())?),
            None if self.folder.is_dir() => authorities(&Trust::from_anchor_dir(&self.folder)?),
            None => Vec::new(),
        };
        let assessment = self.assess(&known, now)?;
        let mut out = self.report(&assessment, present.is_some());
        match present {
            Some((list, key)) => self.issue_edition(&assessment, &list, &key, now, &mut out)?,
            None => self.fill_folder(&assessment, &mut out)?,
        }
        if self.dry_run {
            out.push_str("只是预览，什么也没有写入 / a preview: nothing was written\n");
        }
        Ok(out)
    }

    fn present(&self, key: &Sm2Signer) -> Result<TrustList, certs::Error> {
        Trust::signed_list(&self.folder.join("trust"), key.public_key())
    }

    /// Everything in the files; a fault names the file that it is in, or all of them where they have to be seen together.
    fn assess(&self, known: &[Certificate], now: Timestamp) -> Result<Assessment, CommandError> {
        let mut bundle = Bundle::default();
        for path in &self.files {
            let bytes = file::read(path, FILE_BYTES_MAX as u64)?;
            bundle.add(&bytes).map_err(|fault| CommandError::Import { path: path.clone(), fault })?;
        }
        let names: Vec<_> = self.files.iter().map(|path| path.display().to_string()).collect();
        let path = PathBuf::from(names.join(", "));
        bundle.assess(known, now).map_err(|fault| CommandError::Import { path, fault })
    }

    /// What the next edition lists beside the present one's entries.
    fn entries(&self, assessment: &Assessment) -> Result<Vec<ListedEntry>, CommandError> {
        let mut entries = Vec::new();
        for (role, Assessed { item: certificate, .. }) in &assessment.certificates {
            match role {
                Role::Intermediate => entries.push(ListedEntry::new(None, certificate)),
                Role::End if self.organisation.is_none() => {
                    if self.purpose.contains(&PurposeName::SealSigner) && assessment.certificates.len() == 1 {
                        return Err(CommandError::OrganisationMissing);
                    }
                }
                Role::Anchor | Role::End => {
                    if self.purpose.is_empty() {
                        return Err(CommandError::PurposeMissing);
                    }
                    entries.extend(self.purpose.iter().map(|purpose| {
                        let entry = ListedEntry::new(Some((*purpose).into()), certificate);
                        if *role == Role::Anchor {
                            return entry;
                        }
                        let items = if *purpose == PurposeName::SealSigner { self.items.clone() } else { Vec::new() };
                        ListedEntry { organisation: self.organisation.clone(), items, ..entry }
                    }));
                }
            }
        }
        Ok(entries)
    }

    fn issue_edition(
        &self,
        assessment: &Assessment,
        present: &TrustList,
        key: &Sm2Signer,
        now: Timestamp,
        out: &mut String,
    ) -> Result<(), CommandError> {
        let mut entries = self.entries(assessment)?;
        let due = now.saturating_add(SignedDuration::from_hours(24) * i32::from(self.days)).unwrap_or(Timestamp::MAX);
        let trust = self.folder.join("trust");
        if entries.is_empty() {
            return self.write_lists(assessment, &trust.join(LISTS_FOLDER), out);
        }
        let region = self.region.clone().ok_or(CommandError::RegionMissing)?;
        let listed = present.regions.iter().find(|listed| listed.code == region);
        entries.retain(|entry| listed.is_none_or(|listed| !listed.entries.contains(entry)));
        if entries.is_empty() {
            out.push_str(
                "这些证书已在信任列表中，没有发布新一版 / all of these are in the trust list already: no edition was issued\n",
            );
            return self.write_lists(assessment, &trust.join(LISTS_FOLDER), out);
        }
        let mut next = present.next(now, due)?;
        match next.regions.iter_mut().find(|listed| listed.code == region) {
            Some(listed) => listed.entries.append(&mut entries),
            None => next.regions.push(ListedRegion { code: region, entries }),
        }
        // What could not be published is found before anything is written, in a preview as well.
        Trust::from_list(&next, Vec::new())?;
        self.write_lists(assessment, &trust.join(LISTS_FOLDER), out)?;
        if !self.dry_run {
            publish(&trust, &next, key)?;
        }
        let _ = writeln!(
            out,
            "{} 信任列表第 {} 版，下次更新不晚于 {due} / edition {} of the trust list, next update due {due}\n  {}",
            if self.dry_run { "…" } else { "✓" },
            next.version,
            next.version,
            trust.display(),
        );
        Ok(())
    }

    /// A folder of anchors: each authority in a file that bears its fingerprint.
    fn fill_folder(&self, assessment: &Assessment, out: &mut String) -> Result<(), CommandError> {
        if !self.dry_run {
            let failed = |source| CommandError::CannotCreate { path: self.folder.clone(), source };
            fs::create_dir_all(&self.folder).map_err(failed)?;
            for (role, Assessed { item: certificate, .. }) in &assessment.certificates {
                if *role != Role::End {
                    let path = self.folder.join(format!("{}.pem", short(&certificate.fingerprint())));
                    file::write(&path, certificate.to_pem().as_bytes(), Existing::Replace)?;
                }
            }
        }
        self.write_lists(assessment, &self.folder, out)?;
        out.push_str(
            "这里没有 trust-key.key：目录中的每个机构对一切用途可信，没有签名、版本和地区\n\
             there is no trust-key.key here: every authority in the folder is trusted for every purpose, without signature, edition or region\n",
        );
        let _ = writeln!(out, "{} {}", if self.dry_run { "…" } else { "✓" }, self.folder.display());
        Ok(())
    }

    /// Revocation data is kept for ever, each in a file that bears its digest: a past day is judged with what was known then.
    fn write_lists(&self, assessment: &Assessment, folder: &Path, out: &mut String) -> Result<(), CommandError> {
        let lists = assessment.lists.iter().map(|list| ("crl", list.item.digest(), list.item.der()));
        let responses = assessment.responses.iter().map(|it| ("ocsp", it.item.digest(), it.item.der()));
        for (extension, digest, der) in lists.chain(responses) {
            let path = folder.join(format!("{}.{extension}", short(&digest)));
            if !self.dry_run {
                file::write(&path, der, Existing::Replace)?;
            }
            row(out, "存为 kept as", &path.display().to_string());
        }
        Ok(())
    }

    fn report(&self, assessment: &Assessment, for_edition: bool) -> String {
        let mut out = format!(
            "读到证书 {} 张、撤销列表 {} 份、状态响应 {} 份 / found: certificates {}, revocation lists {}, OCSP responses {}\n\n",
            assessment.certificates.len(),
            assessment.lists.len(),
            assessment.responses.len(),
            assessment.certificates.len(),
            assessment.lists.len(),
            assessment.responses.len(),
        );
        for (role, assessed) in &assessment.certificates {
            self.certificate(&mut out, *role, assessed, for_edition);
        }
        for Assessed { item: list, remarks } in &assessment.lists {
            let due = list.next_update().map_or_else(|| "—".to_owned(), |due| due.to_string());
            let _ = writeln!(out, "撤销列表 revocation list");
            row(&mut out, "颁发者 issuer", &list.issuer().to_string());
            row(&mut out, "编号 number", &list.number().map_or_else(|| "—".to_owned(), ToString::to_string));
            row(&mut out, "期间 period", &format!("{} – {due}", list.this_update()));
            row(&mut out, "已撤销 revoked", &list.revoked().count().to_string());
            remarked(&mut out, remarks);
        }
        for Assessed { item: response, remarks } in &assessment.responses {
            let _ = writeln!(out, "状态响应 OCSP response");
            row(&mut out, "时间 made", &response.produced_at().to_string());
            row(&mut out, "证书数 subjects", &response.statuses().len().to_string());
            remarked(&mut out, remarks);
        }
        out
    }

    fn certificate(&self, out: &mut String, role: Role, assessed: &Assessed<Certificate>, for_edition: bool) {
        let Assessed { item: certificate, remarks } = assessed;
        let purposes: Vec<_> = self.purpose.iter().map(|purpose| purpose_label((*purpose).into())).collect();
        let (title, use_for) = match role {
            Role::Intermediate => ("中间机构 intermediate", "只经由信任锚 only through an anchor".to_owned()),
            Role::End if self.organisation.is_none() || !for_edition => {
                ("非机构证书，未导入 end certificate, not imported", "无 nothing".to_owned())
            }
            Role::Anchor if !for_edition => ("信任锚 anchor", "一切用途 every purpose".to_owned()),
            Role::Anchor => ("信任锚 anchor", purposes.join("，")),
            Role::End => ("按名信任 trusted by name", purposes.join("，")),
        };
        let _ = writeln!(out, "{title}");
        row(out, "用于 trusted for", &use_for);
        if let Some(region) = self.region.as_ref().filter(|_| for_edition) {
            row(out, "地区 region", region.as_str());
        }
        row(out, "名称 subject", &certificate.subject().to_string());
        if !certificate.is_self_issued() {
            row(out, "颁发者 issuer", &certificate.issuer().to_string());
        }
        row(out, "密钥 key", &certificate.public_key().map_or_else(|_| "—".to_owned(), certs::key::PublicKey::kind));
        row(out, "有效期 period", &format!("{} – {}", certificate.not_before(), certificate.not_after()));
        let key_id = certificate.subject_key_identifier().map_or_else(|| "—".to_owned(), grouped);
        row(out, "密钥标识 key id", &key_id);
        row(out, "指纹 SHA-256", &grouped(&certificate.fingerprint()));
        if role == Role::Anchor {
            row(out, "", "请与该机构公布的指纹核对 compare it with what the authority published");
        }
        remarked(out, remarks);
    }
}

fn authorities(trust: &Trust) -> Vec<Certificate> {
    let anchors = Purpose::ALL.into_iter().flat_map(|purpose| trust.anchors(purpose)).map(|anchor| &anchor.certificate);
    anchors.chain(trust.intermediates()).cloned().collect()
}

/// One line of a table: Chinese characters take two columns each.
pub(super) fn row(out: &mut String, label: &str, value: &str) {
    const COLUMNS: usize = 20;
    let width: usize = label.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum();
    let _ = writeln!(out, "  {label}{}{value}", " ".repeat(COLUMNS.saturating_sub(width)));
}

fn remarked(out: &mut String, remarks: &[Remark]) {
    for remark in remarks {
        if let Some(text) = problem::text(remark.code()) {
            let _ = writeln!(
                out,
                "  ⚠ {}；{}\n    {}. {}  [{}]",
                text.zh,
                text.advice_zh,
                text.en,
                text.advice_en,
                remark.code()
            );
        }
    }
    out.push('\n');
}

/// Hexadecimal in groups of four, as people compare it aloud.
pub(super) fn grouped(bytes: &[u8]) -> String {
    let groups: Vec<_> = bytes.chunks(2).map(hex::encode).collect();
    groups.join(" ")
}

/// The beginning of a digest: enough for the name of a file.
fn short(digest: &[u8; 32]) -> String {
    digest.iter().take(8).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
