//! The number of passes over a type does not depend on how many keys or elements there are.

use std::cell::Cell;
use std::collections::HashMap;
use std::marker::PhantomData;

use config_bind::BindConfig;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::json;

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

/// A struct of any number of fields: `key_number_0` and so on, every fourth a text, a number, a switch and a fraction.
struct Wide<const N: usize>;

impl<'de, const N: usize> Deserialize<'de> for Wide<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<const N: usize>(&'static [&'static str]);
        impl<'de, const N: usize> Visitor<'de> for Fields<N> {
            type Value = Wide<N>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("struct Wide")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Wide<N>, A::Error> {
                let places: HashMap<&str, usize> = self.0.iter().enumerate().map(|(n, name)| (*name, n)).collect();
                let mut read = vec![false; N];
                while let Some(key) = map.next_key_seed(Name)? {
                    let Some(&place) = places.get(key.as_str()) else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    match place % 4 {
                        0 => drop(map.next_value::<String>()?),
                        1 => drop(map.next_value::<u32>()?),
                        2 => drop(map.next_value::<Option<bool>>()?),
                        _ => drop(map.next_value::<f64>()?),
                    }
                    read[place] = true;
                }
                match read.iter().position(|read| !read) {
                    Some(place) => Err(A::Error::missing_field(self.0[place])),
                    None => Ok(Wide),
                }
            }
        }
        struct Name;
        impl<'de> DeserializeSeed<'de> for Name {
            type Value = String;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
                struct Identifier;
                impl Visitor<'_> for Identifier {
                    type Value = String;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("field identifier")
                    }

                    fn visit_str<E>(self, name: &str) -> Result<String, E> {
                        Ok(name.to_owned())
                    }

                    fn visit_bytes<E>(self, name: &[u8]) -> Result<String, E> {
                        Ok(String::from_utf8_lossy(name).into_owned())
                    }
                }
                deserializer.deserialize_identifier(Identifier)
            }
        }
        let names = (0..N).map(|n| &*Box::leak(format!("key_number_{n}").into_boxed_str()));
        let names: &'static [&'static str] = Box::leak(names.collect());
        deserializer.deserialize_struct("Wide", names, Fields(names))
    }
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
