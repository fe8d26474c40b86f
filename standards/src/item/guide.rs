//! An item as a page of a service guide (办事指南), in Chinese.

use std::fmt::Write as _;

use super::{Catalogue, Fee, Material, SameStandardItem};
use crate::region::Regions;

impl SameStandardItem {
    /// 办事指南: everything that an applicant and a window clerk need to know about the item. What is attested and what is
    /// modelled stands at the top.
    pub fn guide(&self, catalogue: &Catalogue, regions: &Regions) -> String {
        let mut page = Page { text: String::new(), headings: 0 };
        let provenance = &self.provenance;
        let edition = catalogue.edition();
        page.line(&format!("{} 办事指南", self.name));
        page.line(&format!("同事同标事项 {} · 基本编码 {} · 目录版本 {edition}", self.id, self.basic_code));
        let attested = provenance.attested_as.as_ref().map(|name| format!("（原文：{name}）")).unwrap_or_default();
        page.line(&format!("事项名称{}{attested}；其余为{}。", provenance.name.label(), provenance.contents.label()));
        self.basics(&mut page);
        page.heading("受理条件");
        for (position, criterion) in self.acceptance_criteria.iter().enumerate() {
            page.line(&format!("  {}. {}", position + 1, criterion.text));
            if let Some(condition) = &criterion.condition {
                page.line(&format!("     系统核对：{}。", condition.describe(catalogue.vocabulary())));
            }
        }
        page.heading("申请材料");
        for (position, material) in self.materials.iter().enumerate() {
            describe(material, position + 1, catalogue, &mut page);
        }
        page.heading("办理时限");
        page.row("法定办结时限", &legal_limit(self));
        page.row("承诺办结时限", &self.time_limit.committed_limit.to_string());
        page.heading("收费标准");
        if self.fees.is_empty() {
            page.line("  不收费。");
        }
        self.fees.iter().for_each(|fee| page.line(&format!("  {}", charge(fee))));
        page.heading("告知承诺");
        let covers = self.notification_commitment.as_ref().map(|commitment| commitment.covers.as_str());
        page.line(&format!("  {}", covers.unwrap_or("不适用。")));
        self.outcome(regions, &mut page);
        page.text
    }

    fn basics(&self, page: &mut Page) {
        page.heading("基本信息");
        page.row("主管部门", &self.department);
        page.row("事项类型", self.class.label());
        page.row("办理对象", self.applicant.label());
        page.row("办件类型", self.case_kind.label());
        let until = self.effective_until.map_or_else(|| "长期".to_owned(), |until| format!("{until} 前"));
        page.row("实施期间", &format!("{} 起，{until}", self.effective_from));
    }

    fn outcome(&self, regions: &Regions, page: &mut Page) {
        page.heading("办理结果");
        page.row("结果文书", &format!("{}（{}）", self.result.name, self.result.kind.label()));
        page.row("证照类型代码", self.result.license_type.as_deref().unwrap_or("无，不是电子证照"));
        page.row("有效期", &self.result.validity.to_string());
        page.heading("结果互认");
        let names: Vec<&str> = self
            .recognised_in
            .iter()
            .map(|code| regions.get(code).map_or(code.as_str(), |region| region.name_zh.as_str()))
            .collect();
        page.row("互认方式", self.recognition.label());
        page.row("互认内容", &self.recognised);
        page.row("互认地区", &names.join("、"));
        page.row("适用范围", self.scope.label());
        page.row("监管主体", &self.supervising_authority);
    }
}

/// A statutory limit of nothing means that the law sets none.
fn legal_limit(item: &SameStandardItem) -> String {
    match item.time_limit.statutory_limit.count {
        0 => "法律未作规定".to_owned(),
        _ => item.time_limit.statutory_limit.to_string(),
    }
}

fn describe(material: &Material, number: usize, catalogue: &Catalogue, page: &mut Page) {
    let Material { name, kind, form, source, necessity, .. } = material;
    let (kind, form, source) = (kind.label(), form.label(), source.label());
    page.line(&format!("  {number}. {name}（{kind}，{form}，{source}，{}）", necessity.label()));
    if let Some(only_if) = &material.only_if {
        page.line(&format!("     适用情形：{only_if}。"));
    }
    page.line(&format!("     要求：{}", material.requirement));
    let shared = material.exempted_by.as_deref().and_then(|key| catalogue.vocabulary().shared_data(key));
    if let Some(shared) = shared {
        page.line(&format!("     免交：可以通过{}（{}）核验的，不再提交。", shared.name, shared.keeper));
    }
}

fn charge(fee: &Fee) -> String {
    let Fee { name, amount_yuan, per, basis } = fee;
    match amount_yuan {
        Some(0) => format!("{name}：免费。{basis}。"),
        Some(yuan) => format!("{name}：{yuan} 元/{per}。{basis}。"),
        None => format!("{name}：按{per}收取。{basis}。"),
    }
}

/// The page as it grows, and how many headings it has.
struct Page {
    text: String,
    headings: usize,
}

impl Page {
    const NUMBERS: [&'static str; 8] = ["一", "二", "三", "四", "五", "六", "七", "八"];

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{text}");
    }

    fn row(&mut self, label: &str, value: &str) {
        self.line(&format!("  {label}：{value}"));
    }

    fn heading(&mut self, title: &str) {
        let number = Self::NUMBERS.get(self.headings).unwrap_or(&"九");
        self.headings += 1;
        self.line(&format!("\n{number}、{title}"));
    }
}
