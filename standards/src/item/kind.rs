//! The closed sets of values that items are described with, each with its name in Chinese.

use serde::{Deserialize, Serialize};

/// Declares an enum and, from the same rows, its names in Chinese.
macro_rules! kinds {
    ($($(#[$documentation:meta])* $name:ident { $($(#[$of_variant:meta])* $variant:ident = $label:literal,)+ })+) => {$(
        $(#[$documentation])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[doc = concat!($label, ".")] $(#[$of_variant])* $variant,)+
        }

        impl $name {
            /// Its name in Chinese.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }
    )+};
}

kinds! {
    /// 事项类型: the kind of power that is used.
    ItemClass {
        AdministrativeLicence = "行政许可",
        AdministrativeConfirmation = "行政确认",
        AdministrativeFiling = "行政备案",
        PublicService = "公共服务",
        OtherPower = "其他行政权力",
    }

    /// 申请人类型: who may apply.
    ApplicantKind {
        NaturalPerson = "自然人",
        LegalPerson = "法人和其他组织",
        Either = "自然人、法人和其他组织",
    }

    /// 办件类型: whether the case ends at the window.
    CaseKind {
        Immediate = "即办件",
        Committed = "承诺件",
    }

    /// 材料类别: what a material is.
    MaterialKind {
        ApplicationForm = "申请表格",
        Document = "证照文件",
        Evidence = "证明材料",
        Text = "制度方案",
        Report = "报告证书",
        Drawing = "图纸照片",
        Commitment = "承诺声明",
        Contract = "合同协议",
    }

    /// 材料形式: in which form it is taken.
    MaterialForm {
        Original = "原件",
        Copy = "复印件",
        Electronic = "电子件",
    }

    /// 材料来源: where it comes from.
    MaterialSource {
        Applicant = "申请人自备",
        /// Read from shared data and not asked of the applicant.
        SharedData = "共享核验",
        ThirdParty = "第三方机构出具",
    }

    /// 材料必要性: when it is asked for.
    Necessity {
        Required = "必要",
        /// Only when the condition that the material states holds.
        Conditional = "特定情形必要",
        /// 容缺后补: may follow after acceptance, before the conclusion.
        Deferrable = "可容缺后补",
    }

    /// 时限单位.
    LimitUnit {
        WorkingDay = "个工作日",
        NaturalDay = "个自然日",
    }

    /// 结果类型.
    ResultKind {
        License = "证照",
        Approval = "批文",
        FilingReceipt = "备案凭证",
        Attestation = "证明",
        Archive = "档案",
        QueryResult = "查询结果",
        OtherDocument = "其他文书",
    }

    /// 互认方式: what the receiving region takes over.
    RecognitionKind {
        /// The licence counts as its own.
        License = "证照互认",
        /// The decision counts as its own.
        Result = "结果互认",
        /// The holder's qualification counts.
        Qualification = "资质互认",
        /// The filing need not be made again.
        Filing = "备案互认",
        /// The attestation is taken as evidence.
        Attestation = "证明互认",
        /// The state of the holder counts.
        Status = "状态互认",
        /// Handled together, one permit for all.
        Joint = "联办互认",
        /// The data behind the result is taken over.
        Data = "数据互认",
    }

    /// 适用范围: where a result holds.
    Scope {
        Nationwide = "全国",
        /// The regions that recognise it of one another.
        RecognisedRegions = "互认地区全域",
        FreeTradeZones = "互认地区的自由贸易试验区",
    }

    /// 事项名称的依据: where the name of an item was seen.
    NameProvenance {
        PublishedList = "见于公开的政务服务事项清单",
        OtherSource = "见于其他公开来源",
        /// Seen nowhere by us.
        GeneralKnowledge = "未见公开来源，按通行的国家目录拟定",
    }

    /// 事项内容的依据: where everything but the name comes from.
    ContentsProvenance {
        Modelled = "建模内容，不是官方目录",
    }
}
