//! `tongbiao pki edition`: the next edition of a trust list, with authorities ended or removed, or merely renewed.

use std::fmt::Write as _;
use std::path::PathBuf;

use certs::signing::Sm2Signer;
use certs::trust::{ListedEntry, Trust, TrustList, publish};
use jiff::{SignedDuration, Timestamp};

use super::import::{grouped, purpose_label, row};
use super::{CommandError, TRUST_KEY};

pub(super) const EXAMPLES: &str = "\
例 / Examples:
  tongbiao pki edition keys
      续期：内容不变，签发新一版，旧版存入 trust/editions / renews it; the old edition stays in trust/editions
  tongbiao pki edition keys --dry-run
      列出现有的机构和证书 / lists what is trusted now
  tongbiao pki edition keys --end 3f2a9c41 --until 2027-06-30T16:00:00Z
      指纹以此开头的机构信任到那一刻为止 / the authority with this fingerprint counts until then
  tongbiao pki edition keys --remove 3f2a9c41
      从新一版移除 / is not in the next edition";

/// What `edition` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// pki init 生成的目录，内有 trust-key.key / the folder with trust-key.key
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// 停用机构：证书指纹的开头，至少 8 位 / the authority to end, by the beginning of its fingerprint
    #[arg(long, value_name = "FINGERPRINT", requires = "until", value_parser = fingerprint)]
    end: Option<String>,
    /// 信任到何时为止 / the last moment that it counts
    #[arg(long, value_name = "RFC3339", requires = "end")]
    until: Option<Timestamp>,
    /// 移除证书，可多个 / a certificate to remove, by the beginning of its fingerprint
    #[arg(long, value_name = "FINGERPRINT", value_parser = fingerprint)]
    remove: Vec<String>,
    /// 新一版的有效天数 / how long the edition holds
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// 签发时间，缺省为现在 / the time of issue; default: now
    #[arg(long, value_name = "RFC3339")]
    at: Option<Timestamp>,
    /// 只显示，不写入 / show, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Hexadecimal with or without spaces; eight digits tell any two certificates of a list apart.
fn fingerprint(text: &str) -> Result<String, &'static str> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    let good = (8..=64).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_hexdigit());
    if good { Ok(digits.to_ascii_lowercase()) } else { Err("expected 8 to 64 hexadecimal digits") }
}

impl Arguments {
    /// Issues the edition, and lists what it trusts.
    ///
    /// # Errors
    /// Why it was not issued; the present one then stays.
    pub(super) fn run(&self, now: Timestamp) -> Result<String, CommandError> {
        let key = Sm2Signer::from_pem_file(&self.folder.join(TRUST_KEY))?;
        let trust = self.folder.join("trust");
        let at = self.at.unwrap_or(now);
        let due = at.saturating_add(SignedDuration::from_hours(24) * i32::from(self.days)).unwrap_or(Timestamp::MAX);
        let mut next = Trust::signed_list(&trust, key.public_key())?.next(at, due)?;
        for fingerprint in &self.remove {
            change(&mut next, fingerprint, |_| None)?;
        }
        if let (Some(fingerprint), Some(until)) = (&self.end, self.until) {
            change(&mut next, fingerprint, |entry| Some(ListedEntry { not_after: Some(until), ..entry }))?;
        }
        Trust::from_list(&next, Vec::new())?;
        let mut out = listing(&next)?;
        if self.dry_run {
            out.push_str("只是预览，什么也没有写入 / a preview: nothing was written\n");
        } else {
            publish(&trust, &next, &key)?;
            let (version, folder) = (next.version, trust.display());
            let _ = writeln!(
                out,
                "✓ 信任列表第 {version} 版，下次更新不晚于 {due} / edition {version} of the trust list, next update due {due}\n  {folder}",
            );
        }
        Ok(out)
    }
}

/// Changes, or takes away, every entry with a certificate of this fingerprint.
fn change(
    list: &mut TrustList,
    fingerprint: &str,
    change: impl Fn(ListedEntry) -> Option<ListedEntry>,
) -> Result<(), CommandError> {
    let mut found = false;
    for region in &mut list.regions {
        let mut kept = Vec::with_capacity(region.entries.len());
        for entry in region.entries.drain(..) {
            if hex::encode(entry.certificate()?.fingerprint()).starts_with(fingerprint) {
                found = true;
                kept.extend(change(entry));
            } else {
                kept.push(entry);
            }
        }
        region.entries = kept;
    }
    if found { Ok(()) } else { Err(CommandError::NotListed { fingerprint: fingerprint.to_owned() }) }
}

fn listing(list: &TrustList) -> Result<String, CommandError> {
    let mut out = String::new();
    for region in &list.regions {
        let _ = writeln!(out, "地区 region {}", region.code);
        for entry in &region.entries {
            let certificate = entry.certificate()?;
            let purpose = entry.purpose.map_or("中间机构 intermediate", purpose_label);
            let _ = writeln!(out, " {purpose}");
            row(&mut out, "名称 subject", &certificate.subject().to_string());
            row(&mut out, "指纹 SHA-256", &grouped(&certificate.fingerprint()));
            if let Some(until) = entry.not_after {
                row(&mut out, "信任到 until", &until.to_string());
            }
        }
        out.push('\n');
    }
    Ok(out)
}
