//! The part of the demo with the gateway: submissions, the inbox, refusals, the resend and the conflict.

use std::fs;
use std::path::Path;

use certs::key::PublicKey;
use certs::trust::Trust;
use conformance::client::Answer;
use conformance::field::Fields;
use conformance::launch::{Gateway, LaunchError, Site};
use conformance::misuse::Misuse;
use conformance::parcel::Parcel;
use conformance::receipt;
use conformance::scenario::Submission;
use conformance::session::Session;
use conformance::suite::Suite;
use conformance::tamper::Tamper;
use conformance::wire::{Decided, Inbox, Problem};
use jiff::Timestamp;
use ledger::note::VerifierKey;
use seals::{Context, Limits, Policy, Verdict};
use serde::de::DeserializeOwned;
use standards::code::RegionCode;
use standards::receipt::ReceiptFile;

use crate::stage::{Stage, Wrong, note};

/// What the auditors will be given: a document's file name, and what it must come out as under the recognition policy.
pub(crate) struct Kept {
    /// Without its ending.
    pub(crate) name: &'static str,
    /// What an auditor must find.
    pub(crate) verdict: Verdict,
}

/// Two partners and what they share.
pub(crate) struct Exchange<'a> {
    site: &'a Site,
    suite: Suite,
    tianjin: Session,
    beijing: Session,
    hebei: RegionCode,
    log_keys: Vec<VerifierKey>,
    kept: Vec<Kept>,
}

/// An item of the demo.
struct Item {
    /// The suite's message and document.
    message: &'static str,
    /// The name of the files that are kept.
    name: &'static str,
    /// The licence's number, which Beijing must read.
    number: &'static str,
    /// What is told.
    told: &'static str,
}

const ITEMS: [Item; 3] = [
    Item {
        message: "granted",
        name: "tianjin-good",
        number: "津劳派000001",
        told: "劳务派遣经营许可 labour dispatch licence",
    },
    Item {
        message: "food",
        name: "tianjin-food",
        number: "JY11201160000001",
        told: "食品经营许可核发 food business licence",
    },
    Item {
        message: "bookkeeping",
        name: "tianjin-bookkeeping",
        number: "DLJZ12011620220001",
        told: "代理记账业务审批 bookkeeping agency licence",
    },
];

/// The holder of all three, and the division that Beijing must read: in Tianjin's message it has six digits.
const HOLDER: &str = "天津自贸测试企业(虚构)";
const DIVISION: &str = "120116000000";

/// The refusals of the demo: how the document is spoilt, its file's name, the reason that must be given, and what is told.
const REFUSALS: [(&str, &str, &str); 3] = [
    ("tampered", "reference.changed", "签章后被改动的文件 a document that was changed after it was sealed"),
    ("revoked-signer", "seal.signer_revoked", "签章者证书已撤销 a signer whose certificate was revoked"),
    (
        "foreign-seal",
        "recognition.signer_is_not_issuer",
        "印章是真的，但不是发证机关的 a genuine seal, but of another authority",
    ),
];

impl<'a> Exchange<'a> {
    /// Both partners with their own keys and connections.
    pub(crate) fn open(site: &'a Site, gateway: &Gateway) -> Result<Self, Wrong> {
        let [beijing, tianjin, hebei] = ["110000", "120000", "130000"].map(str::parse::<RegionCode>);
        let contract = |error: standards::code::CodeError| Wrong::Contract(error.to_string());
        let (beijing, tianjin, hebei) =
            (beijing.map_err(contract)?, tianjin.map_err(contract)?, hebei.map_err(contract)?);
        let (keys, roots) = (site.keys(), site.keys().server_roots()?);
        let session = |region| -> Result<Session, Wrong> {
            Ok(Session::new(&gateway.url, &roots, keys.partner(region)?, Timestamp::now))
        };
        Ok(Self {
            site,
            suite: Suite::embedded(&tianjin)?,
            tianjin: session(&tianjin)?,
            beijing: session(&beijing)?,
            hebei,
            log_keys: site.verifier_keys()?,
            kept: Vec::new(),
        })
    }

    /// Plays the whole part, and gives the documents that were kept.
    pub(crate) fn play(mut self, stage: &mut Stage) -> Result<Vec<Kept>, Wrong> {
        let sent = self.submit_items(stage)?;
        self.read_and_sign(stage, &sent)?;
        self.refuse(stage)?;
        if let Some((parcel, first)) = sent.first() {
            self.resend(stage, parcel, first)?;
        }
        self.misbehave(stage)?;
        Ok(self.kept)
    }

    fn submit_items(&mut self, stage: &mut Stage) -> Result<Vec<(Parcel, Answer)>, Wrong> {
        stage.step(
            "天津为三个事项签章，用自己的 XML 报文报送，请北京互认",
            "Tianjin seals the results of three items and submits them in its own XML, to be recognised by Beijing",
        );
        let mut sent = Vec::new();
        for Item { message, name, told, .. } in ITEMS {
            let parcel = self.parcel(&self.submission(message))?;
            self.keep_document(name, &parcel, Verdict::Valid)?;
            let answer = self.tianjin.submit(&parcel, None)?;
            let decided: Decided = read(&answer)?;
            let recognised = answer.status == 201 && decided.decision == "recognition";
            stage.check(
                &format!("可互认 recognised: {told} → 第 {} 条 entry", decided.index),
                recognised,
                || answer.brief(),
            )?;
            self.keep_receipt(stage, name, &decided.receipt)?;
            sent.push((parcel, answer));
        }
        Ok(sent)
    }

    fn read_and_sign(&self, stage: &mut Stage, sent: &[(Parcel, Answer)]) -> Result<(), Wrong> {
        stage.step(
            "北京读收件箱，用自己的 JSON 读报文，自己验章、核回执，再签收",
            "Beijing reads its inbox, reads the messages in its own JSON, checks seal and receipt itself, and signs for them",
        );
        let inbox: Inbox = read(&self.beijing.get("/v1/inbox")?)?;
        let listed =
            |inbox: &Inbox| format!("{:?}", inbox.recognitions.iter().map(|owed| owed.index).collect::<Vec<_>>());
        stage.check(
            &format!("收件箱有 {} 件 the inbox holds them all", sent.len()),
            inbox.recognitions.len() == sent.len(),
            || listed(&inbox),
        )?;
        for ((owed, (parcel, _)), item) in inbox.recognitions.iter().zip(sent).zip(ITEMS) {
            let path = format!("/v1/recognitions/{}", owed.index);
            let message = self.beijing.get(&format!("{path}/message"))?;
            let fields = Fields::read(&message.content_type, &message.body).filter(|_| message.status == 200);
            let field = |path: &str| fields.as_ref().map(|fields| fields.get(path).join(" ")).unwrap_or_default();
            let (kind, number, holder) =
                (field("/result/cert_type"), field("/result/no"), field("/result/metadata/CZZT"));
            let granted = field("/status") == "11" && field("/area_code") == DIVISION;
            let whole = granted && number == item.number && holder == HOLDER;
            stage.check(
                &format!("北京的 JSON 报文 in Beijing's JSON: {kind} {number} {holder}"),
                whole,
                || message.brief(),
            )?;
            let document = self.beijing.get(&format!("{path}/document"))?;
            stage.check(
                "文件逐字节相同 the document is the same, byte for byte",
                document.body == parcel.document,
                || document.brief(),
            )?;
            self.verify_as_receiver(stage, &document.body)?;
            self.prove(stage, &owed.receipt)?;
            let signed = self.beijing.deliver(owed.index, &owed.receipt.checkpoint)?;
            stage.check(
                "送达回执已记账 the signed delivery receipt is recorded",
                signed.status == 201,
                || signed.brief(),
            )?;
        }
        let inbox: Inbox = read(&self.beijing.get("/v1/inbox")?)?;
        stage.check("收件箱已空 the inbox is empty", inbox.recognitions.is_empty(), || listed(&inbox))
    }

    /// Beijing believes its own copy of the trust list, by the key that it has pinned.
    fn verify_as_receiver(&self, stage: &mut Stage, document: &[u8]) -> Result<(), Wrong> {
        let now = Timestamp::now();
        let key_file = self.site.file("trust-key.pub.pem");
        let key = fs::read(&key_file).map_err(|cause| file(&key_file, cause))?;
        let PublicKey::Sm2(key) = PublicKey::from_pem(&key).map_err(|error| unusable(&error))? else {
            return Err(Wrong::Contract(key_file.display().to_string()));
        };
        let trust = Trust::from_signed_dir(&self.site.file("trust"), &key, now).map_err(|error| unusable(&error))?;
        let context = Context::new(&trust, Policy::Recognition, now, &Limits::DEFAULT).strict();
        let report = seals::verify(document, &context);
        stage.check(
            "接收方自行验章：有效 the receiver's own verification: VALID",
            report.verdict() == Verdict::Valid,
            || format!("{report:?}"),
        )
    }

    fn refuse(&mut self, stage: &mut Stage) -> Result<(), Wrong> {
        stage.step("不该互认的，给出理由和依据", "What must not be recognised is refused, with reasons");
        for (name, reason, told) in REFUSALS {
            let mut submission = self.submission("granted");
            match name {
                "tampered" => submission.tamper = Some(Tamper::Page),
                "revoked-signer" => submission.signer = Some("signer-revoked".to_owned()),
                _ => submission.signer = Some("signer-other".to_owned()),
            }
            let parcel = self.parcel(&submission)?;
            // The foreign seal is a good seal: that it is the wrong authority's is the gateway's finding, not the seal's.
            let verdict = if name == "foreign-seal" { Verdict::Valid } else { Verdict::Invalid };
            self.keep_document(name, &parcel, verdict)?;
            let answer = self.tianjin.submit(&parcel, None)?;
            let decided: Decided = read(&answer)?;
            let found = decided.reasons.iter().find(|found| found.code == reason);
            let refused = decided.decision == "refusal" && found.is_some();
            stage.check(&format!("不予互认 refused: {told}"), refused, || answer.brief())?;
            if let Some(found) = found {
                note(&format!("{}：{} / {}", found.code, found.zh, found.en));
            }
            self.keep_receipt(stage, name, &decided.receipt)?;
        }
        Ok(())
    }

    fn resend(&self, stage: &mut Stage, parcel: &Parcel, first: &Answer) -> Result<(), Wrong> {
        stage.step("重发与冲突", "A resend, and a conflict");
        let again = self.tianjin.submit(parcel, None)?;
        stage.check(
            "原样重发：应答逐字节相同 the same again: a byte-identical answer",
            again.body == first.body,
            || again.brief(),
        )?;
        let other = Parcel { to: self.hebei.clone(), ..parcel.clone() };
        let conflict = self.tianjin.submit(&other, None)?;
        let problem: Problem = read(&conflict)?;
        let refused = conflict.status == 409 && problem.code == "exchange.key_reused";
        stage.check(
            "同一幂等键换了内容：拒绝 other content under the same key: refused (409)",
            refused,
            || conflict.brief(),
        )?;
        let after = self.tianjin.submit(parcel, None)?;
        stage.check("原回执不受影响 the first receipt still stands", after.body == first.body, || after.brief())
    }

    fn misbehave(&self, stage: &mut Stage) -> Result<(), Wrong> {
        stage.step("没有通过认证的请求不进账本", "Requests that are not authenticated never reach the ledger");
        let parcel = self.parcel(&self.submission("granted"))?;
        let before = self.tianjin.get("/checkpoint")?;
        let wrong = [
            (Misuse::WrongSignature, 401, "签名错误 a wrong signature"),
            (Misuse::StaleCreated, 401, "签名过期 a signature that is too old"),
            (Misuse::WrongDigest, 400, "摘要与内容不符 the digest of another body"),
            (Misuse::AnotherPartnersKey, 403, "证书与密钥分属两家 certificate and key of two partners"),
        ];
        for (misuse, status, told) in wrong {
            let answer = self.tianjin.submit(&parcel, Some((misuse, self.beijing.partner())))?;
            let problem: Problem = read(&answer)?;
            stage.check(
                &format!("拒绝 refused ({status}): {told} → {}", problem.code),
                answer.status == status,
                || answer.brief(),
            )?;
        }
        let after = self.tianjin.get("/checkpoint")?;
        stage.check("账本没有增长 the ledger has not grown", before.body == after.body, || after.brief())
    }

    fn submission(&self, name: &str) -> Submission {
        Submission::plain(self.beijing.partner().region.clone(), name)
    }

    fn parcel(&self, submission: &Submission) -> Result<Parcel, Wrong> {
        let region = &self.tianjin.partner().region;
        let keys = self.site.keys();
        Ok(Parcel::make(&keys, &self.suite, Path::new("demo"), region, submission, Timestamp::now())?)
    }

    fn prove(&self, stage: &mut Stage, receipt: &ReceiptFile) -> Result<(), Wrong> {
        let proven = receipt::check(receipt, &self.log_keys);
        stage.check("回执证明成立 the receipt proves the entry", proven.is_ok(), || format!("{proven:?}"))
    }

    fn keep_document(&mut self, name: &'static str, parcel: &Parcel, verdict: Verdict) -> Result<(), Wrong> {
        keep(&self.site.file("documents"), &format!("{name}.ofd"), &parcel.document)?;
        self.kept.push(Kept { name, verdict });
        Ok(())
    }

    fn keep_receipt(&self, stage: &mut Stage, name: &str, receipt: &ReceiptFile) -> Result<(), Wrong> {
        self.prove(stage, receipt)?;
        let folder = self.site.file("receipts");
        keep(&folder, &format!("{name}.json"), receipt.to_json().as_bytes())?;
        let proof = receipt::proof(receipt).map_err(|code| Wrong::Contract(code.to_owned()))?;
        keep(&folder, &format!("{name}.tlog-proof"), proof.to_text().as_bytes())
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Wrong> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| Wrong::Result { what: error.to_string(), seen: answer.brief() })
}

fn keep(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Wrong> {
    fs::create_dir_all(folder).map_err(|cause| file(folder, cause))?;
    let path = folder.join(name);
    fs::write(&path, bytes).map_err(|cause| file(&path, cause))
}

fn unusable(error: &certs::Error) -> Wrong {
    Wrong::Contract(format!("{}: {error}", error.code()))
}

fn file(path: &Path, cause: std::io::Error) -> Wrong {
    Wrong::Launch(LaunchError::File { path: path.to_owned(), cause })
}
