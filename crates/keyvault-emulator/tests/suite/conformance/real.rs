//! The list, asked of a real vault, with names of its own that it deletes and purges again.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::Write as _;
use std::time::Duration;

use keyvault_emulator::{Fault, KeyVaultEmulator, RequestKind, service_error};
use reqwest::Client as Http;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask::{Ask, Client as _, may_make};
use super::list::cases;
use super::plain::Plain;
use super::run::{Patience, known, run, times};

/// A vault that is not ours to set up, and a token for it.
struct Real {
    client: Plain,
    url: String,
    resource: String,
    link: String,
    patience: Patience,
}

/// Says so even where the test's output is kept: whoever reads the log sees what was not asked.
fn say(line: &str) {
    let mut log = std::io::stderr();
    let _ = writeln!(log, "{line}");
}

impl Real {
    /// The vault that the variables name, if they name one.
    async fn of(http: Http, variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let url = variable("KEYVAULT_URL")?.trim_end_matches('/').to_owned();
        let host = url.strip_prefix("https://").expect("KEYVAULT_URL starts with https://");
        let resource = format!("https://{}", host.split_once('.').expect("a vault's host").1);
        let token = match variable("KEYVAULT_TOKEN") {
            Some(token) => token,
            None => sign_in(&http, &resource, variable).await,
        };
        Some(Self {
            client: Plain::new(http, &url, &token),
            link: format!("{url}<port>"),
            url,
            resource,
            patience: Patience {
                looks: 40,
                pause: Duration::from_secs(2),
            },
        })
    }

    /// Asks what can be asked, tidies up, and tells in what the vault differs and what it was not asked.
    async fn ask_all(&self) -> (Vec<String>, Vec<String>) {
        let run_id = Uuid::new_v4().simple().to_string();
        let (mut failures, mut skipped, mut made) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut patience = self.patience;
        for (index, case) in cases().iter().enumerate() {
            if case.setup.is_some() {
                skipped.push(case.id.clone());
                continue;
            }
            let name = format!("Conformance-{}-{index}", &run_id[..8]);
            let known = known(&name, &self.url, &self.resource, Some(&self.link));
            let asked = case.given.iter().chain([&case.ask]).filter(|ask| may_make(ask));
            let asked = asked.flat_map(|ask| times(ask, &known));
            let names = asked.filter_map(|ask| ask["name"].as_str().map(str::to_owned));
            // Nobody else's, whatever a row says.
            let names: BTreeSet<_> = names.filter(|asked| asked.starts_with(&name)).collect();
            if let Err(told) = run(case, &self.client, known, patience).await {
                failures.push(told);
                // Where one waited in vain, the next need not wait as long.
                if case.settles || !case.given.is_empty() {
                    patience.looks = patience.looks.div_ceil(2);
                }
            }
            for name in &names {
                self.ask("delete", name).await;
            }
            made.extend(names);
        }
        failures.extend(self.purge(made).await);
        (failures, skipped)
    }

    /// A delete is refused until a recovery has settled, and a purge until a delete has. Where neither finds anything, nothing is left,
    /// or it has not settled: that is looked at for a while.
    async fn purge(&self, made: BTreeSet<String>) -> Option<String> {
        let enough = self.patience.looks / 4;
        let mut left: BTreeMap<_, _> = made.into_iter().map(|name| (name, 0)).collect();
        for _ in 0..self.patience.looks {
            for name in left.keys().cloned().collect::<Vec<_>>() {
                let missed = left[&name] + 1;
                match (self.ask("delete", &name).await, self.ask("purge", &name).await) {
                    (404, 404) if missed < enough => left.insert(name, missed),
                    (_, 204 | 400) | (404, 404) => left.remove(&name),
                    _ => left.insert(name, 0),
                };
            }
            if left.is_empty() {
                return None;
            }
            tokio::time::sleep(self.patience.pause).await;
        }
        Some(format!("  left in the vault: {:?}", left.keys()))
    }

    async fn ask(&self, operation: &str, name: &str) -> u16 {
        let ask = Ask::of(json!({ "do": operation, "name": name }));
        self.client.ask(&ask).await.status
    }
}

async fn sign_in(http: &Http, resource: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let needed = |name: &str| variable(name).unwrap_or_else(|| panic!("KEYVAULT_URL is set, {name} is not"));
    let authority = variable("AZURE_AUTHORITY_HOST").unwrap_or_else(|| "https://login.microsoftonline.com".to_owned());
    let tenant = needed("AZURE_TENANT_ID");
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", needed("AZURE_CLIENT_ID")),
        ("client_secret", needed("AZURE_CLIENT_SECRET")),
        ("scope", format!("{resource}/.default")),
    ];
    let url = format!("{}/{tenant}/oauth2/v2.0/token", authority.trim_end_matches('/'));
    let response = http
        .post(url)
        .form(&form)
        .send()
        .await
        .expect("the token endpoint answers");
    let status = response.status();
    let body: Value = response.json().await.expect("the token endpoint answers in JSON");
    let token = body["access_token"].as_str();
    token
        .unwrap_or_else(|| panic!("no token: {status} {}", body["error"]))
        .to_owned()
}

#[tokio::test]
async fn a_real_vault_answers_as_the_list_says() {
    let Some(real) = Real::of(Http::new(), |name| env::var(name).ok()).await else {
        return say("skipped: no real vault is asked for the conformance list: KEYVAULT_URL names none");
    };
    let (failures, skipped) = real.ask_all().await;
    let rows: BTreeSet<_> = skipped.iter().filter_map(|id| id.split('.').next()).collect();
    say(&format!(
        "{} was not asked for what it cannot be set up for: {rows:?}",
        real.url
    ));
    super::report(cases().len() - skipped.len(), &failures);
}

/// The same runner against an emulator where what settles later takes a second look, beside secrets of somebody else.
#[tokio::test]
async fn a_vault_that_takes_a_moment_is_asked_again_and_left_as_it_was() {
    let emulator = KeyVaultEmulator::start().await.unwrap();
    let vault = emulator.vault("shared");
    vault.set("Theirs", "x");
    vault.set("Theirs-Deleted", "x");
    vault.delete("Theirs-Deleted");
    vault.set_next_link_port(true);
    let missing = service_error(404, "SecretNotFound", None, "Deleted Secret not found");
    emulator.inject(Fault::new(missing).for_kind(RequestKind::GetDeleted).times(2));
    let recovering = service_error(409, "Conflict", Some("ObjectIsBeingRecovered"), "still being recovered");
    emulator.inject(Fault::new(recovering).for_kind(RequestKind::Delete).once());
    let deleting = service_error(
        409,
        "Conflict",
        Some("ObjectIsBeingDeleted"),
        "Secret is currently being deleted.",
    );
    emulator.inject(Fault::new(deleting).for_kind(RequestKind::Purge).times(2));

    let variables = |name: &str| {
        Some(match name {
            "KEYVAULT_URL" => "https://shared.vault.azure.test/".to_owned(),
            "AZURE_AUTHORITY_HOST" => emulator.authority(),
            "AZURE_TENANT_ID" => emulator.tenant().to_owned(),
            "AZURE_CLIENT_ID" => emulator.client_id().to_owned(),
            "AZURE_CLIENT_SECRET" => emulator.client_secret().to_owned(),
            _ => return None,
        })
    };
    let mut real = Real::of(emulator.http_client(), variables).await.unwrap();
    real.patience = Patience {
        looks: 12,
        pause: Duration::ZERO,
    };
    let (failures, skipped) = real.ask_all().await;
    super::report(cases().len() - skipped.len(), &failures);
    assert!(skipped.iter().any(|id| id == "get-managed"), "{skipped:?}");
    assert_eq!(vault.names(), ["Theirs"]);
    assert_eq!(vault.deleted_names(), ["Theirs-Deleted"]);
}
