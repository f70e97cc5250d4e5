//! Somebody who means no good knocks at each door.

use doors::{Doors, apart};

use super::{DOORS, most, split};

const ALL: Doors = Doors {
    corpus: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus"),
    doors: &DOORS,
    most,
};

#[test]
fn an_empty_header_ends_no_head() {
    let known = include_bytes!("../../tests/corpus/refusal/maskinporten.txt");
    let (status, [pause, date, kind], body) = split(known);
    assert_eq!((status, pause), (&b"400"[..], &b""[..]));
    assert_eq!(
        (date, kind),
        (&b"Sun, 29 Nov 2026 08:00:00 GMT"[..], &b"application/json"[..])
    );
    assert!(body.starts_with(b"{"));
    let (status, headers, body) = split(b"{}\n\n");
    assert_eq!((status, headers, body), (&b""[..], [&b""[..]; 3], &b"{}\n\n"[..]));
}

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
    #[cfg(feature = "pkcs12")]
    ALL.allocate_no_more_for("key", include_bytes!("../../tests/vectors/keys/scrypt.p12"));
}

#[test]
#[ignore = "it measures time: cargo test --release -p maskinporten --lib fuzz::tests::time -- --ignored --nocapture"]
fn time_is_no_square() {
    ALL.take_no_square();
}
