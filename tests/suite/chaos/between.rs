//! Changes that strike while a load is under way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::book::Book;
use super::case::{Change, Event, Round, When};

/// Changes that strike between list and get. The source's own filter is where they do: it sees each secret that was listed.
pub(super) struct Between {
    book: Book,
    looked: AtomicUsize,
    armed: Mutex<Vec<(usize, Change)>>,
}

impl Between {
    pub(super) fn of(book: Book) -> Self {
        Self {
            book,
            looked: AtomicUsize::new(0),
            armed: Mutex::default(),
        }
    }

    pub(super) fn arm(&self, events: &[(usize, Event)]) {
        let armed = events.iter().filter_map(|(_, event)| match event {
            Event::Change {
                when: When::Looked(nth),
                change,
            } => Some((*nth, *change)),
            _ => None,
        });
        self.looked.store(0, Ordering::SeqCst);
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = armed.collect();
    }

    pub(super) fn looks(&self) {
        let nth = self.looked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.retain(|(at, change)| {
            if *at == nth {
                self.book.change(*change);
            }
            *at != nth
        });
    }
}

/// What changes while the round's work is done.
pub(super) async fn meanwhile(book: &Book, round: &Round) {
    let begun = tokio::time::Instant::now();
    let changes = round.events.iter().filter_map(|(_, event)| match event {
        Event::Change {
            when: When::After(millis),
            change,
        } => Some((*millis, *change)),
        _ => None,
    });
    let mut changes: Vec<_> = changes.collect();
    changes.sort_by_key(|(millis, _)| *millis);
    for (millis, change) in changes {
        tokio::time::sleep_until(begun + Duration::from_millis(millis)).await;
        book.change(change);
    }
}
