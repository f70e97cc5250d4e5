//! Typed settings out of a [`config::Config`]: a field takes its key in any spelling, a text becomes what the field asks for,
//! every problem is named at once, and no error holds a value.
//!
//! ```toml
//! [dependencies]
//! config = { version = "0.15", default-features = false, features = ["json"] }
//! config-bind = "0.1"
//! secrecy = { version = "0.10", features = ["serde"] }
//! serde = { version = "1", features = ["derive"] }
//! ```
//!
//! ```
//! use config::{Config, File, FileFormat};
//! use config_bind::BindConfig;
//!
//! #[derive(serde::Deserialize)]
//! struct Database {
//!     host: String,
//!     max_connections: u16,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = r#"{ "Database": { "Host": "db", "MaxConnections": " 40 " } }"#;
//! let config = Config::builder().add_source(File::from_str(file, FileFormat::Json)).build()?;
//! let database: Database = config.bind_section("Database")?;
//! assert_eq!(database.max_connections, 40);
//! # Ok(())
//! # }
//! ```
//!
//! `try_deserialize` keeps working, but it wants keys spelled as the type spells them, leaves texts behind `flatten` and tags as
//! they are, stops at the first problem, and **prints the value that did not fit**, be it a password. The rules and the limits of
//! `bind` are at [`BindConfig`]; [`Binder`] has the options.
//!
//! # Testing
//!
//! Settings need no file and no process: a `Config` is made of values, and what is wrong with them is an error with words to look at.
//!
//! ```test_harness
//! use config::Config;
//! use config_bind::BindConfig;
//! use secrecy::{ExposeSecret, SecretString};
//!
//! #[derive(Debug, serde::Deserialize)]
//! struct Database {
//!     host: String,
//!     port: u16,
//!     password: SecretString,
//! }
//!
//! #[test]
//! fn the_database_is_read() -> Result<(), Box<dyn std::error::Error>> {
//!     let config = Config::builder()
//!         .set_override("Database.Host", "localhost")?
//!         .set_override("Database.Port", " 5432 ")? // as an environment variable would say it
//!         .set_override("Database.Password", "hunter2")?
//!         .build()?;
//!     let database: Database = config.bind_section("Database")?;
//!     assert_eq!((database.host.as_str(), database.port), ("localhost", 5432));
//!     assert_eq!(database.password.expose_secret(), "hunter2");
//!     Ok(())
//! }
//!
//! #[test]
//! fn what_is_missing_is_named_and_no_value_printed() -> Result<(), config::ConfigError> {
//!     let config = Config::builder()
//!         .set_override("Database.Host", "localhost")?
//!         .set_override("Database.Port", "hunter2")?
//!         .build()?;
//!     let error = config.bind_section_strict::<Database>("Database").unwrap_err();
//!     let keys: Vec<&str> = error.problems().iter().map(|problem| problem.key.as_str()).collect();
//!     assert_eq!(keys, ["Database.Port", "Database.Password"]);
//!     assert!(!error.to_string().contains("hunter2"));
//!     Ok(())
//! }
//! ```
//!
//! `bind_strict` in a test of the files that are shipped finds a setting that is misspelt before its users do.
//!
//! # How it works
//!
//! The configuration becomes a **tree** of numbered nodes (`tree`). Beside it stands what is known of each node (`session`): how a
//! table's keys are asked for, how a key is spelled, what is handed out for a value. A **pass** is one `T::deserialize` over the
//! tree (`read`, `access`, `entries`). Afterwards `solve` looks at what came back, writes down what is new, and makes
//! another pass, until one brings nothing new. A pass changes no value; only facts grow, and most types need one pass.
//!
//! Where serde asks for a type or for fields, all is known at once: the key is found by a hash that leaves out case, `_` and `-`,
//! the text is coerced (`coerce`), and what does not fit is a problem while a **stand-in** (`dummy`) goes on in its place, so that the
//! pass gets to the others. Behind serde's buffer (`flatten`, tagged and untagged enums) nobody says what is wanted
//! or where a refused value came from. Three **marks** survive the buffer and come back with the refusal (`fault`):
//!
//! * The **address** of a text says which node it is of; serde's words beside it say what was wanted.
//! * A **probe** is bytes that fit nothing, with the number of a node in them. It is handed out to ask who reads that node, and as
//!   what (`ask`): for strict binding, for a field that may be missing, and for a refused value that was no text.
//! * A **canary** is a key that is such bytes. Only something that takes every key reads it. If nothing does, each key is handed
//!   out in every likely spelling at once, for all but the right one are ignored. If a map does, the spellings are probes.
//!
//! From a pass is learnt, of keys (`keys`): what takes every key, which spelling is the right one, which field is missing (a node is
//! added for it), which two keys are one. Of values (`values`): the form that is wanted of a text (a number, a switch, `null` for a
//! blank one, the name of a variant); and, if there is none left, that the value is a problem, and which stand-in the type takes.
//! What stops every pass in spite of that is handed out last. At the end `report` puts the problems into words, and `scrub` keeps
//! words of the type to itself that may hold a piece of a value. A result that a stand-in went into is never handed out.
//!
//! **What is learnt of one node is learnt of its peers** (`peers`): the elements of one list, the values of one map, and what
//! they hold under the same names. That is why the number of passes is bounded by the type and by the number of distinct
//! problems, and not by keys or elements: each pass but the last teaches a spelling, a form, a stand-in or a problem of a
//! whole group of peers. Three constants close what is left, and have a price:
//!
//! * `BY_LOOKS`, 4: once so many texts of one buffered table had to become something else, its other texts are taken for what they
//!   look like, unless the field refuses that. An untagged enum or a `serde_json::Value` beside them may get a number for `"17"`.
//! * `ALIKE`, 16: after so many problems of a kind among peers, stand-ins take the place of the rest, and the last problem says so.
//!   Who has mended those is told of the next ones.
//! * `ONE_BY_ONE`, 100: after so many problems that cost passes of their own the rest is left, and the last problem says so.

mod access;
mod ask;
mod binder;
mod coerce;
mod dummy;
mod entries;
mod error;
mod fault;
mod keys;
mod meant;
mod names;
mod numbers;
mod peers;
mod read;
mod report;
mod scrub;
mod session;
mod solve;
mod spellings;
mod tree;
mod values;

pub use binder::{BindConfig, Binder};
pub use error::{Error, Missing, Problem, Shape};
