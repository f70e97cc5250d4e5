//! Types of every shape, each with a document that fits it.

use std::collections::BTreeMap;

use config::Config;
use config_azure_keyvault::{BindConfig, Error, Problem};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A type, a document that fits it, and how to bind it.
pub(super) struct Case {
    pub(super) document: Value,
    bind: fn(&Config, Option<&str>) -> Result<(), Error>,
}

impl Case {
    fn of<T: DeserializeOwned>(document: Value) -> Self {
        Self {
            document,
            bind: |config, section| match section {
                Some(section) => config.bind_section::<T>(section).map(drop),
                None => config.bind::<T>().map(drop),
            },
        }
    }

    pub(super) fn problems(&self, config: &Config, section: Option<&str>) -> Vec<Problem> {
        (self.bind)(config, section).map_or_else(|error| error.problems().to_vec(), |()| Vec::new())
    }
}

pub(super) fn all() -> Vec<Case> {
    let server = || json!({ "host_name": "h", "port": "1" });
    vec![
        Case::of::<Flat>(json!({ "host": "h", "max_connections": "2", "debug": "yes" })),
        Case::of::<Nested>(json!({
            "database_settings": { "host": "h", "user_name": "u", "pool_size": { "max_connections": "2" } },
            "api_key": "k",
        })),
        Case::of::<Lists>(json!({ "hosts": ["a", "b"], "servers": [server(), server(), server()] })),
        Case::of::<Maps>(json!({ "servers": { "alpha": server(), "be_ta": server() }, "limits": { "cpu": "1" } })),
        Case::of::<Options>(json!({ "api_key": "k", "extra": { "host": "h", "port": "1" }, "note": "n" })),
        Case::of::<Flattened>(json!({ "tenant_id": "t", "client_id": "c", "user_name": "u" })),
        Case::of::<Tagged>(json!({ "storage": { "kind": "Blob", "account_name": "a", "container": "c" } })),
        Case::of::<Enums>(json!({ "mode": "Fast", "backend": { "Redis": { "host": "h" } } })),
        Case::of::<Renamed>(json!({ "client-id": "c", "ServiceUrl": "s", "pool": { "maxConnections": "2" } })),
    ]
}

/// What fits the field of that name, in every type; `None` where no one value does.
pub(super) fn value_for(field: &str) -> Option<&'static str> {
    Some(match field.replace(['_', '-'], "").to_lowercase().as_str() {
        "maxconnections" | "port" => "2",
        "debug" => "true",
        "kind" => "Disk",
        "mode" => "slow",
        "backend" => "Memory",
        "hosts" | "servers" | "limits" => return None,
        _ => "x",
    })
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Flat {
    host: String,
    max_connections: u16,
    debug: bool,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Nested {
    database_settings: DatabaseSettings,
    api_key: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct DatabaseSettings {
    host: String,
    user_name: String,
    pool_size: Pool,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Pool {
    max_connections: u32,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Lists {
    hosts: Vec<String>,
    servers: Vec<Server>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Server {
    host_name: String,
    port: u16,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Maps {
    servers: BTreeMap<String, Server>,
    limits: BTreeMap<String, u8>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Options {
    api_key: String,
    extra: Option<Extra>,
    note: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Extra {
    host: String,
    port: u16,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Flattened {
    #[serde(flatten)]
    identity: Identity,
    user_name: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Identity {
    tenant_id: String,
    client_id: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Tagged {
    storage: Storage,
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
#[expect(dead_code, reason = "only whether it binds is looked at")]
enum Storage {
    Disk { folder_name: String },
    Blob { account_name: String, container: String },
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Enums {
    mode: Mode,
    backend: Backend,
}

#[derive(Deserialize)]
enum Mode {
    Fast,
    Slow,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
enum Backend {
    Memory,
    Redis { host: String },
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct Renamed {
    #[serde(rename = "client-id")]
    client: String,
    #[serde(rename = "ServiceUrl")]
    service: String,
    pool: CamelPool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only whether it binds is looked at")]
struct CamelPool {
    max_connections: u32,
}
