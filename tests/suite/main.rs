//! One binary for every test that crosses crates.

mod chaos;
mod credentials;
mod depth;
mod development;
mod editor;
mod failures;
mod leaks;
mod loading;
mod names;
mod nav_server;
mod operating;
mod remedies;
mod runtimes;
mod rust_sdk;
mod selection;
mod several;
mod spares;
mod spellings;
mod strays;
mod support;
mod telemetry;
mod vault_settings;
mod watch;
