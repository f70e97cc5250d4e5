//! The crate through its public doors.

mod bind;
mod local;
