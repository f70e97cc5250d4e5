//! A struct of as many fields as one likes, for the benchmark too.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A struct of any number of fields: `key_number_0` and so on, every fourth a text, a number, a switch and a fraction.
pub(crate) struct Wide<const N: usize>;

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
        let names = names::<N>();
        deserializer.deserialize_struct("Wide", names, Fields(names))
    }
}

/// Made once for each size, as a derived type's are.
fn names<const N: usize>() -> &'static [&'static str] {
    static NAMES: Mutex<BTreeMap<usize, &'static [&'static str]>> = Mutex::new(BTreeMap::new());
    let mut all = NAMES.lock().expect("nobody panics with it");
    all.entry(N).or_insert_with(|| {
        let names = (0..N).map(|n| &*Box::leak(format!("key_number_{n}").into_boxed_str()));
        Box::leak(names.collect())
    })
}
