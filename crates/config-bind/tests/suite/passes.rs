//! The number of passes over a type does not depend on how many keys or elements there are.

use std::cell::Cell;
use std::collections::HashMap;
use std::marker::PhantomData;

use config_bind::BindConfig;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::json;
use crate::wide::Wide;

thread_local! {
    static PASSES: Cell<usize> = const { Cell::new(0) };
}

/// Counts how often it is deserialized.
struct Counted<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Counted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PASSES.set(PASSES.get() + 1);
        T::deserialize(deserializer).map(|_| Self(PhantomData))
    }
}

fn passes<T: DeserializeOwned>(text: &str, strict: bool) -> (usize, usize) {
    PASSES.set(0);
    let config = json(text);
    let bound = match strict {
        false => config.bind::<Counted<T>>(),
        true => config.bind_strict::<Counted<T>>(),
    };
    (PASSES.get(), bound.err().map_or(0, |error| error.problems().len()))
}

#[derive(Deserialize)]
struct Flat<T> {
    #[serde(rename = "name")]
    _name: String,
    #[serde(flatten)]
    _inner: T,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Server {
    host_name: String,
    port_number: u16,
    use_tls: Option<bool>,
}

#[derive(Deserialize)]
#[serde(tag = "store_kind", rename_all = "snake_case")]
#[allow(dead_code)]
enum Internally {
    Redis {
        host_name: String,
        port_number: u16,
        use_tls: Option<bool>,
    },
    InMemory {
        size: u32,
    },
}

#[derive(Deserialize)]
#[serde(tag = "store_kind", content = "content", rename_all = "snake_case")]
#[allow(dead_code)]
enum Adjacently {
    Redis {
        host_name: String,
        port_number: u16,
        use_tls: Option<bool>,
    },
    InMemory {
        size: u32,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum Untagged {
    Redis {
        host_name: String,
        port_number: u16,
        use_tls: Option<bool>,
    },
    InMemory {
        size: u32,
    },
}

#[derive(Deserialize)]
struct List<T> {
    #[serde(rename = "list")]
    _list: Vec<T>,
}

fn wide(count: usize, value: impl Fn(usize) -> String) -> String {
    let keys = (0..count).map(|n| format!(r#""KeyNumber{n}": "{}""#, value(n)));
    keys.collect::<Vec<_>>().join(",")
}

fn good(n: usize) -> String {
    ["a text", "17", "true", "1.5"][n % 4].to_owned()
}

fn list(count: usize, element: impl Fn(usize) -> String) -> String {
    let elements: Vec<String> = (0..count).map(element).collect();
    format!(r#"{{"List": [{}]}}"#, elements.join(","))
}

fn section(object: &str) -> String {
    format!(r#"{{"Name": "1", {object}}}"#)
}

const REDIS: &str = r#""HostName": "h", "PortNumber": "80", "UseTls": "yes""#;

/// As many passes for 1,000 as for 10, and for 100.
#[track_caller]
fn same(of: impl Fn(usize) -> (usize, usize)) -> usize {
    let (few, problems) = of(10);
    for count in [100, 1000] {
        assert_eq!(of(count), (few, problems), "for {count}");
    }
    assert_eq!(problems, 0);
    few
}

#[test]
fn a_struct() {
    fn of<const N: usize>() -> (usize, usize) {
        passes::<Wide<N>>(&format!("{{{}}}", wide(N, good)), false)
    }
    assert_eq!([of::<10>(), of::<100>(), of::<1000>()], [(1, 0); 3]);
}

#[test]
fn flatten_with_a_map() {
    same(|count| passes::<Flat<HashMap<String, u32>>>(&section(&wide(count, |n| n.to_string())), false));
    same(|count| passes::<Flat<HashMap<String, String>>>(&section(&wide(count, |n| n.to_string())), false));
}

#[test]
fn flatten_with_a_struct() {
    fn of<const N: usize>() -> (usize, usize) {
        passes::<Flat<Wide<N>>>(&section(&wide(N, good)), false)
    }
    let few = of::<10>();
    assert_eq!([of::<100>(), of::<1000>()], [few; 2]);
    same(|count| passes::<Flat<Server>>(&section(&format!("{REDIS}, {}", wide(count, good))), false));
    same(|count| passes::<List<Flat<Server>>>(&list(count, |_| section(REDIS)), false));
    same(|count| {
        let servers = (0..count).map(|n| format!(r#""Server{n}": {}"#, section(REDIS)));
        let servers = servers.collect::<Vec<_>>().join(",");
        passes::<Flat<HashMap<String, Flat<Server>>>>(&section(&servers), false)
    });
}

#[test]
fn tagged_and_untagged() {
    let memory = r#""StoreKind": "InMemory""#;
    same(|count| {
        let element = |n| match n % 3 {
            0 => format!(r#"{{{memory}, "Size": "1"}}"#),
            _ => format!(r#"{{"StoreKind": "Redis", {REDIS}}}"#),
        };
        passes::<List<Internally>>(&list(count, element), false)
    });
    same(|count| {
        let element = |n| match n % 3 {
            0 => format!(r#"{{"Content": {{"Size": "1"}}, {memory}}}"#),
            _ => format!(r#"{{"StoreKind": "Redis", "Content": {{{REDIS}}}}}"#),
        };
        passes::<List<Adjacently>>(&list(count, element), false)
    });
    same(|count| {
        let element = |n| match n % 3 {
            0 => r#"{"Size": "1"}"#.to_owned(),
            _ => format!("{{{REDIS}}}"),
        };
        passes::<List<Untagged>>(&list(count, element), false)
    });
}

#[test]
fn strict() {
    same(|count| passes::<List<Flat<Server>>>(&list(count, |_| section(REDIS)), true));
    let unread = |count| passes::<Flat<Server>>(&section(&format!("{REDIS}, {}", wide(count, good))), true);
    let few = unread(10);
    for count in [100, 1000] {
        assert_eq!(unread(count), (few.0, count), "for {count}");
    }
}

/// However many values are wrong, a number of passes that depends on how many kinds of wrong there are.
#[test]
fn on_the_way_to_problems() {
    #[track_caller]
    fn bounded<T: DeserializeOwned>(most: usize, text: impl Fn(usize) -> String) {
        let (few, problems) = passes::<T>(&text(10), false);
        assert!(problems > 0);
        let (many, _) = passes::<T>(&text(100), false);
        let (more, problems) = passes::<T>(&text(1000), false);
        assert!(problems > 0);
        assert!(few <= many && more <= many && many <= most, "{few}, {many}, {more}");
    }
    let bad = r#"{"HostName": "h", "PortNumber": "x"}"#.to_owned();
    let none = r#"{"HostName": "h"}"#.to_owned();
    bounded::<List<Server>>(2, |count| list(count, |_| bad.clone()));
    bounded::<List<Server>>(40, |count| list(count, |_| none.clone()));
    bounded::<List<std::net::IpAddr>>(40, |count| list(count, |_| r#""nowhere""#.to_owned()));
    bounded::<Flat<HashMap<String, u32>>>(60, |count| section(&wide(count, |_| "x".to_owned())));
    let flat = |object: &str| section(&object[1..object.len() - 1]);
    bounded::<List<Flat<Server>>>(60, |count| list(count, |_| flat(&bad)));
    bounded::<List<Flat<Server>>>(60, |count| list(count, |_| flat(&none)));
    let tagged = |object: &str| format!(r#"{{"StoreKind": "Redis", {}"#, &object[1..]);
    bounded::<List<Internally>>(60, |count| list(count, |_| tagged(&bad)));
    bounded::<List<Internally>>(60, |count| list(count, |_| tagged(&none)));
    bounded::<List<Internally>>(60, |count| list(count, |_| r#"{"StoreKind": "nonsense"}"#.to_owned()));
    bounded::<List<Untagged>>(200, |count| list(count, |_| bad.clone()));
}

/// Problems that have nothing in common cost passes of their own: a hundred of them, and the rest is left, with a word.
#[test]
fn a_hundred_problems_are_found_one_by_one() {
    let bad = |count| section(&wide(count, |_| "x".to_owned()));
    let none = |count| section(&wide(count, good));
    // Three of four do not take the text.
    assert_eq!(passes::<Flat<Wide<100>>>(&bad(100), false).1, 75);
    let (few, problems) = passes::<Flat<Wide<200>>>(&bad(200), false);
    assert_eq!(problems, 101);
    let (many, problems) = passes::<Flat<Wide<1000>>>(&bad(1000), false);
    assert_eq!(problems, 101);
    assert!(many < few + 10 && many < 500, "{few}, {many}");
    assert_eq!(passes::<Flat<Wide<190>>>(&none(100), false).1, 90);
    let (few, problems) = passes::<Flat<Wide<300>>>(&none(100), false);
    assert_eq!(problems, 101);
    let (many, problems) = passes::<Flat<Wide<1000>>>(&none(100), false);
    assert_eq!(problems, 101);
    assert!(many < few + 10 && many < 500, "{few}, {many}");

    fn last<const N: usize>(text: &str) -> (String, String) {
        let error = json(text).bind::<Flat<Wide<N>>>().map(|_| ());
        let error = error.expect_err("it does not fit");
        let last = error.problems().last().expect("a problem");
        (last.key.clone(), last.message.clone())
    }
    let whole = "(the whole configuration)".to_owned();
    let (key, message) = last::<200>(&bad(200));
    assert_eq!(key, whole);
    assert!(
        message.starts_with("100 problems were found one by one, and 6")
            && message.ends_with(" more keys of it were not looked at"),
        "{message}"
    );
    let rest = "100 problems were found one by one, and the rest was not looked at";
    assert_eq!(last::<300>(&none(100)), (whole, rest.to_owned()));
    // What a type asks for field by field is all told.
    let text = format!("{{{}}}", wide(1000, |_| "x".to_owned()));
    assert_eq!(passes::<Wide<1000>>(&text, false), (1, 750));
}
