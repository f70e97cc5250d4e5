//! What cannot be beaten: each page, and one get where anything changed, one after the other, over a connection that is there.

use keyvault_emulator::KeyVaultEmulator;

use super::VAULT;

pub(crate) struct Floor {
    http: reqwest::Client,
    token: String,
    list: String,
}

impl Floor {
    /// A bare client with a ready token and an open connection.
    pub(crate) async fn connected(emulator: &KeyVaultEmulator) -> Self {
        let floor = Self {
            http: emulator.http_client(),
            token: emulator.access_token("https://vault.azure.test"),
            list: format!("{}/secrets?api-version=7.4", emulator.vault_url(VAULT)),
        };
        floor.get(&floor.list).await;
        floor
    }

    async fn get(&self, url: &str) -> serde_json::Value {
        let reply = self
            .http
            .get(url)
            .bearer_auth(&self.token)
            .send()
            .await
            .expect("a reply");
        assert_eq!(reply.status(), 200);
        serde_json::from_slice(&reply.bytes().await.expect("a body")).expect("JSON")
    }

    pub(crate) async fn reload(&self, changed: bool) {
        let mut next = Some(self.list.clone());
        let mut last = None;
        while let Some(url) = next {
            let page = self.get(&url).await;
            last = page["value"][0]["id"].as_str().map(str::to_owned).or(last);
            next = page["nextLink"].as_str().map(str::to_owned);
        }
        if let Some(id) = last.filter(|_| changed) {
            self.get(&format!("{id}?api-version=7.4")).await;
        }
    }
}
