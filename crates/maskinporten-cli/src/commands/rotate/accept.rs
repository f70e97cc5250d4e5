//! Waits until Maskinporten takes a key.

use std::io::IsTerminal as _;
use std::time::Duration;

use maskinporten::{Error, KeyOptions, MaskinportenSettings, Retry};
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, sleep};

use super::state::Key;
use crate::app::App;
use crate::failure::Failure;
use crate::terminal::Terminal;

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Asks for the app's own token with this key, until one is given. What is registered is in force after 0 to 2 minutes, and has been seen
/// to take 15.
pub(super) async fn accepted(
    app: &App,
    settings: &MaskinportenSettings,
    key: &Key,
    wait: Duration,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let started = Instant::now();
    let mut pause = SHORTEST_PAUSE;
    let settings = settings.clone().key(key.value.expose_secret(), KeyOptions::new());
    loop {
        // Anew each time: what a client remembers of a refusal is of no use here.
        let client = app.client(settings.clone())?;
        let error = match client.token(client.default_request()).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let passes = is_not_known_yet(&error) || error.retry() != Retry::Never;
        if !passes {
            return Err(error.into());
        }
        if pause == SHORTEST_PAUSE && !std::io::stderr().is_terminal() {
            // Where nobody sees it wait: a job's log.
            terminal.say(&format!(
                "Maskinporten does not take key {} yet; waiting for up to {} s",
                key.kid,
                wait.as_secs()
            ));
        }
        if started.elapsed() + pause > wait {
            return Err(Failure::failed(format!(
                "Maskinporten does not take key {} after {} s ({error}); nothing has changed for the app, and the same command goes on \
                 from there",
                key.kid,
                wait.as_secs(),
            )));
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// As a key is answered that was registered a moment ago: `invalid_grant`, "Unknown key identifier (kid)", without a number of its own.
fn is_not_known_yet(error: &Error) -> bool {
    error.oauth_error() == Some("invalid_grant") && error.mp_code().is_none_or(|code| code == "MP-100")
}
