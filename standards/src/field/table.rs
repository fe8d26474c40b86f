//! The field table: every canonical field, the kinds of messages that have it, and what its text must be.

use super::{Field, FieldKind, Privacy};
use crate::code::CodeKind;
use crate::message::MessageKind::{
    Acceptance, Application, Collection, Conclusion, ProcessStep, Refusal, ResultRevocation, SpecialProcedureEnd,
    SpecialProcedureStart, SupplementAnswer, SupplementNotice, Withdrawal,
};
use crate::message::MessageKinds;

/// The paths, so that code names a field once. A `*` stands for the number of an element, counted from 0.
pub mod path {
    /// 来源地区.
    pub const FROM: &str = "from";
    /// 事项编号.
    pub const ITEM: &str = "item";
    /// 办件编号.
    pub const CASE_ID: &str = "case_id";
    /// 地方事项编码.
    pub const LOCAL_ITEM_CODE: &str = "local_item_code";
    /// 行政区划代码.
    pub const DIVISION: &str = "division";
    /// 实施机关统一社会信用代码.
    pub const AUTHORITY_CODE: &str = "authority.code";
    /// 实施机关名称.
    pub const AUTHORITY_NAME: &str = "authority.name";
    /// 申请人类型.
    pub const APPLICANT_KIND: &str = "applicant.kind";
    /// 申请人名称.
    pub const APPLICANT_NAME: &str = "applicant.name";
    /// 申请人证件类型.
    pub const APPLICANT_ID_TYPE: &str = "applicant.id_type";
    /// 申请人证件号码.
    pub const APPLICANT_ID_NUMBER: &str = "applicant.id_number";
    /// 受理时间.
    pub const ACCEPTED_AT: &str = "accepted_at";
    /// 办结时间.
    pub const CONCLUDED_AT: &str = "concluded_at";
    /// 办理决定.
    pub const DECISION: &str = "decision";
    /// 电子证照标识.
    pub const LICENSE_ID: &str = "license.id";
    /// 证照编号.
    pub const LICENSE_NUMBER: &str = "license.number";
    /// 证照名称.
    pub const LICENSE_NAME: &str = "license.name";
    /// 颁发机构统一社会信用代码.
    pub const LICENSE_ISSUER_CODE: &str = "license.issuer.code";
    /// 颁发机构名称.
    pub const LICENSE_ISSUER_NAME: &str = "license.issuer.name";
    /// 持证主体名称.
    pub const LICENSE_HOLDER_NAME: &str = "license.holder.name";
    /// 持证主体代码.
    pub const LICENSE_HOLDER_ID: &str = "license.holder.id";
    /// 颁发日期.
    pub const LICENSE_ISSUED_ON: &str = "license.issued_on";
    /// 有效期截止.
    pub const LICENSE_VALID_UNTIL: &str = "license.valid_until";
    /// 报文序号: the how-manieth event of its kind in the case, counted from 1.
    pub const SEQUENCE: &str = "message.sequence";
    /// 报文版本: a message that is sent again with a correction has the next one.
    pub const VERSION: &str = "message.version";
    /// 目录版本: the edition of the catalogue that the message was built on.
    pub const CATALOGUE_EDITION: &str = "message.catalogue_edition";
    /// 发生时间 of whatever the message is about.
    pub const OCCURRED_AT: &str = "occurred_at";
    /// 申办渠道.
    pub const CHANNEL: &str = "channel";
    /// 时限数.
    pub const LIMIT_COUNT: &str = "limit.count";
    /// 时限单位.
    pub const LIMIT_UNIT: &str = "limit.unit";
    /// 截止日期.
    pub const DUE_ON: &str = "due_on";
    /// 不予受理类别.
    pub const REFUSAL: &str = "refusal";
    /// 事由.
    pub const REASON: &str = "reason";
    /// 环节.
    pub const STEP: &str = "step";
    /// 意见.
    pub const OPINION: &str = "opinion";
    /// 特别程序种类.
    pub const SPECIAL_PROCEDURE: &str = "special_procedure";
    /// 撤回阶段.
    pub const WITHDRAWN: &str = "withdrawn";
    /// 取件方式.
    pub const DELIVERY: &str = "delivery";
    /// 领取人.
    pub const COLLECTOR_NAME: &str = "collector.name";
    /// 证照类型代码.
    pub const LICENSE_TYPE: &str = "license.type";
    /// 持证主体代码类型.
    pub const LICENSE_HOLDER_ID_TYPE: &str = "license.holder.id_type";
    /// 有效期起始.
    pub const LICENSE_VALID_FROM: &str = "license.valid_from";
    /// 附件名称.
    pub const ATTACHMENT_NAME: &str = "attachments.*.name";
    /// 附件所属材料.
    pub const ATTACHMENT_MATERIAL: &str = "attachments.*.material";
    /// 附件格式.
    pub const ATTACHMENT_MEDIA_TYPE: &str = "attachments.*.media_type";
    /// 附件摘要.
    pub const ATTACHMENT_DIGEST: &str = "attachments.*.digest";
    /// 附件标识.
    pub const ATTACHMENT_REFERENCE: &str = "attachments.*.reference";
    /// 附件内容.
    pub const ATTACHMENT_CONTENT: &str = "attachments.*.content";
}

/// The texts of `applicant.kind`.
pub const APPLICANT_KINDS: &[&str] = &["natural_person", "legal_person"];
/// The texts of `applicant.id_type`.
pub const ID_TYPES: &[&str] = &["resident_identity_card", "passport", "residence_permit", "credit_code"];
/// The texts of `decision`.
pub const DECISIONS: &[&str] = &["grant", "refuse"];
/// The texts of `channel`: 窗口, 电脑端, 移动端, 自助终端, 邮寄, 其他.
pub const CHANNELS: &[&str] = &["window", "web", "mobile", "terminal", "post", "other"];
/// The texts of `limit.unit`: 工作日, 自然日.
pub const LIMIT_UNITS: &[&str] = &["working_day", "calendar_day"];
/// The texts of `refusal`: 不受理 (it is not ours, or not complete), 不予受理 (it cannot be granted at all).
pub const REFUSALS: &[&str] = &["not_accepted", "rejected"];
/// The texts of `step`: 承办, 审核, 批准.
pub const STEPS: &[&str] = &["handling", "review", "approval"];
/// The texts of `special_procedure`: 听证, 招标, 拍卖, 检验, 检测, 检疫, 鉴定, 专家评审, 其他.
pub const SPECIAL_PROCEDURES: &[&str] =
    &["hearing", "tender", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review", "other"];
/// The texts of `withdrawn`: 受理前, 受理后, 未说明.
pub const WITHDRAWALS: &[&str] = &["before_acceptance", "after_acceptance", "unspecified"];
/// The texts of `delivery`: 自取, 邮寄, 电子.
pub const DELIVERIES: &[&str] = &["in_person", "post", "electronic"];
/// The texts of `attachments.*.media_type`.
pub const MEDIA_TYPES: &[&str] = &["application/ofd", "application/pdf", "image/jpeg", "image/png", "application/xml"];
/// The text of `license.valid_until` that says that a licence does not end.
pub const NO_EXPIRY: &str = "no_expiry";

/// A row of a field that no kind of message has yet, and that names no person.
const fn field(path: &'static str, name_zh: &'static str, kind: FieldKind) -> Field {
    let none = MessageKinds::NONE;
    let privacy = Privacy::Open;
    Field { path, name_zh, kind, required_in: none, optional_in: none, privacy, row: 0, first_of_list: None }
}

/// The rows with their numbers; the rows of one list follow one another.
#[expect(clippy::indexing_slicing, reason = "an index beyond the rows ends the build")]
const fn numbered<const ROWS: usize>(mut rows: [Field; ROWS]) -> [Field; ROWS] {
    let mut row: u8 = 0;
    let mut list = None;
    while (row as usize) < ROWS {
        list = match (names_an_element(rows[row as usize].path), list) {
            (true, None) => Some(row),
            (true, first) => first,
            (false, _) => None,
        };
        rows[row as usize].row = row;
        rows[row as usize].first_of_list = list;
        row += 1;
    }
    rows
}

/// Whether a path has a `*`.
const fn names_an_element(path: &str) -> bool {
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'*' {
            return true;
        }
        rest = after;
    }
    false
}

impl Field {
    const fn required(self, kinds: MessageKinds) -> Self {
        Self { required_in: kinds, ..self }
    }

    const fn optional(self, kinds: MessageKinds) -> Self {
        Self { optional_in: kinds, ..self }
    }

    const fn personal(self) -> Self {
        Self { privacy: Privacy::Personal, ..self }
    }
}

const ALL: MessageKinds = MessageKinds::ALL;
const CONCLUSION: MessageKinds = MessageKinds::of(&[Conclusion]);
const WITH_APPLICANT: MessageKinds = MessageKinds::of(&[Application, Acceptance, Refusal, Conclusion]);
const WITH_LICENSE: MessageKinds = MessageKinds::of(&[Conclusion, ResultRevocation]);
const WITH_REASON: MessageKinds = MessageKinds::of(&[Refusal, SupplementNotice, ResultRevocation]);
const WITH_OPTIONAL_REASON: MessageKinds = MessageKinds::of(&[SpecialProcedureStart, Withdrawal]);
const WITH_LIMIT: MessageKinds = MessageKinds::of(&[Acceptance, SpecialProcedureStart]);
const WITH_DUE_DAY: MessageKinds = MessageKinds::of(&[Acceptance, SupplementNotice]);
const WITH_OPINION: MessageKinds = MessageKinds::of(&[ProcessStep, SpecialProcedureEnd]);
const WITH_ATTACHMENTS: MessageKinds = MessageKinds::of(&[Application, SupplementAnswer, Conclusion]);

const CREDIT_CODE: FieldKind = FieldKind::Code(CodeKind::CreditCode);

/// The field table, in reading order. Mappings may name these paths and no others.
pub static FIELDS: &[Field] = &numbered([
    field(path::FROM, "来源地区", FieldKind::Code(CodeKind::RegionCode)).required(ALL),
    field(path::ITEM, "同事同标事项编号", FieldKind::Code(CodeKind::ItemId)).required(ALL),
    field(path::CASE_ID, "办件编号", FieldKind::Code(CodeKind::CaseId)).required(ALL),
    field(path::LOCAL_ITEM_CODE, "地方事项编码", FieldKind::Text).required(ALL),
    field(path::DIVISION, "行政区划代码", FieldKind::Code(CodeKind::DivisionCode)).required(ALL),
    field(path::AUTHORITY_CODE, "实施机关统一社会信用代码", CREDIT_CODE).required(ALL),
    field(path::AUTHORITY_NAME, "实施机关名称", FieldKind::Text).required(ALL),
    field(path::SEQUENCE, "报文序号", FieldKind::Count).optional(ALL),
    field(path::VERSION, "报文版本", FieldKind::Count).optional(ALL),
    field(path::CATALOGUE_EDITION, "目录版本", FieldKind::Text).optional(ALL),
    field(path::APPLICANT_KIND, "申请人类型", FieldKind::Choice(APPLICANT_KINDS)).required(WITH_APPLICANT),
    field(path::APPLICANT_NAME, "申请人名称", FieldKind::Text).required(WITH_APPLICANT).personal(),
    field(path::APPLICANT_ID_TYPE, "申请人证件类型", FieldKind::Choice(ID_TYPES)).required(WITH_APPLICANT),
    field(path::APPLICANT_ID_NUMBER, "申请人证件号码", FieldKind::Text).required(WITH_APPLICANT).personal(),
    field(path::OCCURRED_AT, "发生时间", FieldKind::Timestamp).required(MessageKinds::but(&[Conclusion])),
    field(path::CHANNEL, "申办渠道", FieldKind::Choice(CHANNELS)).optional(MessageKinds::of(&[Application])),
    field(path::LIMIT_COUNT, "时限数", FieldKind::Count).optional(WITH_LIMIT),
    field(path::LIMIT_UNIT, "时限单位", FieldKind::Choice(LIMIT_UNITS)).optional(WITH_LIMIT),
    field(path::DUE_ON, "截止日期", FieldKind::Date).optional(WITH_DUE_DAY),
    field(path::REFUSAL, "不予受理类别", FieldKind::Choice(REFUSALS)).required(MessageKinds::of(&[Refusal])),
    field(path::STEP, "环节", FieldKind::Choice(STEPS)).required(MessageKinds::of(&[ProcessStep])),
    field(path::SPECIAL_PROCEDURE, "特别程序种类", FieldKind::Choice(SPECIAL_PROCEDURES))
        .required(MessageKinds::of(&[SpecialProcedureStart])),
    field(path::WITHDRAWN, "撤回阶段", FieldKind::Choice(WITHDRAWALS)).required(MessageKinds::of(&[Withdrawal])),
    field(path::REASON, "事由", FieldKind::Remark).required(WITH_REASON).optional(WITH_OPTIONAL_REASON).personal(),
    field(path::OPINION, "意见", FieldKind::Remark).optional(WITH_OPINION).personal(),
    field(path::DELIVERY, "取件方式", FieldKind::Choice(DELIVERIES)).required(MessageKinds::of(&[Collection])),
    field(path::COLLECTOR_NAME, "领取人", FieldKind::Text).optional(MessageKinds::of(&[Collection])).personal(),
    field(path::ACCEPTED_AT, "受理时间", FieldKind::Timestamp).optional(CONCLUSION),
    field(path::CONCLUDED_AT, "办结时间", FieldKind::Timestamp).required(CONCLUSION),
    field(path::DECISION, "办理决定", FieldKind::Choice(DECISIONS)).required(CONCLUSION),
    field(path::LICENSE_ID, "电子证照标识", FieldKind::Code(CodeKind::LicenseId)).optional(WITH_LICENSE),
    field(path::LICENSE_NUMBER, "证照编号", FieldKind::Text).required(WITH_LICENSE).personal(),
    field(path::LICENSE_NAME, "证照名称", FieldKind::Text).required(WITH_LICENSE),
    field(path::LICENSE_TYPE, "证照类型代码", FieldKind::Text).optional(CONCLUSION),
    field(path::LICENSE_ISSUER_CODE, "颁发机构统一社会信用代码", CREDIT_CODE).required(CONCLUSION),
    field(path::LICENSE_ISSUER_NAME, "颁发机构名称", FieldKind::Text).required(CONCLUSION),
    field(path::LICENSE_HOLDER_NAME, "持证主体名称", FieldKind::Text).required(CONCLUSION).personal(),
    field(path::LICENSE_HOLDER_ID, "持证主体代码", FieldKind::Text).required(CONCLUSION).personal(),
    field(path::LICENSE_HOLDER_ID_TYPE, "持证主体代码类型", FieldKind::Choice(ID_TYPES)).optional(CONCLUSION),
    field(path::LICENSE_ISSUED_ON, "颁发日期", FieldKind::Date).optional(CONCLUSION),
    field(path::LICENSE_VALID_FROM, "有效期起始", FieldKind::Date).optional(CONCLUSION),
    field(path::LICENSE_VALID_UNTIL, "有效期截止", FieldKind::DateOrNoExpiry).optional(CONCLUSION),
    field(path::ATTACHMENT_NAME, "附件名称", FieldKind::Text).required(WITH_ATTACHMENTS).personal(),
    field(path::ATTACHMENT_MATERIAL, "附件所属材料", FieldKind::Text).optional(WITH_ATTACHMENTS),
    field(path::ATTACHMENT_MEDIA_TYPE, "附件格式", FieldKind::Choice(MEDIA_TYPES)).optional(WITH_ATTACHMENTS),
    field(path::ATTACHMENT_DIGEST, "附件摘要", FieldKind::Digest).optional(WITH_ATTACHMENTS),
    field(path::ATTACHMENT_REFERENCE, "附件标识", FieldKind::Text).optional(WITH_ATTACHMENTS),
    field(path::ATTACHMENT_CONTENT, "附件内容", FieldKind::Content).optional(WITH_ATTACHMENTS).personal(),
]);
