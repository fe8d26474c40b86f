//! A one-page OFD (GB/T 33190) that shows a licence and states it in its custom data.
use std::fmt::Write as _;

use certs::digest;
use jiff::{Timestamp, civil::Date, tz::Offset};
use quick_xml::escape::escape;

use super::{SealingError, package::write_archive};
use crate::licence::LicenseFacts;

/// Width and height of the page in millimetres: A4, upright.
const PAGE: (f64, f64) = (210.0, 297.0);
const MARGIN: f64 = 15.0;
/// Where the baseline of Chinese type lies below its upper edge, in ems.
const BASELINE: f64 = 0.86;
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "xmlns:ofd=\"http://www.ofdspec.org/2016\"";

/// A package with one page and no signature.
///
/// # Errors
/// [`SealingError::Text`] where a fact has characters that XML forbids.
pub fn licence_package(facts: &LicenseFacts, created_at: Timestamp) -> Result<Vec<u8>, SealingError> {
    let datas = facts.to_custom_datas();
    if datas.iter().any(|(_, value)| value.chars().any(char::is_control)) {
        return Err(SealingError::Text { what: "the licence" });
    }
    let content = content(facts);
    write_archive(&[
        ("OFD.xml", root(facts, &datas, created_at).as_bytes()),
        ("Doc_0/Document.xml", document().as_bytes()),
        ("Doc_0/PublicRes.xml", resources().as_bytes()),
        ("Doc_0/Pages/Page_0/Content.xml", content.as_bytes()),
    ])
}

fn root(facts: &LicenseFacts, datas: &[(&'static str, String)], created_at: Timestamp) -> String {
    let mut custom = String::new();
    let mut identity = Vec::new();
    for (key, value) in datas {
        let _ = write!(custom, "<ofd:CustomData Name=\"{key}\">{}</ofd:CustomData>", escape(value.as_str()));
        identity.extend([key.as_bytes(), value.as_bytes(), &[0]]);
    }
    let moment = created_at.to_string();
    identity.push(moment.as_bytes());
    // GB/T 33190 wants a UUID; one from the contents keeps the same licence the same document.
    let id: String = hex::encode(digest::sm3(&identity)).chars().take(32).collect();
    let day = Offset::constant(8).to_datetime(created_at).date();
    let title = escape(facts.name.as_str());
    format!(
        "{XML}<ofd:OFD {NAMESPACE} Version=\"1.1\" DocType=\"OFD\"><ofd:DocBody><ofd:DocInfo><ofd:DocID>{id}</ofd:DocID>\
         <ofd:Title>{title}</ofd:Title><ofd:CreationDate>{day}</ofd:CreationDate><ofd:Creator>tongbiao</ofd:Creator>\
         <ofd:CustomDatas>{custom}</ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>\
         </ofd:DocBody></ofd:OFD>\n"
    )
}

fn document() -> String {
    let (width, height) = PAGE;
    format!(
        "{XML}<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>100</ofd:MaxUnitID><ofd:PageArea>\
         <ofd:PhysicalBox>0 0 {width} {height}</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>\
         </ofd:CommonData><ofd:Pages><ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages></ofd:Document>\n"
    )
}

fn resources() -> String {
    format!(
        "{XML}<ofd:Res {NAMESPACE} BaseLoc=\"Res\"><ofd:Fonts><ofd:Font ID=\"2\" FontName=\"宋体\" FamilyName=\"宋体\"/>\
         </ofd:Fonts></ofd:Res>\n"
    )
}

fn content(facts: &LicenseFacts) -> String {
    let (width, height) = PAGE;
    let mut objects = frame();
    let mut line = |id: u32, y: f64, size: f64, centred: bool, value: &str| {
        objects.push_str(&text(id, y, size, centred, value));
    };
    line(11, 45.0, 12.0, true, &facts.name);
    let until = match facts.valid_until {
        Some(end) if end.year() == 9999 => String::from("长期"),
        end => day(end),
    };
    let rows = [
        ("证照编号", facts.number.clone()),
        ("持证主体", facts.holder_name.clone()),
        ("持证主体代码", facts.holder_id.clone()),
        ("发证机关", facts.issuer_name.clone()),
        ("发证机关代码", facts.issuer_code.clone()),
        ("发证日期", day(facts.issued_on)),
        ("有效期至", until),
    ];
    for ((id, step), (label, value)) in (12_u32..).zip(0_u32..).zip(rows) {
        line(id, 85.0 + 15.0 * f64::from(step), 5.5, false, &format!("{label}：{value}"));
    }
    format!(
        "{XML}<ofd:Page {NAMESPACE}><ofd:Area><ofd:PhysicalBox>0 0 {width} {height}</ofd:PhysicalBox></ofd:Area><ofd:Content>\
         <ofd:Layer ID=\"9\">{objects}</ofd:Layer></ofd:Content></ofd:Page>\n"
    )
}

fn day(date: Option<Date>) -> String {
    date.map_or(String::from("—"), |date| format!("{}年{}月{}日", date.year(), date.month(), date.day()))
}

/// A red frame around the page.
fn frame() -> String {
    let (width, height) = (PAGE.0 - 2.0 * MARGIN, PAGE.1 - 2.0 * MARGIN);
    format!(
        "<ofd:PathObject ID=\"10\" Boundary=\"{MARGIN} {MARGIN} {width} {height}\" LineWidth=\"0.8\" Stroke=\"true\" Fill=\"false\">\
         <ofd:StrokeColor Value=\"176 36 24\"/><ofd:AbbreviatedData>M 0 0 L {width} 0 L {width} {height} L 0 {height} C\
         </ofd:AbbreviatedData></ofd:PathObject>"
    )
}

/// One line of text. Each character is placed: without `DeltaX` a viewer prints all of them on one spot.
fn text(id: u32, y: f64, size: f64, centred: bool, value: &str) -> String {
    let room = PAGE.0 - 4.0 * MARGIN;
    let ems: f64 = value.chars().map(em).sum();
    // A long line shrinks instead of leaving the page.
    let size = if ems * size > room { room / ems } else { size };
    let advances: Vec<String> = value.chars().map(|it| format!("{:.2}", em(it) * size)).collect();
    let x = 2.0 * MARGIN + if centred { (room - ems * size) / 2.0 } else { 0.0 };
    format!(
        "<ofd:TextObject ID=\"{id}\" Boundary=\"{x:.2} {y:.2} {:.2} {:.2}\" Font=\"2\" Size=\"{size:.2}\">\
         <ofd:FillColor Value=\"0 0 0\"/><ofd:TextCode X=\"0\" Y=\"{:.2}\" DeltaX=\"{}\">{}</ofd:TextCode></ofd:TextObject>",
        ems * size + 1.0,
        size * 1.2,
        size * BASELINE,
        advances.split_last().map_or(String::new(), |(_, but_last)| but_last.join(" ")),
        escape(value)
    )
}

/// Width of a character in ems: half for ASCII, one for everything else.
fn em(character: char) -> f64 {
    if character.is_ascii() { 0.5 } else { 1.0 }
}
