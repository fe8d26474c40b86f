//! A gateway and its witnesses: the cosigned head beside the pending one, an outage that stops nothing, a log that is behind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;
mod workplace;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::witness::{WitnessSite, hierarchy_at};
use common::{Site, facts, message, token};
use ledger::audit::{Directory, audit_directory};
use ledger::policy::{Cosigned, Policy};
use ledger::proof::InclusionProof;
use workplace::tongbiao;

/// The lines of the log's keys, made from the private ones.
fn log_lines(folder: &Path) -> Vec<String> {
    let keys = folder.join("keys/ledger");
    let ed25519 = certs::signing::Ed25519Signer::from_pem_file(&keys.join("ed25519.key")).unwrap();
    let sm2 = certs::signing::Sm2Signer::from_pem_file(&keys.join("sm2.key")).unwrap();
    let signer = ledger::CheckpointSigner::new("tongbiao.example/jjj", ed25519, sm2).unwrap();
    signer.verifier_keys().iter().map(ledger::note::VerifierKey::to_line).collect()
}

/// A hierarchy with witnesses of these names, and a policy that asks for some of them.
fn world(name: &str, witnesses: &[&str], quorum: &str) -> (PathBuf, Vec<WitnessSite>) {
    let folder = hierarchy_at(name);
    let lines = log_lines(&folder);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let sites: Vec<_> = witnesses.iter().map(|name| WitnessSite::start(&folder, name, &lines)).collect();
    let mut policy: Vec<String> = lines.iter().map(|line| ["log ", line, "\n"].concat()).collect();
    policy.extend(sites.iter().map(WitnessSite::policy_line));
    std::fs::write(folder.join("policy.txt"), policy.concat() + quorum).unwrap();
    (folder, sites)
}

fn policy(site: &Site) -> Policy {
    Policy::from_text(&std::fs::read_to_string(site.folder.join("policy.txt")).unwrap()).unwrap()
}

/// The cosigned head of this many entries, once it is there.
#[track_caller]
fn cosigned(site: &Site, entries: u64) -> Cosigned {
    let started = Instant::now();
    loop {
        let answer = site.get(None, "/cosigned/checkpoint");
        if answer.status == 200 {
            let head = policy(site).judge(&answer.body).unwrap();
            if head.checkpoint.size == entries {
                return head;
            }
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{} {}", answer.status, answer.text());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn submit(site: &Site, number: &str) -> serde_json::Value {
    let message = message(number);
    let document = site.sealed(&facts(&message), "120000", "signer");
    let answer = site.submit(&message, &document, &token());
    assert_eq!(answer.decision().0, "recognition");
    answer.json()
}

fn standing(site: &Site, witness: usize) -> serde_json::Value {
    site.get(None, "/health").json()["witnessed"]["witnesses"][witness].clone()
}

#[test]
fn receipts_are_upgraded_to_a_head_that_two_of_three_saw_and_an_outage_stops_nothing() {
    let quorum = "group two 2 w1 w2 w3\nquorum two\n";
    let (folder, mut sites) = world("witnessed", &["w1", "w2", "w3"], quorum);
    let site = Site::start(folder);
    assert_eq!(cosigned(&site, 0).witnesses.len(), 3);

    let first = submit(&site, "津劳派300001");
    let head = cosigned(&site, 1);
    assert!(head.witnesses.len() >= 2);
    // As it was, the receipt is to the checkpoint of its batch, which nobody but the log signed.
    let own = first["receipt"]["checkpoint"].as_str().unwrap();
    assert_eq!(policy(&site).judge(own.as_bytes()).unwrap_err().code(), "note.no_quorum");
    assert_eq!(site.get(Some("120000"), "/v1/recognitions/0").json(), first);

    // One region is away: entries are recorded, and the others suffice.
    sites[2].stop();
    submit(&site, "津劳派300002");
    submit(&site, "津劳派300003");
    let head = cosigned(&site, 3);
    assert_eq!(head.witnesses.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["w1", "w2"]);
    let started = Instant::now();
    while standing(&site, 2)["fault"] != "witness.unreachable" {
        assert!(started.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(50));
    }
    let health = site.get(None, "/health");
    assert_eq!((health.status, &health.json()["status"]), (200, &"ok".into()), "seen, and no reason to stop");
    let metrics = site.get(None, "/metrics").text();
    for line in ["tongbiao_cosigned_entries 3\n", "tongbiao_witness_signs{witness=\"w3\"} 0\n", "{witness=\"w1\"} 3\n"]
    {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }

    // The upgraded receipt holds by itself: policy, note and arithmetic, also in the text of tlog-proof.
    let upgraded = site.get(Some("120000"), "/v1/recognitions/0?checkpoint=cosigned").json();
    assert_eq!(upgraded["decision"], first["decision"]);
    let receipt = &upgraded["receipt"];
    let hash = |line: &serde_json::Value| STANDARD.decode(line.as_str().unwrap()).unwrap().try_into().unwrap();
    let proof = InclusionProof {
        index: receipt["index"].as_u64().unwrap(),
        hashes: receipt["proof"].as_array().unwrap().iter().map(hash).collect(),
        checkpoint: receipt["checkpoint"].as_str().unwrap().to_owned(),
    };
    let proof = InclusionProof::from_text(&proof.to_text()).unwrap();
    let entry = receipt["entry"].as_str().unwrap();
    assert_eq!(entry, first["receipt"]["entry"].as_str().unwrap());
    let judged = policy(&site).judge(proof.checkpoint.as_bytes()).unwrap();
    assert_eq!(proof.verify(entry.as_bytes(), policy(&site).log_keys()).unwrap(), judged.checkpoint);
    assert_eq!((judged.checkpoint.size, judged.witnesses.len()), (3, 2));
    assert_eq!(site.get(Some("120000"), "/v1/recognitions/0?checkpoint=mine").problem().0, 400);

    // A reader of tlog-tiles finds the same log under the prefix of the cosigned head.
    let tile = site.get(None, "/cosigned/tile/0/000.p/3");
    assert_eq!((tile.status, tile.body.len()), (200, 96));

    // Whoever mirrors under the policy takes that head, and not the one that the log alone signed.
    let path = |name: &str| site.folder.join(name).display().to_string();
    let mirror = |url: &str| {
        let [copy, policy, ca] = ["copy", "policy.txt", "keys/tls/root.pem"].map(path);
        tongbiao(&["mirror", url, &copy, "--policy", &policy, "--ca", &ca])
    };
    let url = format!("https://localhost:{}", site.address.port());
    assert!(mirror(&url).must_exit(1).stderr.contains("[note.no_quorum]"));
    mirror(&format!("{url}/cosigned")).must_exit(0);
    let copied = std::fs::read(path("copy/checkpoint")).unwrap();
    assert_eq!(policy(&site).judge(&copied).unwrap().checkpoint.size, 3);

    // The third comes back, and catches up from its own size.
    let third = sites.pop().unwrap().start_again();
    submit(&site, "津劳派300004");
    let started = Instant::now();
    while standing(&site, 2)["size"] != 4 {
        assert!(started.elapsed() < Duration::from_secs(20), "{}", standing(&site, 2));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(third.get("/health").json()["logs"][0]["size"], 4);
    let report =
        audit_directory(&Directory::new(site.folder.join("ledger")), &cosigned(&site, 4).checkpoint, |_, _| ());
    assert_eq!(report.unwrap().findings, []);
}

#[test]
fn a_log_that_is_behind_what_witnesses_saw_does_not_start_and_one_that_is_not_does() {
    let (folder, mut sites) = world("behind", &["w1", "w2"], "group one any w1 w2\nquorum one\n");
    let site = Site::start(folder);
    submit(&site, "津劳派300005");
    cosigned(&site, 1);
    let folder = site.stop();
    let copy = |from: &str, to: &str| {
        let status = std::process::Command::new("cp").arg("-a").arg(folder.join(from)).arg(folder.join(to)).status();
        assert!(status.unwrap().success());
    };
    copy("state", "state.old");
    copy("ledger", "ledger.old");
    let site = Site::start(folder.clone());
    submit(&site, "津劳派300006");
    cosigned(&site, 2);
    site.stop();

    // The cosigned head is there at once after a restart, before any witness answered anew.
    sites.iter_mut().for_each(WitnessSite::stop);
    let site = Site::start(folder.clone());
    assert_eq!(cosigned(&site, 2).checkpoint.size, 2, "witnesses that are away are no reason not to start");
    site.stop();
    let sites: Vec<_> = sites.into_iter().map(WitnessSite::start_again).collect();

    // The whole disk comes back as it was an entry ago: it cannot know, but the witnesses do.
    let swap = |name: &str| {
        std::fs::rename(folder.join(name), folder.join(format!("{name}.new"))).unwrap();
        std::fs::rename(folder.join(format!("{name}.old")), folder.join(name)).unwrap();
    };
    swap("state");
    swap("ledger");
    let refused = Site::try_start(folder.clone()).err().unwrap();
    assert!(refused.contains("ledger.rolled_back") && refused.contains("witness w"), "{refused}");

    // A log that began anew under the same name and key, with as many entries: another tree of one size.
    std::fs::remove_dir_all(folder.join("state")).unwrap();
    std::fs::remove_dir_all(folder.join("ledger")).unwrap();
    std::fs::rename(folder.join("policy.txt"), folder.join("policy.off")).unwrap();
    let site = Site::start(folder.clone());
    submit(&site, "津劳派300007");
    submit(&site, "津劳派300008");
    assert_eq!(site.get(None, "/cosigned/checkpoint").problem(), (503, "exchange.not_cosigned".to_owned()));
    let upgraded = site.get(Some("120000"), "/v1/recognitions/0?checkpoint=cosigned");
    assert_eq!(upgraded.problem(), (503, "exchange.not_cosigned".to_owned()));
    site.stop();
    std::fs::rename(folder.join("policy.off"), folder.join("policy.txt")).unwrap();
    let refused = Site::try_start(folder.clone()).err().unwrap();
    assert!(refused.contains("ledger.head_differs"), "{refused}");
    for witness in ["w1", "w2"] {
        let kept = std::fs::read_dir(folder.join(witness).join("state/equivocation")).unwrap().count();
        assert_eq!(kept, 1, "{witness} keeps the proof");
    }

    // And larger than what was seen.
    std::fs::rename(folder.join("policy.txt"), folder.join("policy.off")).unwrap();
    let site = Site::start(folder.clone());
    submit(&site, "津劳派300009");
    site.stop();
    std::fs::rename(folder.join("policy.off"), folder.join("policy.txt")).unwrap();
    let refused = Site::try_start(folder.clone()).err().unwrap();
    assert!(refused.contains("ledger.head_differs"), "{refused}");

    // The true disk goes on.
    for name in ["state", "ledger"] {
        std::fs::remove_dir_all(folder.join(name)).unwrap();
        std::fs::rename(folder.join(format!("{name}.new")), folder.join(name)).unwrap();
    }
    let site = Site::start(folder);
    cosigned(&site, 2);
    drop(sites);
}

#[test]
fn a_policy_that_cannot_be_followed_keeps_the_gateway_from_starting() {
    let (folder, sites) = world("bad-policy", &["w1"], "quorum w1\n");
    let good = std::fs::read_to_string(folder.join("policy.txt")).unwrap();
    let other = common::witness::log_key(&folder, "other.example").1;
    let rows = [
        (good.replace("quorum w1", "quorum w2"), "note.policy_line"),
        (good.replace("quorum w1", ""), "note.policy_incomplete"),
        (good.replace("https://", "http://"), "https://"),
        (good.replace("https://localhost", "# https://localhost"), "no witness has an address"),
        (format!("log {other}\n{}quorum w1\n", sites[0].policy_line()), "no log line with a key of this log"),
    ];
    for (text, expected) in rows {
        std::fs::write(folder.join("policy.txt"), text).unwrap();
        let refused = Site::try_start(folder.clone()).err().unwrap();
        assert!(refused.contains("witnesses.policy") && refused.contains(expected), "{expected}: {refused}");
    }
}
