//! How many sockets are open, in all, from one address, and of one account.

use super::client::ClientKey;
use crate::config::SocketLimits;
use protocol::AccountId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Taken {
    total: usize,
    by_address: BTreeMap<ClientKey, usize>,
    by_account: BTreeMap<AccountId, usize>,
}

/// The sockets that are open.
pub struct Seats {
    limits: SocketLimits,
    taken: Mutex<Taken>,
}

impl Seats {
    /// With these limits.
    pub fn new(limits: SocketLimits) -> Self {
        Self { limits, taken: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat, unless a limit is reached. It is free again when dropped.
    pub fn take(self: &Arc<Self>, address: ClientKey, account: AccountId) -> Option<Seat> {
        let mut taken = self.lock();
        let here = taken.by_address.get(&address).copied().unwrap_or(0);
        let theirs = taken.by_account.get(&account).copied().unwrap_or(0);
        if taken.total >= self.limits.total
            || here >= self.limits.per_address
            || theirs >= self.limits.per_account
        {
            return None;
        }
        taken.total += 1;
        taken.by_address.insert(address, here + 1);
        taken.by_account.insert(account, theirs + 1);
        Some(Seat { seats: self.clone(), address, account })
    }
}

/// One open socket.
pub struct Seat {
    seats: Arc<Seats>,
    address: ClientKey,
    account: AccountId,
}

fn one_less<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.total -= 1;
        one_less(&mut taken.by_address, &self.address);
        one_less(&mut taken.by_account, &self.account);
    }
}
