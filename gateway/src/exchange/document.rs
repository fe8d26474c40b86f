//! Problem documents: RFC 9457 in both languages, with the `code` and `message` that older Java code reads.

use std::fmt;

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use standards::problem;

use crate::problem::Problem;

/// 追踪号: the name of one request in logs and problem documents. It says nothing about its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceId(String);

impl TraceId {
    /// A new one, random; without randomness all zeros, because a trace must never be the reason to refuse.
    pub(crate) fn new() -> Self {
        Self(hex::encode(certs::random::array::<8>().unwrap_or_default()))
    }
}

impl Default for TraceId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// 问题文档: the body of every answer that is an error.
#[derive(Debug, Serialize)]
struct ProblemDocument<'a> {
    r#type: String,
    title: &'a str,
    title_zh: &'a str,
    status: u16,
    code: &'a str,
    /// The Chinese title again, under the name that older clients read.
    message: &'a str,
    detail: String,
    advice_zh: &'a str,
    advice_en: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError<'a>>,
    trace_id: String,
}

#[derive(Debug, Serialize)]
struct FieldError<'a> {
    path: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    hint: &'a str,
    #[serde(flatten)]
    text: Text<'a>,
}

/// The texts of a code; a code without a text shows itself rather than nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Text<'a> {
    /// What is the matter, in Chinese.
    pub(crate) zh: &'a str,
    /// The same in English.
    pub(crate) en: &'a str,
    /// What to do now, in Chinese.
    pub(crate) advice_zh: &'a str,
    /// The same in English.
    pub(crate) advice_en: &'a str,
}

impl<'a> Text<'a> {
    /// The texts of `code`.
    pub(crate) fn of(code: &'a str) -> Self {
        problem::text(code).map_or(Self { zh: code, en: code, advice_zh: "", advice_en: "" }, |text| Self {
            zh: &text.zh,
            en: &text.en,
            advice_zh: &text.advice_zh,
            advice_en: &text.advice_en,
        })
    }
}

/// The answer for a problem.
pub(crate) fn render(problem: &Problem, trace: &TraceId) -> Response {
    let (code, status) = (problem.code(), problem.status());
    let text = Text::of(code);
    let errors = match problem {
        Problem::Message(faults) => faults
            .iter()
            .map(|fault| FieldError {
                path: &fault.path,
                code: fault.code,
                value: fault.value.as_deref(),
                hint: &fault.hint,
                text: Text::of(fault.code),
            })
            .collect(),
        _ => Vec::new(),
    };
    let document = ProblemDocument {
        r#type: format!("urn:tongbiao:problem:{code}"),
        title: text.en,
        title_zh: text.zh,
        status: status.as_u16(),
        code,
        message: text.zh,
        detail: problem.to_string(),
        advice_zh: text.advice_zh,
        advice_en: text.advice_en,
        path: problem.path(),
        errors,
        trace_id: trace.to_string(),
    };
    let mut response = (status, Json(document)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if problem.is_transient() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// Handlers return problems; the guard renders them, because it knows the trace and the audience.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
