//! Hands each new checkpoint round to the witnesses: every witness in its own time, so that none waits for another.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::gateway::Gateway;

/// Before a witness that did not sign is asked again for the same checkpoint.
const RETRY: Duration = Duration::from_secs(5);

/// Hands checkpoints round for as long as it is polled; never done.
///
/// The next checkpoint is taken when enough witnesses signed the last one, or when they had long enough: what one region cannot
/// sign delays the others by that time at most, and appending never.
pub async fn keep(gateway: &Gateway) {
    let Some(witnesses) = gateway.witnesses() else { return std::future::pending().await };
    // Dropped with this future, and the tasks with it.
    let mut tasks = JoinSet::new();
    let target = watch::Sender::new(String::new());
    for place in 0..witnesses.count() {
        tasks.spawn(attend(gateway.clone(), place, target.subscribe()));
    }
    let mut ticks = interval(witnesses.interval());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut begun = Instant::now();
    loop {
        ticks.tick().await;
        let head = gateway.log().head();
        let is_first = target.borrow().is_empty();
        let is_due = is_first || witnesses.is_settled() || begun.elapsed() >= witnesses.deadline();
        if is_due && *target.borrow() != head && !witnesses.is_older_than_asked(&head) {
            // What was signed at the start is kept: the first checkpoint may be the one that was handed round then.
            if !(is_first && witnesses.is_settled()) {
                witnesses.begin(&head);
            }
            target.send_replace(head);
            begun = Instant::now();
        }
    }
}

/// Brings one witness to each new checkpoint.
async fn attend(gateway: Gateway, place: usize, mut target: watch::Receiver<String>) {
    while target.changed().await.is_ok() {
        loop {
            let (gateway, note) = (gateway.clone(), target.borrow_and_update().clone());
            let offer = spawn_blocking(move || {
                let witnesses = gateway.witnesses()?;
                witnesses.offer(place, gateway.log(), &note, gateway.now()).ok()
            });
            if matches!(offer.await, Ok(Some(()))) {
                break;
            }
            tokio::select! {
                changed = target.changed() => if changed.is_err() { return },
                () = sleep(RETRY) => {}
            }
        }
    }
}
