//! What clients do wrong below the application: half heads, two lengths, two hosts, slow and long bodies.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::io::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use common::{Answer, Site};

fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| Site::make("transport"))
}

#[test]
fn a_head_that_is_ambiguous_is_refused_before_any_handler_runs() {
    let rows = [
        (
            "POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "exchange.framing_ambiguous",
        ),
        (
            "POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            400,
            "exchange.framing_ambiguous",
        ),
        (
            "POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            400,
            "exchange.framing_ambiguous",
        ),
        ("GET /health HTTP/1.1\r\n\r\n", 400, "exchange.host_missing"),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400, "exchange.host_repeated"),
        ("GET /health HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n", 421, "exchange.host_unknown"),
        ("GET /health HTTP/1.1\r\nHost: localhost@elsewhere.example\r\n\r\n", 421, "exchange.host_unknown"),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx", 413, "exchange.body_too_long"),
        (
            "GET /health HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            413,
            "exchange.body_too_long",
        ),
        (
            "POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\nx",
            413,
            "exchange.body_too_long",
        ),
        ("GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404, "exchange.operation_unknown"),
        ("PUT /v1/verify HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405, "exchange.method_not_allowed"),
    ];
    for (request, status, code) in rows {
        assert_eq!(site().raw(None, request.as_bytes()).problem(), (status, code.to_owned()), "{request}");
    }
}

#[test]
fn a_pipelined_request_is_not_answered_as_if_it_came_alone() {
    let two = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /checkpoint HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = site().raw(None, two.as_bytes());
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("exchange.pipelined"), "{}", answer.text());
}

#[test]
fn half_a_head_and_no_head_at_all_end_with_the_connection() {
    for half in ["", "G", "GET /health HTTP/1.1\r\nHost: loc"] {
        let started = Instant::now();
        let answer = site().raw(None, half.as_bytes());
        assert!(started.elapsed() < Duration::from_secs(8), "{half:?} held its connection");
        assert!(answer.status == 0 || answer.status == 408, "{half:?} {}", answer.head);
    }
}

#[test]
fn a_body_that_does_not_come_is_a_problem_with_its_code() {
    let request = "POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf";
    assert_eq!(site().raw(None, request.as_bytes()).problem(), (408, "exchange.body_too_slow".to_owned()));
}

#[test]
fn a_connection_serves_one_request_after_another() {
    let mut stream = site().connect(None);
    for connection in ["keep-alive", "close"] {
        let request = format!(
            "POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\nContent-Length: 3\r\n\r\nabc"
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream.flush().unwrap();
        std::thread::sleep(Duration::from_millis(300));
    }
    let answers = Answer::read(&mut stream);
    assert_eq!(answers.status, 200);
    assert!(answers.text().contains("HTTP/1.1 200 OK"), "the second is answered too: {}", answers.text());
}

#[test]
fn what_is_public_needs_no_certificate_and_what_is_not_does() {
    for path in ["/health", "/metrics", "/checkpoint", "/v1/items", "/v1/items/JJJ-033", "/check", "/check/style.css"] {
        assert_eq!(site().get(None, path).status, 200, "{path}");
    }
    assert_eq!(site().get(None, "/v1/inbox").problem(), (401, "exchange.client_certificate_missing".to_owned()));
    assert_eq!(site().get(None, "/v1/recognitions/0").problem().0, 401);
    assert_eq!(site().get(None, "/v1/items/JJJ-999").problem(), (404, "exchange.item_unknown".to_owned()));
    for path in ["/tile/0/999", "/tile/../state/index.key", "/tile/%2e%2e/state/index.key"] {
        assert_eq!(site().get(None, path).problem().0, 404, "{path}");
    }
}

#[test]
fn the_page_loads_nothing_and_cannot_be_framed() {
    let page = site().get(None, "/check");
    let policy = page.head.lines().find(|line| line.starts_with("content-security-policy")).unwrap();
    assert!(
        policy.contains("default-src 'none'")
            && policy.contains("frame-ancestors 'none'")
            && !policy.contains("unsafe")
    );
    assert!(!page.text().contains("<script") && !page.text().contains("style="));
}
