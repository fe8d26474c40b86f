//! A comparison as one page of HTML that needs nothing beside it.

use std::fmt::Write as _;

use super::text::NOTHING;
use super::{AbsentRegion, Difference, Drift, NeedlessDeclaration};

const HEAD: &str = "<!doctype html>
<html lang=\"zh-CN\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>四同核对</title>
<style>
body { font: 16px/1.6 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #bbb; padding: .4rem .6rem; text-align: left; vertical-align: top; }
tr.unexcused td:first-child { border-left: .4rem solid #b3261e; }
code { font-size: .85em; }
</style>
</head>
<body>
";

const COLUMNS: &str =
    "<tr><th>地区</th><th>事项</th><th>四同</th><th>字段</th><th>标准</th><th>地方</th><th>状态</th></tr>\n";

impl Drift {
    /// The page, in Chinese.
    pub fn html(&self) -> String {
        let mut page = HEAD.to_owned();
        let _ = writeln!(page, "<h1>四同核对</h1>\n<p>{}</p>", escaped(&self.sentence()));
        let regions: Vec<String> =
            self.regions.iter().map(|region| format!("{} {} 项", region.region, region.items)).collect();
        let _ = writeln!(
            page,
            "<p>目录版本 {}，核对日期 {}；{}。目录名称见于公开来源，内容为建模，不是官方目录。</p>",
            escaped(&self.edition),
            self.on,
            escaped(&regions.join("，"))
        );
        for AbsentRegion { region, name } in &self.absent {
            let _ = writeln!(page, "<p>没有事项目录的地区：{region} {}</p>", escaped(name));
        }
        if !self.differences.is_empty() {
            let _ = write!(page, "<table>\n<thead>{COLUMNS}</thead>\n<tbody>\n");
            self.differences.iter().for_each(|difference| row(difference, &mut page));
            page.push_str("</tbody>\n</table>\n");
        }
        for NeedlessDeclaration { region, item, field } in &self.needless {
            let field = escaped(field);
            let _ = writeln!(page, "<p>多余的申报：{region} {item} <code>{field}</code></p>");
        }
        page.push_str("</body>\n</html>\n");
        page
    }
}

fn row(difference: &Difference, page: &mut String) {
    let class = if difference.is_excused() { "known" } else { "unexcused" };
    let side = |side: &Option<String>| escaped(side.as_deref().unwrap_or(NOTHING));
    let Difference { region, item, item_name, part, field, standard, regional, standing } = difference;
    let _ = writeln!(
        page,
        "<tr class=\"{class}\"><td>{region}</td><td>{item} {}</td><td>{}<br><code>{}</code></td><td><code>{}</code></td>\
         <td>{}</td><td>{}</td><td>{}</td></tr>",
        escaped(item_name),
        part.label(),
        part.code(),
        escaped(field),
        side(standard),
        side(regional),
        escaped(&standing.to_string()),
    );
}

/// The text with nothing in it that HTML would read as its own: a region's catalogue may come from a stranger's folder.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}
