//! What an emulator saw, in the order of arrival.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::lock::lock;

/// The requests so far, each with its number, and how many connections they came on.
///
/// ```
/// use emulator_kit::Journal;
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Seen { path: String, status: u16 }
///
/// let journal = Journal::default();
/// let id = journal.arrived(|_id| Seen { path: "/letters/7".to_owned(), status: 0 });
/// journal.change(id, |seen| seen.status = 200); // once it is answered
/// assert_eq!(journal.requests(), [Seen { path: "/letters/7".to_owned(), status: 200 }]);
/// ```
#[derive(Debug)]
pub struct Journal<R> {
    requests: Mutex<Vec<(u64, R)>>,
    next: AtomicU64,
    connections: AtomicU64,
    cleared_at: AtomicU64,
}

impl<R> Default for Journal<R> {
    fn default() -> Self {
        Self {
            requests: Mutex::default(),
            next: AtomicU64::default(),
            connections: AtomicU64::default(),
            cleared_at: AtomicU64::default(),
        }
    }
}

impl<R> Journal<R> {
    /// Counts a connection and gives its number, from 1.
    pub fn connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Connections since the start or since the journal was cleared.
    pub fn connections(&self) -> usize {
        let connections = self.connections.load(Ordering::Relaxed) - self.cleared_at.load(Ordering::Relaxed);
        usize::try_from(connections).unwrap_or(0)
    }

    /// Writes a request down under the next number, from 1, and gives that number.
    pub fn arrived(&self, record: impl FnOnce(u64) -> R) -> u64 {
        let mut requests = lock(&self.requests);
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        requests.push((id, record(id)));
        id
    }

    /// Adds to what is known of a request. One that was cleared meanwhile stays forgotten.
    pub fn change(&self, id: u64, change: impl FnOnce(&mut R)) {
        // Ids ascend, and gaps only appear at the front, where a test cleared the journal.
        let mut requests = lock(&self.requests);
        if let Ok(index) = requests.binary_search_by_key(&id, |(id, _)| *id) {
            change(&mut requests[index].1);
        }
    }

    /// Looks at every request, in the order of arrival.
    pub fn each(&self, mut look: impl FnMut(&R)) {
        lock(&self.requests).iter().for_each(|(_, request)| look(request));
    }

    /// Every request, in the order of arrival.
    pub fn requests(&self) -> Vec<R>
    where
        R: Clone,
    {
        lock(&self.requests)
            .iter()
            .map(|(_, request)| request.clone())
            .collect()
    }

    /// Forgets every request and counts connections from 0 again. Numbers go on.
    pub fn clear(&self) {
        lock(&self.requests).clear();
        self.cleared_at
            .store(self.connections.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}
