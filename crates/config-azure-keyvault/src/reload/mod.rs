//! Watch: poll, diff, swap, notify. The last good values stay until better ones are there.

mod bound;
mod builder;
mod change;
mod changes;
mod files;
mod pace;
mod poll;
mod reason;
mod shared;
mod status;
mod watch;

pub use bound::Bound;
pub use builder::WatchBuilder;
pub use change::{Change, ChangeKind, ChangedKey};
pub use changes::Changes;
pub use status::{Failed, Status};
pub use watch::Watch;
