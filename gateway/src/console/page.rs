//! The pages as HTML. Everything that comes from outside is escaped by the template engine.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

use super::judge::{Answer, Conclusion, beijing_time};
use crate::exchange::document::Text;

/// What stands where a reason has no clause of a standard; a test holds it to the edition of the rules.
const POLICY: &str = "结果互认判定规则 recognition-1";

/// What the page says of each conclusion: class, Chinese, English, what to do now.
fn sentence(conclusion: Conclusion) -> (&'static str, &'static str, &'static str, &'static str, &'static str) {
    match conclusion {
        Conclusion::Recognised => (
            "recognised",
            "可互认",
            "Recognised",
            "电子印章真实有效，由颁发机构本身加盖，文件未被改动。请按本地同一事项办理，不再要求重复提交。",
            "The seal is genuine, is the issuer's own, and nothing was changed. Accept the result as if it were issued here.",
        ),
        Conclusion::Refused => (
            "refused",
            "不予互认",
            "Not recognised",
            "请不要收取该结果，并按下列理由告知申请人。",
            "Do not accept this result; tell the applicant the reason below.",
        ),
        Conclusion::ManualReview => (
            "review",
            "需人工核验",
            "To be reviewed by a person",
            "没有发现问题，但还不能下结论。请按下列提示核验。",
            "Nothing wrong was found, and nothing can be concluded yet. Follow the advice below.",
        ),
    }
}

/// The page with the empty form.
pub(super) fn form() -> Markup {
    frame("结果互认核验", &html! { (fields()) })
}

/// The page with an answer.
pub(super) fn answer(answer: &Answer, at: Timestamp) -> Markup {
    let (class, zh, en, next_zh, next_en) = sentence(answer.conclusion);
    let body = html! {
        section class={ "answer " (class) } aria-live="polite" {
            h2 { (zh) " " small lang="en" { (en) } }
            p.next { (next_zh) }
            p.next lang="en" { (next_en) }
        }
        @if !answer.grounds.is_empty() {
            section.grounds {
                h3 { "理由和办法 " small lang="en" { "Reason and what to do" } }
                @for ground in &answer.grounds {
                    @let text = Text::of(&ground.code);
                    article {
                        p.reason { (text.zh) }
                        p lang="en" { (text.en) }
                        @if !text.advice_zh.is_empty() {
                            p.advice { "现在请这样做：" (text.advice_zh) }
                            p lang="en" { (text.advice_en) }
                        }
                        p.clause {
                            // Where no standard asks for it, the rules of this gateway do.
                            "依据 Clause: " (ground.clause.as_deref().unwrap_or(POLICY)) " · "
                            "代码 Code: " code { (ground.code) }
                        }
                    }
                }
            }
        }
        @if !answer.facts.is_empty() {
            section.facts {
                h3 { "核验内容 " small lang="en" { "What was checked" } }
                dl { @for (label, value) in &answer.facts { div { dt { (label) } dd { (value) } } } }
            }
        }
        p.stamp { "核验时间 Checked at: " (beijing_time(at)) "（北京时间 Beijing time）" }
        (fields())
    };
    frame(zh, &body)
}

/// The page for a problem with the question itself.
pub(super) fn problem(text: &Text<'_>, code: &str, trace: &str) -> Markup {
    let body = html! {
        section.answer.review {
            h2 { (text.zh) }
            p lang="en" { (text.en) }
            p.next { (text.advice_zh) }
            p.next lang="en" { (text.advice_en) }
            p.clause { "代码 Code: " code { (code) } " · 追踪号 Trace: " code { (trace) } }
        }
        (fields())
    };
    frame("未能核验", &body)
}

fn fields() -> Markup {
    html! {
        form method="post" action="/check" enctype="multipart/form-data" {
            h3 { "核验一份结果 " small lang="en" { "Check a result" } }
            div.field {
                label for="document" { "签章文件（OFD） " small lang="en" { "Sealed document" } }
                input id="document" name="document" type="file" accept=".ofd,application/ofd";
            }
            p.or { "或 " small lang="en" { "or" } }
            div.field {
                label for="number" { "证照编号 " small lang="en" { "Licence number" } }
                input id="number" name="number" type="text" maxlength="200" autocomplete="off" spellcheck="false";
            }
            button type="submit" { "核验 " small lang="en" { "Check" } }
        }
    }
}

fn frame(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · 京津冀自贸试验区同事同标" }
                link rel="stylesheet" href="/check/style.css";
            }
            body {
                header {
                    p.brand { "京津冀自贸试验区同事同标" }
                    h1 { "办理结果互认核验 " small lang="en" { "Check of mutual recognition" } }
                }
                main { (body) }
                footer {
                    p { "上传的文件只用于本次核验，不保存。" }
                    p lang="en" { "What is uploaded is used for this check alone and is not kept." }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::judge::Ground;

    #[test]
    fn what_comes_from_outside_is_escaped_and_there_is_one_sentence() {
        let hostile = "<script>alert(1)</script>";
        let answer = super::answer(
            &Answer {
                conclusion: Conclusion::Refused,
                grounds: vec![Ground {
                    code: "recognition.holder_differs".to_owned(),
                    clause: Some(hostile.to_owned()),
                }],
                facts: vec![("持证主体 Holder", hostile.to_owned())],
            },
            Timestamp::UNIX_EPOCH,
        )
        .into_string();
        assert!(!answer.contains("<script"));
        assert!(answer.contains("&lt;script&gt;"));
        assert!(POLICY.ends_with(crate::pipeline::POLICY_EDITION));
        assert_eq!(answer.matches("<h2>").count(), 1);
        assert!(answer.contains("不予互认"));
        let text = standards::problem::text("recognition.holder_differs").unwrap();
        assert!(answer.contains(&text.zh) && answer.contains(&text.advice_zh));
    }
}
