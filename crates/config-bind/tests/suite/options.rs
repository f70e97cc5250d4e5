//! What `Binder` can be told, and what an error says of itself.

use std::cell::RefCell;

use config_bind::{Binder, Missing, Shape};
use serde::Deserialize;

use crate::json;

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct App {
    name: String,
    hosts: Vec<String>,
    labels: std::collections::HashMap<String, String>,
    database: Database,
    pair: (u8, u8),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Database {
    pass_word: String,
    #[serde(flatten)]
    more: More,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct More {
    user_names: Vec<String>,
    port: u16,
    tags: std::collections::BTreeMap<String, u8>,
}

#[test]
fn a_remedy_is_asked_for_what_is_missing() {
    let asked = RefCell::new(Vec::new());
    let config = json(r#"{"App": {"Port": 1}, "Other": "x"}"#);
    let binder = Binder::new(&config).section("app").remedy(|missing: &Missing| {
        let all = format!("{} {} {:?}", missing.key, missing.path.join("/"), missing.shape);
        asked.borrow_mut().push(all);
        (missing.shape == Shape::Value).then(|| format!("try {}", missing.path.join("__")))
    });
    let error = binder.bind::<App>().expect_err("much is missing");
    let mut asked = asked.borrow().clone();
    asked.sort();
    assert_eq!(
        asked,
        [
            "App.Database.PassWord App/Database/PassWord Value",
            "App.Database.Port App/Database/Port Value",
            "App.Database.Tags App/Database/Tags Section",
            "App.Database.UserNames App/Database/UserNames List",
            "App.Hosts App/Hosts List",
            "App.Labels App/Labels Section",
            "App.Name App/Name Value",
            "App.Pair App/Pair List",
        ]
    );
    assert!(
        error.to_string().contains("`App.Name`: is missing (try App__Name)"),
        "{error}"
    );
    assert!(error.to_string().contains("`App.Hosts`: is missing;"), "{error}");
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn strict_but_for_some_keys() {
    #[derive(Debug, Deserialize)]
    struct Closed {
        #[serde(rename = "name")]
        _name: String,
    }
    let config = json(r#"{"Name": "x", "$schema": "y", "Nmae": "z", "Logging": {"A": 1}}"#);
    let binder = Binder::new(&config)
        .strict()
        .ignoring(|key, origin| origin.is_none() && (key.starts_with('$') || key == "Logging"));
    let error = binder.bind::<Closed>().expect_err("a key nothing reads");
    assert_eq!(
        error.to_string(),
        "configuration does not fit: `Nmae`: is a key that nothing reads"
    );
}

/// A stand-in was a text: whoever refused it tells that the field is a section.
#[test]
fn a_tagged_enum_that_is_missing_is_a_section() {
    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind")]
    #[allow(dead_code)]
    enum Storage {
        Disk { folder: String },
        Memory { size: u32 },
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Tagged {
        storage: Storage,
    }
    let config = json("{}");
    let binder =
        Binder::new(&config).remedy(|missing| Some(format!("{:?} at {}", missing.shape, missing.path.join("/"))));
    let error = binder.bind::<Tagged>().expect_err("it is missing").to_string();
    assert!(!error.contains("Value at storage)"), "{error}");
}
