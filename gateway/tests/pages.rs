//! The partners' page names every operation that there is.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gateway::exchange::OPERATIONS;

#[test]
fn the_page_of_the_exchange_names_every_operation() {
    let page = include_str!("../../docs/exchange.md");
    for operation in OPERATIONS.iter().filter(|operation| !operation.path.starts_with("/check")) {
        let path = operation.path.split("{*").next().unwrap();
        assert!(page.contains(path), "{path} is not in docs/exchange.md");
    }
}
