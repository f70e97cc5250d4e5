//! How deep a configuration may be nested.

use config::{Config, Map, Value, ValueKind};
use config_bind::{BindConfig, Binder};
use serde::de::IgnoredAny;

fn nested(levels: usize) -> Config {
    let mut value = Value::new(None, "hunter2");
    for _ in 0..levels {
        value = Value::new(None, Map::from([("k".to_owned(), value)]));
    }
    let mut config = Config::default();
    config.cache = value;
    config
}

#[test]
fn a_hundred_and_twenty_eight_levels() {
    assert!(nested(128).bind::<IgnoredAny>().is_ok());
    let key = vec!["k"; 128].join(".");
    for levels in [129, 300] {
        let config = nested(levels);
        for error in [
            config.bind::<IgnoredAny>().expect_err("too deep"),
            config.bind_strict::<IgnoredAny>().expect_err("too deep"),
            Binder::new(&config)
                .section("k.k")
                .bind::<IgnoredAny>()
                .expect_err("too deep"),
        ] {
            let expected = format!("configuration does not fit: `{key}`: is nested more than 128 levels deep");
            assert_eq!(error.to_string(), expected);
        }
    }
    // What is beside the section that is asked for does not matter.
    let mut config = nested(129);
    if let ValueKind::Table(table) = &mut config.cache.kind {
        table.insert(
            "other".to_owned(),
            Value::new(None, Map::from([("a".to_owned(), Value::from(1))])),
        );
    }
    assert!(config.bind_section::<IgnoredAny>("other").is_ok());
}
