//! What an emulator of any service is made of: TLS with an authority of its own, HTTP/1.1 and HTTP/2 on a thread of
//! its own, distance, faults, a journal.
//!
//! For emulators that live next to this one. It follows their needs, not the rules of semantic versioning.

mod client;
mod connection;
mod damage;
mod delay_line;
mod faults;
mod journal;
mod key;
mod launch;
mod listener;
mod reply;
pub mod seed;
mod signals;
mod tls;
mod util;

pub use crate::fault::FaultFor;
pub use client::{client_builder, resolver};
pub use connection::{Origin, Switch};
pub use damage::{Damage, act, read_body};
pub use faults::{FaultBook, Subject};
pub use journal::Journal;
pub use key::SigningKey;
pub use launch::launch;
pub use listener::{Listeners, Server, Service};
pub use reply::{JSON, Payload, Reply};
pub use signals::ended_by_signal;
pub use tls::Authority;
pub use util::{hex, host_name, is_local, lock, new_uuid, random_bytes, unix_now, uuid_from};

pub(crate) use key::process_key;
pub(crate) use util::{DAY, mix, new_version, timestamp};
