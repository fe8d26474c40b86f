//! A comparison as text, for a terminal or a log.

use std::fmt;

use standards::problem;

use super::{AbsentRegion, Difference, Drift, NeedlessDeclaration, Standing};

/// What stands for a side that has nothing.
pub(super) const NOTHING: &str = "（无）";

impl fmt::Display for Drift {
    /// In Chinese: the sentence, then a paragraph for each difference, those that nobody answers for first.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "四同核对 · 目录版本 {} · {}", self.edition, self.on)?;
        for region in &self.regions {
            writeln!(formatter, "  {} {} 项", region.region, region.items)?;
        }
        writeln!(formatter, "{}", self.sentence())?;
        for AbsentRegion { region, name } in &self.absent {
            let code = AbsentRegion::CODE;
            writeln!(formatter, "\n✗ {region} {name} [{code}]\n    {}", advice(code))?;
        }
        for difference in self.unexcused().chain(self.differences.iter().filter(|difference| difference.is_excused())) {
            writeln!(formatter, "\n{difference}")?;
        }
        for NeedlessDeclaration { region, item, field } in &self.needless {
            let code = NeedlessDeclaration::CODE;
            writeln!(formatter, "\n✗ {region} {item} {field} [{code}]\n    {}", advice(code))?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, item, item_name, part, field, standard, regional, standing } = self;
        let mark = if self.is_excused() { "·" } else { "✗" };
        writeln!(formatter, "{mark} {region} {item} {item_name}：{} {field} [{}]", part.label(), part.code())?;
        writeln!(formatter, "    标准：{}", standard.as_deref().unwrap_or(NOTHING))?;
        writeln!(formatter, "    地方：{}", regional.as_deref().unwrap_or(NOTHING))?;
        write!(formatter, "    {standing}")?;
        if !self.is_excused() {
            write!(formatter, "\n    {}", advice(part.code()))?;
        }
        Ok(())
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undeclared => formatter.write_str("未申报"),
            Self::Known { reason, until } => write!(formatter, "已申报，至 {until} 前：{reason}"),
            Self::Expired { reason, until } => write!(formatter, "申报已于 {until} 到期：{reason}"),
        }
    }
}

fn advice(code: &str) -> &'static str {
    problem::text(code).map_or("", |text| text.advice_zh.as_str())
}
