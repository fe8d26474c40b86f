//! The tool, built alone, links no server, no storage engine and no private-key code.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;

/// What must not be linked, and why not.
const ABSENT: [(&str, &str); 10] = [
    ("openssl", "signs with private keys"),
    ("openssl-sys", "signs with private keys, and is C"),
    ("x509-cert", "issues certificates"),
    ("png", "draws seals"),
    ("hyper", "is a server"),
    ("tokio", "is a server's runtime"),
    ("axum", "is a server"),
    ("sled", "is the index of a running log"),
    ("gateway", "is the server"),
    ("adapters", "belongs to the server"),
];

#[test]
fn built_alone_the_tool_links_no_server_and_no_private_key_code() {
    let packages = tree("{p}");
    assert!(packages.iter().any(|line| line.starts_with("seals ")), "{packages:?}");
    for (package, reason) in ABSENT {
        let linked = packages.iter().any(|line| line.split(' ').next() == Some(package));
        assert!(!linked, "{package} is linked, and it {reason}");
    }
}

#[test]
fn built_alone_no_member_has_its_signing_feature() {
    let features = tree("{p} {f}");
    assert!(features.iter().any(|line| line.starts_with("certs ")), "{features:?}");
    for line in features.iter().filter(|line| ["certs ", "seals ", "ledger "].iter().any(|name| line.starts_with(name)))
    {
        assert!(!line.contains("signing"), "{line}");
    }
}

/// Packages of a build of this crate alone, one a line, in the format asked for. Development dependencies are not in it.
fn tree(format: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "-p", "audit", "-e", "normal", "--prefix", "none", "-f", format])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}
