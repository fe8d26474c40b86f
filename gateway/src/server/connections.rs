//! How many connections there are, all together and from each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The connections that are open.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    limit: usize,
    limit_per_address: usize,
}

/// The right to one connection; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Connections {
    pub(super) fn new(limit: usize, limit_per_address: usize) -> Self {
        Self { open: Arc::default(), limit, limit_per_address }
    }

    /// A place for one more connection, `None` over a limit.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = open.get(&address).copied().unwrap_or_default();
        if open.values().sum::<usize>() >= self.limit || of_address >= self.limit_per_address {
            return None;
        }
        open.insert(address, of_address + 1);
        Some(Place { open: Arc::clone(&self.open), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_limits_hold_and_a_place_comes_back() {
        let [one, other] = ["10.0.0.1", "10.0.0.2"].map(|address| address.parse().unwrap());
        let connections = Connections::new(3, 2);
        let places = [connections.enter(one), connections.enter(one)];
        assert!(places.iter().all(Option::is_some));
        assert!(connections.enter(one).is_none());
        let third = connections.enter(other);
        assert!(third.is_some() && connections.enter(other).is_none());
        drop(places);
        assert!(connections.enter(one).is_some());
    }
}
