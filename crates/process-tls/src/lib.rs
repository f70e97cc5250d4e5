//! What HTTPS needs once per process, done once: the machine's root certificates, and the first random number.
//!
//! ```toml
//! [dependencies]
//! process-tls = "0.1"
//! reqwest = { version = "0.13", default-features = false, features = ["rustls"] }
//! ```
//!
//! ```
//! process_tls::prepare(); // as early as you like: it returns at once
//! let client = process_tls::trusting(reqwest::Client::builder(), Vec::new()).build()?;
//! # Ok::<(), reqwest::Error>(())
//! ```

mod random;
mod roots;

use std::sync::Once;

use reqwest::{Certificate, ClientBuilder};

/// Begins both, each on a thread of its own, the first time that it is called: reads the machine's roots, and draws the first random
/// number, which takes AWS-LC 40 to 60 ms where it was built with the CPU's jitter as a source. Nobody waits for it but a client that
/// needs the roots, and a handshake that needs the number. Where no thread can be had, they do it.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        beside("tls-random", random::draw);
        beside("tls-roots", || {
            roots::read();
        });
    });
}

fn beside(name: &str, work: fn()) {
    let begun = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    // Without a thread it is done where it is needed, as it would have been.
    drop(begun);
}

/// A client that trusts these certificates beside the machine's roots, which were read once for the whole process: what changes there
/// later counts from the next start.
///
/// Where the platform judges certificates by itself (Windows, Apple's, Android), and where no roots are found, it is
/// [`tls_certs_merge`](ClientBuilder::tls_certs_merge) and nothing else. Nothing may take roots away from the builder afterwards: it
/// has them as its own.
pub fn trusting(builder: ClientBuilder, beside: Vec<Certificate>) -> ClientBuilder {
    match roots::read() {
        [] if beside.is_empty() => builder,
        [] => builder.tls_certs_merge(beside),
        roots => builder.tls_certs_only(roots.iter().cloned().chain(beside)),
    }
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
