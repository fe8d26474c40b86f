//! A ledger that is archived by year: a log is closed, and everything goes on in the next one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;
mod workplace;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::witness::{WitnessSite, hierarchy_at};
use common::{Answer, Signed, Site, facts, log_keys, log_keys_of, message, token};
use ledger::audit::{Directory, audit_directory};
use ledger::checkpoint::Checkpoint;
use ledger::note::VerifierKey;
use ledger::policy::Policy;
use standards::entry::Entry;
use workplace::{Ran, tongbiao};

const FIRST: &str = "tongbiao.example/jjj";
const NEXT: &str = "tongbiao.example/jjj/2027";

fn submit_under(site: &Site, number: &str, key: &str) -> Answer {
    let said = message(number);
    let answer = site.submit(&said, &site.sealed(&facts(&said), "120000", "signer"), key);
    assert_eq!(answer.decision().0, "recognition");
    answer
}

fn submit(site: &Site, number: &str) -> Answer {
    submit_under(site, number, &token())
}

fn index(answer: &Answer) -> u64 {
    answer.json()["index"].as_u64().unwrap()
}

fn close(folder: &Path, next: &str) -> Ran {
    tongbiao(&["ledger", "close", "--config", &folder.join("gateway.toml").display().to_string(), "--next", next])
}

/// Does with the report what it asks for: its `[ledger]` goes into the configuration.
fn take_over(folder: &Path, report: &str) {
    let begin = report.find("\n[ledger]\n").unwrap();
    let end = report.find("下一册有自己的名称").unwrap();
    fs::write(folder.join("ledger.toml"), &report[begin..end]).unwrap();
}

/// A gateway with a companion; two recognitions are recorded, the first one under this key.
fn with_two(name: &str, key: &str) -> (Site, [Answer; 2]) {
    let site = Site::make(name);
    let folder = site.stop();
    fs::write(folder.join("companion"), "").unwrap();
    let site = Site::start(folder);
    let answers = [submit_under(&site, "津劳派400001", key), submit(&site, "津劳派400002")];
    (site, answers)
}

fn first_entry(folder: &Path) -> Entry {
    let bundle = fs::read_dir(folder.join("tile/entries/000.p")).unwrap().next().unwrap().unwrap().path();
    let bytes = fs::read(bundle).unwrap();
    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    Entry::parse(&bytes[2..2 + length]).unwrap()
}

/// The public files of a log lead to the root that its keys signed.
fn must_hold(public: &Path, keys: &[VerifierKey]) {
    let checkpoint = Checkpoint::from_note(&fs::read(public.join("checkpoint")).unwrap(), keys).unwrap();
    let report = audit_directory(&Directory::new(public), &checkpoint, |_, _| ()).unwrap();
    assert_eq!(report.findings, vec![], "{}", public.display());
}

fn delivery(site: &Site, index: u64, checkpoint: &str) -> Answer {
    let body = serde_json::json!({ "index": index, "checkpoint": checkpoint }).to_string().into_bytes();
    site.send(&Signed::new("110000", &format!("/v1/recognitions/{index}/delivery"), "application/json", body, &token()))
}

#[test]
fn a_ledger_goes_on_in_the_next_shard_and_nothing_of_the_old_one_is_lost() {
    let key = token();
    let (site, [first, second]) = with_two("shards", &key);
    let said = message("津劳派400001");
    let document = site.sealed(&facts(&said), "120000", "signer");
    let repeated = site.submit(&said, &document, &key);
    // The seal is made anew: another document under the same key.
    assert_eq!(repeated.problem().1, "exchange.key_reused");
    let checkpoint = second.json()["receipt"]["checkpoint"].as_str().unwrap().to_owned();
    let folder = site.stop();
    let report = close(&folder, NEXT).must_exit(0).stdout;
    assert!(report.contains("✓ 已结册") && report.contains("✓ 国密副账"), "{report}");
    assert!(
        report.contains("\npublic = \"ledger-2027\"\nstate = \"state-2027\"\n"),
        "relative to the configuration: {report}"
    );
    assert_eq!(close(&folder, NEXT).must_exit(0).stdout, report, "said again, nothing is recorded");
    assert!(close(&folder, "tongbiao.example/other").must_exit(1).stderr.contains("shard.next_differs"));
    assert!(Site::try_start(folder.clone()).err().unwrap().contains("(shard.closed)"));
    take_over(&folder, &report);

    // Nobody needs the old log's keys: the next one has keys of its own.
    let site = Site::start(folder.clone());
    let closed = site.get(None, "/health").json()["ledger_closed"].as_u64().unwrap();
    let Entry::Predecessor(predecessor) = first_entry(&folder.join("ledger-2027")) else { panic!("a predecessor") };
    let last = fs::read(folder.join("ledger/checkpoint")).unwrap();
    let last = Checkpoint::from_note(&last, &log_keys(&folder)).unwrap();
    assert_eq!((predecessor.origin.as_str(), predecessor.checkpoint.size), (FIRST, last.size));
    assert_eq!((predecessor.checkpoint.root.0, predecessor.entries, closed), (last.root, last.size, last.size));
    let companion = fs::read_to_string(folder.join("ledger/sm3/checkpoint")).unwrap();
    assert!(companion.contains(predecessor.companion.unwrap().signature.as_str()), "{companion}");

    // What was recorded is found under its old number, and stays recorded once.
    for answer in [&first, &second] {
        let path = format!("/v1/recognitions/{}", index(answer));
        assert_eq!(site.get(Some("110000"), &path).body, answer.body);
        assert_eq!(site.get(Some("110000"), &format!("{path}/document")).status, 200);
    }
    for _ in 0..2 {
        assert_eq!(site.submit(&said, &document, &key).problem().1, "exchange.key_reused");
    }
    let third = submit(&site, "津劳派400003");
    let number = index(&third);
    assert_eq!(number - third.json()["receipt"]["index"].as_u64().unwrap(), closed);
    assert!(third.head.contains(&format!("location: /v1/recognitions/{number}\r\n")), "{}", third.head);
    assert_eq!(site.get(Some("110000"), &format!("/v1/recognitions/{number}")).body, third.body);
    assert_eq!(site.get(Some("110000"), &format!("/v1/recognitions/{closed}")).problem().0, 404);

    // The inbox runs through both; a delivery names a checkpoint of the recognition's own log.
    let owed = |site: &Site| -> Vec<u64> {
        let inbox = site.get(Some("110000"), "/v1/inbox").json();
        inbox["recognitions"].as_array().unwrap().iter().map(|row| row["index"].as_u64().unwrap()).collect()
    };
    assert_eq!(owed(&site), [0, index(&second), number]);
    let new = third.json()["receipt"]["checkpoint"].as_str().unwrap().to_owned();
    assert_eq!(delivery(&site, index(&second), &new).problem().1, "exchange.checkpoint_unknown");
    let delivered = delivery(&site, index(&second), &checkpoint);
    assert_eq!((delivered.decision().0.as_str(), index(&delivered) > number), ("delivery", true));
    assert_eq!(delivery(&site, number, &new).decision().0, "delivery");
    assert_eq!(delivery(&site, index(&second), &checkpoint).body, delivered.body);
    assert_eq!(owed(&site), [0]);
    assert_eq!(site.get(None, "/check?number=津劳派400001").status, 200);

    the_closed_log_is_served_as_it_was(&site, closed);
    site.stop();
    for (public, origin) in [("ledger", FIRST), ("ledger-2027", NEXT)] {
        must_hold(&folder.join(public), &log_keys_of(&folder, origin));
    }
    evidence_runs_through_both(&folder, number);
}

fn the_closed_log_is_served_as_it_was(site: &Site, closed: u64) {
    let folder = &site.folder;
    for path in ["checkpoint", "sm3/checkpoint", "sm3/tile/0/000.p/1"] {
        let (served, lies) = (site.get(None, &format!("/shards/0/{path}")), folder.join("ledger").join(path));
        assert_eq!(served.status == 200, lies.exists(), "{path}");
        assert!(served.status != 200 || served.body == fs::read(lies).unwrap(), "{path}");
    }
    let bundle = format!("tile/entries/000.p/{closed}");
    assert_eq!(
        site.get(None, &format!("/shards/0/{bundle}")).body,
        fs::read(folder.join("ledger").join(bundle)).unwrap()
    );
    for nowhere in
        ["/shards/1/checkpoint", "/shards/x/checkpoint", "/shards/0/tile/../checkpoint", "/shards/0/index.key"]
    {
        assert_eq!(site.get(None, nowhere).status, 404, "{nowhere}");
    }
}

fn evidence_runs_through_both(folder: &Path, number: u64) {
    let config = folder.join("gateway.toml").display().to_string();
    let evidence = |more: &[&str]| tongbiao(&[&["evidence"], more, &["--config", &config]].concat());
    let verified = evidence(&["verify"]).must_exit(0).stdout;
    assert!(verified.contains("present 6") && verified.contains("wrong 0"), "{verified}");
    let copy = folder.join("court").display().to_string();
    assert!(evidence(&["export", "0", &copy]).must_exit(0).stdout.contains("document.ofd"));
    let new = number.to_string();
    evidence(&["erase", "0", &new, "--reason", "order-7"]).must_exit(0);
    let verified = evidence(&["verify"]).must_exit(0).stdout;
    assert!(verified.contains("present 4，已销毁 erased 2"), "{verified}");
    let site = Site::start(folder.to_owned());
    for number in [0, number] {
        let gone = site.get(Some("110000"), &format!("/v1/recognitions/{number}/document"));
        assert_eq!(gone.problem(), (410, "exchange.evidence_unavailable".to_owned()));
        assert_eq!(site.get(Some("110000"), &format!("/v1/recognitions/{number}")).status, 200);
    }
    site.stop();
}

#[test]
fn shards_that_do_not_follow_each_other_are_refused() {
    let (site, _) = with_two("shards-wrong", &token());
    let folder = site.stop();
    for (next, code) in [(FIRST, "shard.name_used"), ("a+b", "note.key_name")] {
        let refused = close(&folder, next).must_exit(1);
        assert!(refused.stderr.contains(code), "{}", refused.stderr);
    }
    let open = fs::read_to_string(folder.join("gateway.toml")).unwrap();
    let refused = |change: &dyn Fn(&str) -> String| {
        let kept = fs::read_to_string(folder.join("ledger.toml")).unwrap();
        fs::write(folder.join("ledger.toml"), change(&kept)).unwrap();
        let refused = Site::try_start(folder.clone()).err().expect("it must not start");
        fs::write(folder.join("ledger.toml"), kept).unwrap();
        refused
    };
    let must = |change: &dyn Fn(&str) -> String, code: &str| {
        let refused = refused(change);
        assert!(refused.contains(code), "{code} is not in {refused}");
    };
    // Named as closed before it was.
    let closed = "\n[[ledger.closed]]\npublic = \"ledger\"\nstate = \"state\"\nvkey = \"closed.vkey\"\n";
    let keys: String = log_keys(&folder).iter().map(|key| key.to_line() + "\n").collect();
    fs::write(folder.join("closed.vkey"), keys).unwrap();
    let next = format!("[ledger]\norigin = \"{NEXT}\"\npublic = \"ledger-2027\"\nstate = \"state-2027\"\n{closed}");
    fs::write(folder.join("ledger.toml"), &next).unwrap();
    must(&|text| text.to_owned(), "(shard.not_closed)");
    assert!(!folder.join("state-2027").exists(), "nothing was begun");
    fs::write(folder.join("gateway.toml"), open).unwrap();
    take_over(&folder, &close(&folder, NEXT).must_exit(0).stdout);

    must(&|text| text.replace("jjj/2027", "jjj/2028"), "(shard.next_differs)");
    fs::write(folder.join("wrong.vkey"), log_keys_of(&folder, NEXT)[0].to_line()).unwrap();
    must(&|text| text.replace("closed.vkey", "../wrong.vkey"), "ledger.closed");
    must(&|text| text.replace("closed.vkey", "none.vkey"), "none.vkey");
    let config = folder.join("gateway.toml").display().to_string();
    let checked = tongbiao(&["check", "--config", &config]).must_exit(1).stderr;
    assert!(checked.contains("ledger.closed") && checked.contains("none.vkey"), "{checked}");
    Site::start(folder.clone()).stop();
    must(&|text| text.split("[[ledger.closed]]").next().unwrap().to_owned(), "(shard.predecessor_not_given)");
    // Without the key of the index what was recorded would not be found again.
    fs::write(folder.join("state/index.key"), [7; 32]).unwrap();
    must(&|text| text.to_owned(), "(ledger.shard_key_differs)");
    fs::copy(folder.join("state-2027/index.key"), folder.join("state/index.key")).unwrap();
    // A third one goes on from the second, and needs both.
    let report = close(&folder, "tongbiao.example/jjj/2028").must_exit(0).stdout;
    take_over(&folder, &report);
    let without_the_first = |text: &str| {
        let [head, _, second] = text.split("[[ledger.closed]]").collect::<Vec<_>>()[..] else { panic!("two") };
        format!("{head}[[ledger.closed]]{second}")
    };
    must(&without_the_first, "(shard.predecessor_not_given)");
    must(&|text| text.replacen("vkey", "colour", 1), "ledger.closed: expected");
    let site = Site::start(folder.clone());
    assert_eq!(site.get(None, "/shards/1/checkpoint").status, 200);
    let Entry::Predecessor(predecessor) = first_entry(&folder.join("ledger-2028")) else { panic!("a predecessor") };
    let answer = submit(&site, "津劳派400009");
    let ahead = index(&answer) - answer.json()["receipt"]["index"].as_u64().unwrap();
    assert_eq!((predecessor.origin.as_str(), predecessor.entries), (NEXT, ahead));
    site.stop();
}

#[test]
fn a_closing_that_is_killed_goes_on() {
    let (site, [first, _]) = with_two("shards-killed", &token());
    let folder = site.stop();
    let config = folder.join("gateway.toml").display().to_string();
    let kill_after = |arguments: &[&str], milliseconds: u64| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tongbiao"));
        let mut child = child.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().unwrap();
    };
    for milliseconds in (0..120).step_by(10) {
        kill_after(&["ledger", "close", "--config", &config, "--next", NEXT], milliseconds);
    }
    take_over(&folder, &close(&folder, NEXT).must_exit(0).stdout);
    let site = Site::start(folder.clone());
    let ahead = site.get(None, "/health").json()["ledger_closed"].as_u64().unwrap();
    site.stop();
    fs::remove_dir_all(folder.join("state-2027")).unwrap();
    fs::remove_dir_all(folder.join("ledger-2027")).unwrap();
    for milliseconds in (0..120).step_by(10) {
        kill_after(&["serve", "--config", &config], milliseconds);
    }
    let site = Site::start(folder.clone());
    assert_eq!(site.get(Some("110000"), "/v1/recognitions/0").body, first.body);
    let answer = submit(&site, "津劳派400008");
    assert_eq!(index(&answer) - answer.json()["receipt"]["index"].as_u64().unwrap(), ahead);
    let Entry::Predecessor(predecessor) = first_entry(&folder.join("ledger-2027")) else { panic!("a predecessor") };
    assert_eq!(predecessor.entries, ahead, "begun once, whatever came between");
    site.stop();
    for (public, origin) in [("ledger", FIRST), ("ledger-2027", NEXT)] {
        must_hold(&folder.join(public), &log_keys_of(&folder, origin));
    }
}

#[test]
fn witnesses_see_the_last_checkpoint_and_receipts_of_a_closed_log_lead_to_it() {
    let folder = hierarchy_at("shards-witnessed");
    let lines: Vec<String> = [FIRST, NEXT]
        .iter()
        .flat_map(|origin| log_keys_of(&folder, origin))
        .map(|key| VerifierKey::to_line(&key))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut witness = WitnessSite::start(&folder, "w1", &lines);
    let logs = lines.iter().fold(String::new(), |logs, line| logs + "log " + line + "\n");
    fs::write(folder.join("policy.txt"), logs + &witness.policy_line() + "quorum w1\n").unwrap();
    let site = Site::start(folder);
    let first = submit(&site, "津劳派400011");
    let folder = site.stop();
    // Closed while the witness is away; said again when it is there.
    witness.stop();
    assert!(close(&folder, NEXT).must_exit(0).stdout.contains("! 见证方签名尚不足"));
    let _witness = witness.start_again();
    let report = close(&folder, NEXT).must_exit(0).stdout;
    assert!(report.contains("✓ 已有足够见证方签名"), "{report}");
    take_over(&folder, &report);
    let site = Site::start(folder);
    let policy = Policy::from_text(&fs::read_to_string(site.folder.join("policy.txt")).unwrap()).unwrap();
    let upgraded = site.get(Some("110000"), &format!("/v1/recognitions/{}?checkpoint=cosigned", index(&first))).json();
    let judged = policy.judge(upgraded["receipt"]["checkpoint"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!((judged.checkpoint.origin.as_str(), judged.checkpoint.size), (FIRST, 2));
    assert_eq!(site.get(None, "/shards/0/cosigned/checkpoint").status, 200);
    let second = submit(&site, "津劳派400012");
    let path = format!("/v1/recognitions/{}?checkpoint=cosigned", index(&second));
    let began = Instant::now();
    while site.get(Some("110000"), &path).status != 200 {
        assert!(began.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(50));
    }
    site.stop();
}
