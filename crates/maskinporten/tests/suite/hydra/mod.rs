//! Our client against Ory Hydra, a server that checks what it is sent: signature, audience, time, and that no assertion comes twice
//! (RFC 7523). That it names a subject is not checked: Maskinporten's assertions name none. `.ci/hydra/run` builds Hydra without that check
//! and starts it, or says why it cannot; elsewhere these tests are ignored, which is no pass.

mod faults;
mod front;
mod refusals;
mod server;

use maskinporten::Error;

/// What is true of any error.
fn one_line(error: &Error) -> String {
    let line = error.to_string();
    assert!(!line.contains(['\n', '\r']), "{line}");
    assert!(!line.contains("eyJ"), "it quotes the assertion: {line}");
    assert!(line.len() < 1_000, "{line}");
    assert!(error.remedy().is_some(), "it does not say what to do: {line}");
    assert!(line.contains(error.endpoint().expect("where it was")), "{line}");
    line
}
