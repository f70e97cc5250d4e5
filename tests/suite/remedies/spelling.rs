//! The name is one that a vault may hold, and it leads to the setting again.

use config::Config;
use serde::Deserialize;
use serde_json::{Value, json};

use super::named;
use crate::support::over;

fn config(earlier: &Value) -> Config {
    over(&earlier.to_string()).build().expect("a configuration")
}

#[test]
fn words_that_a_vault_cannot_spell_are_spelt_otherwise() {
    #[derive(Debug, Deserialize)]
    struct Odd {
        #[serde(rename = "max_connections")]
        _snake: String,
        #[serde(rename = "kebab-case")]
        _kebab: String,
        #[serde(rename = "_leading")]
        _leading: String,
        #[serde(rename = "trailing-")]
        _trailing: String,
        #[serde(rename = "two--hyphens")]
        _hyphens: String,
        #[serde(rename = "1_0")]
        _digits: String,
        #[serde(rename = "-x")]
        _hyphen: String,
        #[serde(rename = "a.b")]
        _dot: String,
        #[serde(rename = "$schema")]
        _dollar: String,
        #[serde(rename = "_")]
        _nothing: String,
    }
    let mut found = named::<Odd>(&config(&json!({})));
    found.sort();
    let mut expected = [
        Some("MaxConnections"),
        Some("kebab-case"),
        Some("Leading"),
        Some("Trailing"),
        Some("TwoHyphens"),
        Some("1-0"),
        Some("-x"),
        None,
        None,
        None,
    ]
    .map(|name| name.map(str::to_owned));
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_name_holds_127_characters() {
    #[derive(Debug, Deserialize)]
    struct Long {
        #[serde(rename = "key")]
        _key: String,
    }
    for (length, fits) in [(122, true), (123, false)] {
        let section = "s".repeat(length);
        let error = config_azure_keyvault::BindConfig::bind_section::<Long>(&config(&json!({})), &section);
        let problem = error.expect_err("it is missing").problems()[0].clone();
        assert_eq!(problem.secret.is_some(), fits, "{length}");
    }
}

/// `data_base` has no spelling in a vault that is not taken for its neighbour's.
#[test]
fn among_keys_that_differ_in_separators_only_an_exact_name_will_do() {
    #[derive(Debug, Deserialize)]
    struct Maps {
        #[serde(rename = "servers")]
        _servers: std::collections::BTreeMap<String, super::Database>,
    }
    let alike = config(&json!({ "servers": { "data-base": {}, "data_base": {} } }));
    let mut found = named::<Maps>(&alike);
    found.sort();
    assert_eq!(found, [None, Some("servers--data-base--Host".to_owned())]);
}
