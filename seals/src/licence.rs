//! 电子证照元数据: what a sealed document says of its licence, in the keys of GB/T 36903.
use std::collections::BTreeMap;

use jiff::civil::Date;

/// 电子证照: the facts of a licence as the sealed document itself states them.
///
/// Read only from custom data that the seal protects. Texts are as written, without surrounding spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseFacts {
    /// 证照名称 ZZMC: the kind of document.
    pub name: String,
    /// 证照编号 ZZBH.
    pub number: String,
    /// 证照标识 ZZBS.
    pub license_id: Option<String>,
    /// 证照类型代码 ZZLXDM.
    pub license_type: Option<String>,
    /// 证照颁发机构 ZZBFJG.
    pub issuer_name: String,
    /// 证照颁发机构代码 ZZBFJGDM.
    pub issuer_code: String,
    /// 证照颁发日期 ZZBFRQ.
    pub issued_on: Option<Date>,
    /// 持证主体 CZZT.
    pub holder_name: String,
    /// 持证主体代码 CZZTDM.
    pub holder_id: String,
    /// 持证主体代码类型 CZZTDMLX.
    pub holder_id_type: Option<String>,
    /// 证照有效期起始日期 ZZYXQQSRQ.
    pub valid_from: Option<Date>,
    /// 证照有效期截止日期 ZZYXQJZRQ; 9999 stands for no end.
    pub valid_until: Option<Date>,
}

impl LicenseFacts {
    /// Reads the facts; `None` where one that every licence has is absent, or a date is none: half of the facts bind nothing.
    pub(crate) fn read(values: &BTreeMap<String, String>) -> Option<Self> {
        let value = |key: &str| values.get(key).filter(|value| !value.is_empty()).cloned();
        let day = |key: &str| value(key).map_or(Some(None), |text| date(&text).map(Some));
        Some(LicenseFacts {
            name: value("ZZMC")?,
            number: value("ZZBH")?,
            license_id: value("ZZBS"),
            license_type: value("ZZLXDM"),
            issuer_name: value("ZZBFJG")?,
            issuer_code: value("ZZBFJGDM")?,
            issued_on: day("ZZBFRQ")?,
            holder_name: value("CZZT")?,
            holder_id: value("CZZTDM")?,
            holder_id_type: value("CZZTDMLX"),
            valid_from: day("ZZYXQQSRQ")?,
            valid_until: day("ZZYXQJZRQ")?,
        })
    }

    /// The custom data that states these facts, in the order of GB/T 36903. Reading it gives the facts again.
    pub fn to_custom_datas(&self) -> Vec<(&'static str, String)> {
        let text = |value: &Option<String>| value.clone();
        let day = |value: Option<Date>| value.map(|date| date.to_string());
        let rows = [
            ("ZZMC", Some(self.name.clone())),
            ("ZZLXDM", text(&self.license_type)),
            ("ZZBH", Some(self.number.clone())),
            ("ZZBS", text(&self.license_id)),
            ("ZZBFJG", Some(self.issuer_name.clone())),
            ("ZZBFJGDM", Some(self.issuer_code.clone())),
            ("ZZBFRQ", day(self.issued_on)),
            ("CZZT", Some(self.holder_name.clone())),
            ("CZZTDM", Some(self.holder_id.clone())),
            ("CZZTDMLX", text(&self.holder_id_type)),
            ("ZZYXQQSRQ", day(self.valid_from)),
            ("ZZYXQJZRQ", day(self.valid_until)),
        ];
        rows.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

/// 2022-11-09, 20221109 or 2022年11月9日.
fn date(text: &str) -> Option<Date> {
    let compact = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = if compact {
        vec![text.get(..4)?, text.get(4..6)?, text.get(6..)?]
    } else {
        text.strip_suffix('日').unwrap_or(text).split(['-', '年', '月']).collect()
    };
    let digits = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_slice() {
        [year, month, day] if parts.iter().all(digits) => {
            Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> BTreeMap<String, String> {
        let rows = [
            ("ZZMC", "劳务派遣经营许可证"),
            ("ZZBH", "津劳派000001"),
            ("ZZBFJG", "天津市测试审批局(虚构)"),
            ("ZZBFJGDM", "11120000FAKE00021Q"),
            ("ZZBFRQ", "2022年11月9日"),
            ("CZZT", "北京自贸测试企业(虚构)"),
            ("CZZTDM", "91110105FAKE100199"),
            ("ZZYXQJZRQ", "99991231"),
        ];
        rows.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn facts_are_read_and_written_alike() {
        let facts = LicenseFacts::read(&values()).unwrap();
        assert_eq!(facts.issued_on, Some(Date::constant(2022, 11, 9)));
        let written = facts.to_custom_datas().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        assert_eq!(LicenseFacts::read(&written), Some(facts));
    }

    #[test]
    fn facts_with_a_gap_or_a_date_that_is_none_are_no_facts() {
        for key in ["ZZMC", "ZZBH", "ZZBFJG", "ZZBFJGDM", "CZZT", "CZZTDM"] {
            let mut values = values();
            values.insert(key.to_owned(), String::new());
            assert_eq!(LicenseFacts::read(&values), None, "{key}");
        }
        for wrong in ["2022-13-01", "长期", "2022/11/09", "2022-11", "202211091", "+022-11-09"] {
            let mut values = values();
            values.insert(String::from("ZZBFRQ"), wrong.to_owned());
            assert_eq!(LicenseFacts::read(&values), None, "{wrong}");
        }
    }
}
