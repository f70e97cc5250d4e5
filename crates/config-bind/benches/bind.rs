//! What `bind` costs beside `try_deserialize`, for 100, 1,000 and 5,000 keys of each shape.
//!
//! `cargo bench -p config-bind` prints milliseconds, the best of a few runs. The texts are what an operator writes (`"17"` for a number),
//! the keys are Pascal case. `try_deserialize` is given the type's own spelling and, behind `flatten` and tags where it
//! makes nothing of a text, JSON's own types, which is less work.

#![allow(clippy::print_stdout, dead_code)]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use config::{Config, File, FileFormat};
use config_bind::BindConfig;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[path = "../tests/suite/wide.rs"]
mod wide;

use wide::Wide;

#[derive(Deserialize)]
struct Flat<T> {
    name: String,
    #[serde(flatten)]
    inner: T,
}

#[derive(Deserialize)]
struct Server {
    host_name: String,
    port_number: u16,
    use_tls: Option<bool>,
}

#[derive(Deserialize)]
#[serde(tag = "store_kind", rename_all = "snake_case")]
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
    list: Vec<T>,
}

/// Keys and values as an operator writes them, keys as the type spells them, or both as the type has them.
#[derive(Clone, Copy)]
enum Written {
    Hand,
    Name,
    Type,
}

impl Written {
    fn key(self, key: &str) -> String {
        match self {
            Self::Name | Self::Type => key.to_owned(),
            Self::Hand => key
                .split('_')
                .map(|word| word[..1].to_uppercase() + &word[1..])
                .collect(),
        }
    }

    fn object(self, pairs: &[(String, &str)]) -> String {
        let pairs = pairs.iter().map(|(key, value)| {
            let key = self.key(key);
            match self {
                Self::Hand | Self::Name if !value.starts_with(['"', '{', '[']) => format!(r#""{key}": "{value}""#),
                _ => format!(r#""{key}": {value}"#),
            }
        });
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    }

    fn server(self, with: &[(&str, &str)]) -> String {
        let own = [("host_name", r#""db""#), ("port_number", "80"), ("use_tls", "true")];
        let all = with.iter().chain(&own).map(|(key, value)| ((*key).to_owned(), *value));
        self.object(&all.collect::<Vec<_>>())
    }

    fn list(self, count: usize, element: &str) -> String {
        let elements = vec![element; count].join(",");
        self.object(&[("list".to_owned(), &format!("[{elements}]"))])
    }

    fn wide(self, count: usize, name: bool, value: impl Fn(usize) -> &'static str) -> String {
        let keys = (0..count).map(|n| (format!("key_number_{n}"), value(n)));
        let name = name.then(|| ("name".to_owned(), r#""a""#));
        self.object(&name.into_iter().chain(keys).collect::<Vec<_>>())
    }
}

fn mixed(n: usize) -> &'static str {
    [r#""a text""#, "17", "true", "1.5"][n % 4]
}

fn config(text: &str) -> Config {
    let file = File::from_str(text, FileFormat::Json);
    Config::builder()
        .add_source(file)
        .build()
        .expect("the benchmark's own JSON")
}

fn best(mut run: impl FnMut() -> Duration) -> f64 {
    let runs = (0..7).map(|_| run());
    runs.min().expect("seven runs").as_secs_f64() * 1000.0
}

fn measure<T: DeserializeOwned>(text: impl Fn(Written) -> String) -> (f64, f64) {
    side_by_side::<T>(text, Written::Type)
}

fn plain<T: DeserializeOwned>(text: impl Fn(Written) -> String) -> (f64, f64) {
    side_by_side::<T>(text, Written::Name)
}

fn side_by_side<T: DeserializeOwned>(text: impl Fn(Written) -> String, bare: Written) -> (f64, f64) {
    let by_hand = config(&text(Written::Hand));
    let bind = best(|| {
        let start = Instant::now();
        assert!(by_hand.bind::<T>().is_ok());
        start.elapsed()
    });
    let by_type = config(&text(bare));
    let bare = best(|| {
        let config = by_type.clone();
        let start = Instant::now();
        assert!(config.try_deserialize::<T>().is_ok());
        start.elapsed()
    });
    (bind, bare)
}

fn row(shape: &str, cells: [(f64, f64); 3]) {
    let [_, (thousand, _), (five, _)] = cells;
    print!("| {shape} |");
    for (bind, bare) in cells {
        print!(" {bind:.2} ({bare:.2}) |");
    }
    println!(" {:.1} |", five / thousand);
}

fn each(measure: impl Fn(usize) -> (f64, f64)) -> [(f64, f64); 3] {
    [100, 1000, 5000].map(measure)
}

fn main() {
    println!("ms of `bind` (of `try_deserialize`), best of seven");
    println!();
    println!("| shape | 100 | 1,000 | 5,000 | 5,000 to 1,000 |");
    println!("|---|--:|--:|--:|--:|");
    row(
        "a struct",
        [
            plain::<Wide<100>>(|w| w.wide(100, false, mixed)),
            plain::<Wide<1000>>(|w| w.wide(1000, false, mixed)),
            plain::<Wide<5000>>(|w| w.wide(5000, false, mixed)),
        ],
    );
    row(
        "a list of structs",
        each(|n| plain::<List<Server>>(|w| w.list(n, &w.server(&[])))),
    );
    row(
        "`flatten` with a map of texts",
        each(|n| measure::<Flat<HashMap<String, String>>>(|w| w.wide(n, true, |_| r#""17""#))),
    );
    row(
        "`flatten` with a map of numbers",
        each(|n| measure::<Flat<HashMap<String, u32>>>(|w| w.wide(n, true, |_| "17"))),
    );
    row(
        "`flatten` with a struct of so many fields",
        [
            measure::<Flat<Wide<100>>>(|w| w.wide(100, true, mixed)),
            measure::<Flat<Wide<1000>>>(|w| w.wide(1000, true, mixed)),
            measure::<Flat<Wide<5000>>>(|w| w.wide(5000, true, mixed)),
        ],
    );
    row(
        "`flatten` with a small struct, other keys",
        each(|n| {
            measure::<Flat<Server>>(|w| {
                let wide = w.wide(n, true, mixed);
                let server = w.server(&[]);
                format!("{},{}", wide.trim_end_matches('}'), server.trim_start_matches('{'))
            })
        }),
    );
    row(
        "a list of structs with `flatten`",
        each(|n| measure::<List<Flat<Server>>>(|w| w.list(n, &w.server(&[("name", r#""a""#)])))),
    );
    row(
        "a list of internally tagged enums",
        each(|n| measure::<List<Internally>>(|w| w.list(n, &w.server(&[("store_kind", r#""redis""#)])))),
    );
    row(
        "a list of adjacently tagged enums",
        each(|n| {
            measure::<List<Adjacently>>(|w| {
                let content = w.server(&[]);
                let pairs = [
                    ("store_kind".to_owned(), r#""redis""#),
                    ("content".to_owned(), content.as_str()),
                ];
                w.list(n, &w.object(&pairs))
            })
        }),
    );
    row(
        "a list of untagged enums",
        each(|n| measure::<List<Untagged>>(|w| w.list(n, &w.server(&[])))),
    );
}
