//! The crate through its public doors.

mod bind;
