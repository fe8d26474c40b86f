//! A result is submitted, decided, recorded and delivered; every wrong request is refused with its own code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::sync::OnceLock;

use common::{Answer, Signed, Site, facts, message, token};
use jiff::Timestamp;
use seals::LicenseFacts;
use standards::receipt::ReceiptFile;

/// Makes one thing of a request wrong.
type Change = Box<dyn Fn(&mut Signed)>;

fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| Site::make("exchange"))
}

fn document(message: &str) -> Vec<u8> {
    site().sealed(&facts(message), "120000", "signer")
}

fn recognised(number: &str) -> (Answer, u64) {
    let message = message(number);
    let answer = site().submit(&message, &document(&message), &token());
    assert_eq!(answer.decision(), ("recognition".to_owned(), Vec::new()), "{}", answer.text());
    let index = answer.json()["receipt"]["index"].as_u64().unwrap();
    (answer, index)
}

#[test]
fn a_good_result_is_recognised_recorded_read_and_delivered() {
    let (answer, index) = recognised("津劳派100001");
    let receipt = ReceiptFile::from_json(answer.json()["receipt"].to_string().as_bytes()).unwrap();
    assert!(receipt.entry.contains("\"type\":\"recognition\""));
    for personal in ["津劳派100001", "天津自贸测试企业", "91120116FAKE100276"] {
        assert!(!receipt.entry.contains(personal), "personal data in the ledger");
    }
    let read = site().get(Some("110000"), &format!("/v1/recognitions/{index}"));
    assert_eq!(read.body, answer.body, "reading gives the same bytes");
    let message = site().get(Some("110000"), &format!("/v1/recognitions/{index}/message"));
    assert_eq!(message.json()["result"]["no"], "津劳派100001", "in the reader's dialect: {}", message.text());
    let document = site().get(Some("110000"), &format!("/v1/recognitions/{index}/document"));
    assert!(document.body.starts_with(b"PK"));
    assert_eq!(
        site().get(Some("130000"), &format!("/v1/recognitions/{index}")).problem().0,
        404,
        "Hebei is not concerned"
    );

    let rows = |query: &str| {
        let inbox = site().get(Some("110000"), &format!("/v1/inbox{query}")).json();
        let rows = inbox["recognitions"].as_array().unwrap().clone();
        rows.into_iter().filter(|row| row["index"] == index).collect::<Vec<_>>()
    };
    assert_eq!(rows("")[0]["delivered"], false);
    assert!(rows(&format!("?after={index}")).is_empty(), "the cursor is passed");
    let body = serde_json::json!({ "index": index, "checkpoint": receipt.checkpoint }).to_string().into_bytes();
    let path = format!("/v1/recognitions/{index}/delivery");
    let deliver = |region: &str, body: &[u8]| {
        site().send(&Signed::new(region, &path, "application/json", body.to_vec(), &token()))
    };
    let foreign = String::from_utf8(body.clone()).unwrap().replace("tongbiao.example", "another.example");
    assert_eq!(deliver("110000", foreign.as_bytes()).problem(), (422, "exchange.checkpoint_unknown".to_owned()));
    assert_eq!(deliver("130000", &body).problem(), (403, "exchange.not_owed".to_owned()));
    assert_eq!(deliver("110000", b"{}").problem(), (400, "exchange.json_malformed".to_owned()));
    let delivered = deliver("110000", &body);
    assert_eq!(delivered.decision().0, "delivery");
    assert_eq!(deliver("110000", &body).body, delivered.body, "a repeated delivery is byte-identical");
    assert_eq!(rows("?include=all")[0]["delivered"], true);
    assert!(rows("").is_empty(), "nothing is owed any more");
}

#[test]
fn a_resend_gives_the_same_bytes_and_other_content_is_one_recorded_conflict() {
    let message = message("津劳派100002");
    let (document, key) = (document(&message), token());
    let first = site().submit(&message, &document, &key);
    assert_eq!(first.decision().0, "recognition");
    assert_eq!(site().submit(&message, &document, &key).body, first.body);
    let conflicts = || site().get(None, "/metrics").text();
    let other = message.replace("16:01:02", "16:01:03");
    let size = |health: Answer| health.json()["ledger_size"].as_u64().unwrap();
    assert_eq!(site().submit(&other, &document, &key).problem(), (409, "exchange.key_reused".to_owned()));
    assert_eq!(site().submit(&other, &document, &key).problem(), (409, "exchange.key_reused".to_owned()));
    assert!(conflicts().contains("tongbiao_requests_total{operation=\"submit\",status=\"409\"}"));
    assert!(size(site().get(None, "/health")) >= 2);
    assert_eq!(site().submit(&message, &document, &key).body, first.body, "the first still stands");
}

#[test]
fn documents_that_do_not_bear_the_result_are_refused_with_the_reason() {
    let message = message("津劳派100003");
    let good = facts(&message);
    let with = |change: fn(&mut LicenseFacts)| {
        let mut facts = good.clone();
        change(&mut facts);
        site().sealed(&facts, "120000", "signer")
    };
    let tampered = {
        let mut bytes = document(&message);
        let middle = bytes.len() / 2;
        // More than the few bytes of a header that nothing depends on, such as a file's date.
        bytes[middle..middle + 64].iter_mut().for_each(|byte| *byte ^= 1);
        bytes
    };
    let rows: [(&str, Vec<u8>, &str, Option<&str>); 9] = [
        (
            "another authority's seal",
            site().sealed(&good, "120000", "signer-other"),
            "refusal",
            Some("recognition.signer_is_not_issuer"),
        ),
        (
            "another region's seal",
            site().sealed(&good, "130000", "signer"),
            "refusal",
            Some("recognition.signer_is_not_issuer"),
        ),
        ("a revoked signer", site().sealed(&good, "120000", "signer-revoked"), "refusal", None),
        ("another holder", with(|facts| facts.holder_name.push('甲')), "refusal", Some("recognition.holder_differs")),
        ("another number", with(|facts| facts.number.push('9')), "refusal", Some("recognition.number_differs")),
        ("another kind", with(|facts| facts.name.push('副')), "refusal", Some("recognition.type_differs")),
        (
            "another issuer",
            with(|facts| "11120000FAKE12030W".clone_into(&mut facts.issuer_code)),
            "refusal",
            Some("recognition.issuer_differs"),
        ),
        ("a tampered package", tampered, "refusal", None),
        ("no document at all", b"nothing".to_vec(), "refusal", None),
    ];
    for (what, document, decision, reason) in rows {
        let (decided, reasons) = site().submit(&message, &document, &token()).decision();
        assert_eq!(decided, decision, "{what}: {reasons:?}");
        assert!(!reasons.is_empty(), "{what} has no reason");
        assert!(reason.is_none_or(|reason| reasons.iter().any(|code| code == reason)), "{what}: {reasons:?}");
        for code in &reasons {
            assert!(standards::problem::text(code).is_some(), "{code} has no text");
        }
    }
    let refused = message.replace("'BJJGDM'>0<", "'BJJGDM'>1<");
    let (decision, reasons) = site().submit(&refused, &document(&message), &token()).decision();
    assert_eq!(
        (decision.as_str(), reasons.contains(&"recognition.not_granted".to_owned())),
        ("refusal", true),
        "{reasons:?}"
    );
}

#[test]
fn a_licence_that_ended_is_refused_even_when_the_message_keeps_silent_about_its_end() {
    let silent = message("津劳派000901").replace("2095-11-08", "");
    let mut stated = facts(&silent);
    stated.valid_until = Some("2020-01-01".parse().unwrap());
    let answer = site().submit(&silent, &site().sealed(&stated, "120000", "signer"), &token());
    let (decision, reasons) = answer.decision();
    assert_eq!(decision, "refusal");
    assert_eq!(reasons, ["recognition.license_expired"]);
}

#[test]
fn wrong_messages_are_problems_with_the_path_of_the_field_and_are_not_recorded() {
    let good = message("津劳派100004");
    let document = document(&good);
    let long = " ".repeat(300_000);
    let rows = [
        (good.replace("11120000FAKE00021Q-1-00", "11120000FAKE00021Q-1-99"), 422, None),
        (good.replace("<Field FieldName='ZJBH'>津劳派100004</Field>", ""), 422, None),
        (good.replace("91120116FAKE100276", "91120116FAKE100270"), 422, Some("code.credit_code.check_digit")),
        (good.replace("'SQRLX'>2<", "'SQRLX'>77<"), 422, None),
        (good.replace("</ExInfo>", "</ExInfo><more/>"), 422, None),
        (format!("<!DOCTYPE x>{good}"), 422, None),
        (format!("{good}{long}"), 413, Some("exchange.part_too_long")),
    ];
    for (wrong, status, code) in rows {
        let answer = site().submit(&wrong, &document, &token());
        let (got, found) = answer.problem();
        assert_eq!(got, status, "{} {}", found, answer.text());
        assert!(code.is_none_or(|code| code == found), "expected {code:?}, got {found}");
        assert!(!answer.text().contains("91120116FAKE100270"), "a problem text quotes what was sent");
        assert!(standards::problem::text(&found).is_some(), "{found} has no text");
    }
}

#[test]
fn wrong_requests_have_each_their_code() {
    let message = message("津劳派100005");
    let good = Signed::submission(site(), &message, &document(&message), &token());
    let now = Timestamp::now().as_second();
    let rows: Vec<(&str, u16, Change)> = vec![
        ("exchange.signature_wrong", 401, Box::new(|it| it.signature_bit = 1)),
        (
            "exchange.signature_wrong",
            401,
            Box::new(|it| it.path_in_signature = Some("/v1/recognitions?to=130000".to_owned())),
        ),
        ("exchange.signature_missing", 401, Box::new(|it| it.without_signature = true)),
        ("exchange.created_stale", 401, Box::new(move |it| it.created = now - 400)),
        ("exchange.created_in_future", 401, Box::new(move |it| it.created = now + 400)),
        ("exchange.signature_parameter", 401, Box::new(|it| it.nonce = None)),
        ("exchange.signature_parameter", 401, Box::new(|it| it.more_parameters = ";alg=\"sm2\"".to_owned())),
        ("exchange.signature_components", 401, Box::new(|it| it.covered.truncate(4))),
        ("exchange.key_unknown", 401, Box::new(|it| it.key_id = Some("00".to_owned()))),
        ("exchange.digest_wrong", 400, Box::new(|it| it.body.extend(b"x"))),
        ("exchange.digest_missing", 400, Box::new(|it| it.digest = None)),
        ("exchange.digest_malformed", 400, Box::new(|it| it.digest = Some("sha-256=1".to_owned()))),
        ("exchange.idempotency_key_missing", 400, Box::new(|it| it.key = None)),
        ("exchange.idempotency_key_malformed", 400, Box::new(|it| it.key = Some("k".repeat(129)))),
        ("exchange.client_certificate_missing", 401, Box::new(|it| it.tls = None)),
        ("exchange.identities_differ", 403, Box::new(|it| it.tls = Some("130000".to_owned()))),
        ("exchange.query_malformed", 400, Box::new(|it| it.path = "/v1/recognitions".to_owned())),
        ("exchange.target_unknown", 422, Box::new(|it| it.path = "/v1/recognitions?to=990000".to_owned())),
        ("exchange.target_is_sender", 422, Box::new(|it| it.path = "/v1/recognitions?to=120000".to_owned())),
        ("exchange.multipart_malformed", 400, Box::new(|it| it.content_type = "application/json".to_owned())),
    ];
    for (code, status, change) in rows {
        let mut wrong = Signed { nonce: Some(token()), key: Some(token()), ..good.clone() };
        change(&mut wrong);
        assert_eq!(site().send(&wrong).problem(), (status, code.to_owned()));
    }
    let replayed = good.bytes(site());
    assert_eq!(site().raw(Some("120000"), &replayed).status, 201);
    assert_eq!(site().raw(Some("120000"), &replayed).problem(), (401, "exchange.nonce_replayed".to_owned()));
}

#[test]
fn a_message_is_mapped_over_http_and_nothing_is_recorded() {
    let message = message("津劳派100009");
    let answer = site().post("/v1/map?from=120000&to=110000", "application/xml", message.as_bytes());
    assert_eq!(answer.json()["kind"], "conclusion", "{}", answer.text());
    let written: serde_json::Value = serde_json::from_str(answer.json()["message"].as_str().unwrap()).unwrap();
    assert_eq!(written["result"]["no"], "津劳派100009");
    assert!(answer.json()["routes"].as_array().unwrap().len() > 20);
    let notice = message.replace("EX_GDBS_BJ", "EX_GDBS_XX");
    let refused = site().post("/v1/map?from=120000&to=110000", "application/xml", notice.as_bytes());
    assert_eq!(refused.problem(), (422, "message.unknown_kind".to_owned()));
    assert!(refused.json()["errors"][0]["hint"].as_str().unwrap().contains("EX_GDBS_BJ"), "{}", refused.text());
    let nowhere = site().post("/v1/map?from=120000&to=150000", "application/xml", message.as_bytes());
    assert_eq!(nowhere.problem().1, "exchange.target_unknown");
}

#[test]
fn the_editions_are_told_and_a_message_that_was_built_on_none_of_them_is_refused() {
    let editions = site().get(Some("120000"), "/v1/editions").json();
    let newest = editions["catalogue"].as_array().unwrap().last().unwrap()["name"].clone();
    assert_eq!(editions["mappings"]["120000"], "2026.3");
    let named = |edition: &str| {
        let field = format!("<Field FieldName='MLBB'>{edition}</Field></standardInfo>");
        let message = message("津劳派100010").replace("</standardInfo>", &field);
        site().submit(&message, &document(&message), &token())
    };
    let refused = named("1999-01-01");
    assert_eq!(refused.problem(), (422, "edition.unknown".to_owned()), "{}", refused.text());
    assert!(refused.json()["errors"][0]["path"].as_str().unwrap().contains("MLBB"));
    assert_eq!(named(newest.as_str().unwrap()).decision().0, "recognition");
}

#[test]
fn a_partner_acts_for_its_own_region_alone() {
    let good = message("津劳派100006");
    let foreign = good.replace("XZQHDM'>120116<", "XZQHDM'>130629<");
    assert_eq!(
        site().submit(&foreign, &document(&good), &token()).problem(),
        (403, "exchange.other_region".to_owned())
    );
}

#[test]
fn a_clerk_gets_one_sentence_for_a_file_or_a_number() {
    let (_, _) = recognised("津劳派100007");
    let form = |name: &str, value: &[u8]| {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        site().post("/check", "multipart/form-data; boundary=b", &[head.as_bytes(), value, b"\r\n--b--\r\n"].concat())
    };
    let message = message("津劳派100007");
    let rows = [
        ("number", "津劳派100007".as_bytes().to_vec(), "可互认"),
        ("number", "没有这个编号".as_bytes().to_vec(), "需人工核验"),
        ("document", document(&message), "可互认"),
        ("document", site().sealed(&facts(&message), "120000", "signer-other"), "不予互认"),
        ("document", site().sealed(&facts(&message), "120000", "signer-revoked"), "不予互认"),
        ("document", b"nothing".to_vec(), "不予互认"),
    ];
    for (name, value, sentence) in rows {
        let page = form(name, &value);
        assert_eq!(page.status, 200);
        assert!(page.text().contains(&format!("<h2>{sentence} ")), "{name}: {}", page.text());
    }
    let nothing = form("number", b" ");
    assert_eq!(nothing.status, 400);
    assert!(nothing.text().contains("exchange.document_unreadable"));
}

#[test]
fn a_long_poll_ends_as_soon_as_something_is_owed() {
    let started = std::time::Instant::now();
    let empty = site().get(Some("130000"), "/v1/inbox?wait=1");
    assert!(started.elapsed().as_millis() >= 1000, "it waited");
    assert_eq!(empty.json()["recognitions"].as_array().unwrap().len(), 0);
    let waiting = std::thread::spawn(|| site().get(Some("130000"), "/v1/inbox?wait=20"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    let message = message("津劳派100008");
    let mut signed = Signed::submission(site(), &message, &document(&message), &token());
    signed.path = "/v1/recognitions?to=130000".to_owned();
    assert_eq!(site().send(&signed).decision().0, "recognition");
    assert_eq!(waiting.join().unwrap().json()["recognitions"].as_array().unwrap().len(), 1);
    assert!(started.elapsed().as_secs() < 15, "and did not wait to the end");
    assert_eq!(site().get(Some("130000"), "/v1/inbox?after=x").problem(), (400, "exchange.query_malformed".to_owned()));
}
