//! How a field behind `flatten` may be spelled.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{bound, lines, refused};

#[derive(Debug, Deserialize)]
struct Outer<T> {
    #[serde(flatten)]
    inner: T,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Camel {
    host_name: Option<String>,
    #[serde(rename = "HTTP-Port")]
    port: Option<u16>,
    #[serde(alias = "timeOut")]
    time_out: Option<u8>,
    #[serde(rename = "field_1")]
    field: Option<u8>,
}

#[test]
fn optional_fields_in_every_style() {
    for text in [
        r#"{"hostName": "h", "HTTP-Port": 1, "timeOut": 2, "field_1": 3}"#,
        r#"{"HostName": "h", "HTTP-Port": "1", "TimeOut": "2", "Field1": "3"}"#,
        r#"{"host-name": "h", "HTTP-Port": "1", "time_out": "2", "FIELD-1": "3"}"#,
        r#"{"HOST_NAME": "h", "HTTP-Port": "1", "TIME_OUT": "2", "FIELD_1": "3"}"#,
    ] {
        let expected = Camel {
            host_name: Some("h".into()),
            port: Some(1),
            time_out: Some(2),
            field: Some(3),
        };
        assert_eq!(bound::<Outer<Camel>>(text).inner, expected, "{text}");
    }
}

#[test]
fn a_required_field_tells_its_name() {
    #[derive(Debug, Deserialize)]
    struct Odd {
        #[serde(rename = "pOrT")]
        port: u16,
    }
    assert_eq!(bound::<Outer<Odd>>(r#"{"PORT": "7"}"#).inner.port, 7);
    assert_eq!(lines(&refused::<Outer<Odd>>("{}")), ["pOrT: is missing"]);
}

#[test]
fn beside_a_map_only_what_nobody_reads_is_left() {
    #[derive(Debug, Deserialize)]
    struct Both {
        first_name: String,
        #[serde(flatten)]
        camel: Camel,
        #[serde(flatten)]
        rest: BTreeMap<String, String>,
    }
    let both: Both = bound(r#"{"FirstName": "f", "HostName": "h", "TimeOut": "2", "OtherKey": "o", "third_key": 3}"#);
    assert_eq!(both.first_name, "f");
    assert_eq!(
        (both.camel.host_name.as_deref(), both.camel.time_out),
        (Some("h"), Some(2))
    );
    let rest = BTreeMap::from([("OtherKey".into(), "o".into()), ("third_key".into(), "3".into())]);
    assert_eq!(both.rest, rest);
}

#[test]
fn a_struct_with_flatten_that_refuses_other_keys() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Closed {
        #[serde(flatten)]
        camel: Camel,
    }
    assert_eq!(
        bound::<Closed>(r#"{"HostName": "h", "TimeOut": "2"}"#).camel.time_out,
        Some(2)
    );
    assert_eq!(
        lines(&refused::<Closed>(r#"{"HostName": "h", "TimOut": "2"}"#)),
        ["TimOut: is not a setting of this section"]
    );
}

/// Texts that look like numbers stay texts where a text is wanted, however many numbers are beside them.
#[test]
fn texts_among_numbers() {
    #[derive(Debug, Deserialize)]
    struct Many {
        a: u8,
        b: u8,
        c: u8,
        d: u8,
        e: u8,
        org_no: String,
        phone: String,
        f: f64,
        on: bool,
        off: bool,
        version: String,
    }
    let many: Many = bound::<Outer<Many>>(
        r#"{"A": "1", "B": "1", "C": "1", "D": "2", "E": "3", "OrgNo": "310073310", "Phone": "1", "F": "1",
            "On": "1", "Off": "0", "Version": "1.5"}"#,
    )
    .inner;
    assert_eq!((many.a, many.b, many.c, many.d, many.e), (1, 1, 1, 2, 3));
    assert_eq!(
        (many.org_no.as_str(), many.phone.as_str(), many.version.as_str()),
        ("310073310", "1", "1.5")
    );
    assert!((many.f - 1.0).abs() < f64::EPSILON && many.on && !many.off);
}
