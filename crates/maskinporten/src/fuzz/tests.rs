//! Somebody who means no good knocks at each door.

use doors::{Doors, apart};

use super::{DOORS, most};

const ALL: Doors = Doors {
    corpus: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus"),
    doors: &DOORS,
    most,
};

#[test]
fn what_is_known_is_read() {
    ALL.read_the_known();
}

#[test]
fn what_grows_out_of_it_is_read() {
    ALL.read_the_grown();
}

#[test]
fn what_is_allocated_is_bounded() {
    apart("fuzz::tests::bounded");
}

#[test]
#[ignore = "the test above runs it in a process of its own"]
fn bounded() {
    ALL.allocate_no_more();
}

#[test]
#[ignore = "it measures time: cargo test --release -p maskinporten --lib fuzz::tests::time -- --ignored --nocapture"]
fn time_is_no_square() {
    ALL.take_no_square();
}
