//! Pages, and what may be wrong with them.

use keyvault_emulator::{KeyVaultEmulator, ListItem, ListOrder, SecretSeed};
use serde_json::{Value, json};

use crate::support::{Answer, Bench};

async fn seeded(count: usize) -> Bench {
    let bench = Bench::new().await;
    for number in 0..count {
        bench
            .emulator
            .default_vault()
            .seed(SecretSeed::new(format!("Name-{number:04}"), "x"));
    }
    bench
}

async fn follow(bench: &Bench, link: &Value) -> Answer {
    let url = link.as_str().unwrap();
    Answer::of(bench.http.get(url).bearer_auth(&bench.token).send().await.unwrap()).await
}

/// Every page until there is no next one.
async fn pages(bench: &Bench, path: &str) -> Vec<Answer> {
    let mut pages = vec![bench.get(path).await];
    loop {
        let next = pages.last().unwrap().body["nextLink"].clone();
        if next.is_null() {
            return pages;
        }
        pages.push(follow(bench, &next).await);
    }
}

fn sizes(pages: &[Answer]) -> Vec<usize> {
    pages.iter().map(|page| page.names().len()).collect()
}

#[tokio::test]
async fn a_page_has_25_items_and_a_link_to_the_next() {
    let bench = seeded(60).await;
    let all = pages(&bench, "/secrets").await;
    assert_eq!(sizes(&all), [25, 25, 10]);
    let link = all[0].body["nextLink"].as_str().unwrap();
    assert!(link.starts_with(&format!(
        "{}/secrets?api-version=2025-07-01&$skiptoken=",
        bench.emulator.url()
    )));
    assert_eq!(all[2].body.get("nextLink"), Some(&Value::Null));
    let names: Vec<_> = all.iter().flat_map(Answer::names).collect();
    assert_eq!(names, bench.emulator.default_vault().names());
    let id = format!("{}/secrets/Name-0000", bench.emulator.url());
    assert_eq!(all[0].body["value"][0]["id"], json!(id), "an item names no version");

    assert_eq!(sizes(&pages(&bench, "/secrets?maxresults=20").await), [20, 20, 20]);
    assert_eq!(sizes(&pages(&seeded(50).await, "/secrets").await), [25, 25]);
    assert_eq!(sizes(&pages(&seeded(0).await, "/secrets").await), [0]);
}

#[tokio::test]
async fn versions_and_deleted_secrets_are_paged_too() {
    let bench = Bench::of(KeyVaultEmulator::builder().page_size(2)).await;
    let vault = bench.emulator.default_vault();
    for _ in 0..5 {
        vault.set("Name", "x");
    }
    assert_eq!(sizes(&pages(&bench, "/secrets/Name/versions").await), [2, 2, 1]);
    for number in 0..3 {
        let name = format!("Gone-{number}");
        vault.set(&name, "x");
        vault.delete(&name);
    }
    assert_eq!(sizes(&pages(&bench, "/deletedsecrets").await), [2, 1]);
}

#[tokio::test]
async fn what_changes_between_pages_breaks_none() {
    let bench = seeded(30).await;
    let first = bench.get("/secrets").await;
    bench.emulator.default_vault().purge("Name-0024");
    bench.emulator.default_vault().purge("Name-0025");
    let second = follow(&bench, &first.body["nextLink"]).await;
    assert_eq!(second.names(), ["Name-0026", "Name-0027", "Name-0028", "Name-0029"]);
}

#[tokio::test]
async fn the_order_is_a_knob() {
    let bench = seeded(60).await;
    let vault = bench.emulator.default_vault();
    let mut expected = vault.names();
    for order in [ListOrder::Reversed, ListOrder::Shuffled(1), ListOrder::Shuffled(2)] {
        vault.set_list_order(order);
        let mut names: Vec<_> = pages(&bench, "/secrets").await.iter().flat_map(Answer::names).collect();
        assert_ne!(names, expected, "{order:?}");
        names.sort();
        expected.sort();
        assert_eq!(names, expected, "{order:?} loses nothing");
        expected = pages(&bench, "/secrets").await.iter().flat_map(Answer::names).collect();
    }
}

#[tokio::test]
async fn pages_may_be_empty_in_the_middle() {
    let bench = seeded(60).await;
    bench.emulator.default_vault().set_empty_pages([0, 2]);
    assert_eq!(sizes(&pages(&bench, "/secrets").await), [0, 25, 0, 25, 10]);
    bench.emulator.default_vault().set_empty_pages([3]);
    assert_eq!(
        sizes(&pages(&bench, "/secrets").await),
        [25, 25, 10],
        "a page behind the last is none"
    );
}

#[tokio::test]
async fn links_may_lead_elsewhere_or_in_a_circle() {
    let bench = seeded(30).await;
    let vault = bench.emulator.default_vault();
    let other = KeyVaultEmulator::start().await.unwrap();
    vault.set_next_link_origin(Some(&other.url()));
    let page = bench.get("/secrets").await;
    assert!(
        page.body["nextLink"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{}/secrets?", other.url()))
    );
    vault.set_next_link_origin(None);

    vault.set_next_link_loop(true);
    let mut page = bench.get("/secrets").await;
    let mut seen = vec![page.names().len()];
    for _ in 0..4 {
        page = follow(&bench, &page.body["nextLink"]).await;
        seen.push(page.names().len());
    }
    assert_eq!(seen, [25, 5, 25, 5, 25]);
}

#[tokio::test]
async fn links_of_every_list_are_bent_alike() {
    let bench = Bench::of(KeyVaultEmulator::builder().page_size(1)).await;
    let vault = bench.emulator.vault("other");
    for name in ["Here", "Here", "There", "Gone-0", "Gone-1"] {
        vault.set(name, "x");
    }
    vault.delete("Gone-0");
    vault.delete("Gone-1");
    vault.set_next_link_port(true);
    let token = bench.emulator.access_token("https://vault.azure.test");
    for origin in [None, Some("https://elsewhere.test")] {
        vault.set_next_link_origin(origin);
        let origin = origin.unwrap_or("https://other.vault.azure.test:443");
        for path in ["/secrets", "/secrets/Here/versions", "/deletedsecrets"] {
            let url = format!("https://other.vault.azure.test{path}?api-version=7.5");
            let page = Answer::of(bench.http.get(url).bearer_auth(&token).send().await.unwrap()).await;
            let link = page.body["nextLink"].as_str().unwrap();
            assert!(link.starts_with(&format!("{origin}{path}?")), "{link}");
        }
    }
}

#[tokio::test]
async fn a_list_can_be_written_by_hand() {
    let bench = seeded(3).await;
    let vault = bench.emulator.default_vault();
    vault.set_listed([
        ListItem::named("Name-0002"),
        ListItem::named("name-0000")
            .without("attributes")
            .with("unheardOf", json!([1])),
        ListItem::named("Name-0002"),
        ListItem::named("Missing"),
        ListItem::json(json!({ "id": "nonsense" })).with("managed", json!("no")),
        ListItem::json(json!(7)).with("ignored", json!(1)),
    ]);
    vault.set_page_sizes([1, 0, 3]);
    vault.set_list_order(ListOrder::Reversed);
    let all = pages(&bench, "/secrets").await;
    let sizes: Vec<_> = all
        .iter()
        .map(|page| page.body["value"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [1, 0, 3, 2]);
    let items: Vec<Value> = all
        .iter()
        .flat_map(|page| page.body["value"].as_array().unwrap().clone())
        .collect();
    assert_eq!(items[0], items[2], "a name repeated");
    assert!(items[0]["attributes"]["enabled"].is_boolean());
    let url = bench.emulator.url();
    assert_eq!(
        items[1],
        json!({ "id": format!("{url}/secrets/Name-0000"), "unheardOf": [1] })
    );
    assert_eq!(items[3], json!({ "id": format!("{url}/secrets/Missing") }));
    assert_eq!(items[4..], [json!({ "id": "nonsense", "managed": "no" }), json!(7)]);
    assert_eq!(bench.get("/secrets/Missing").await.status, 404, "only the list is bent");

    vault.clear_listed();
    let names: Vec<_> = pages(&bench, "/secrets").await.iter().flat_map(Answer::names).collect();
    assert_eq!(names, ["Name-0002", "Name-0001", "Name-0000"]);
}

/// As the service's own: `https://name.vault.azure.net:443/secrets?…` for a request to `https://name.vault.azure.net`.
#[tokio::test]
async fn a_link_may_name_the_port_that_nobody_writes() {
    let bench = Bench::of(KeyVaultEmulator::builder().page_size(1)).await;
    let with_port = bench.emulator.vault_url("other");
    let vault = bench.emulator.vault("other");
    for name in ["A", "B", "C"] {
        vault.set(name, "x");
    }
    vault.set_next_link_port(true);
    let token = bench.emulator.access_token("https://vault.azure.test");
    let http1 = bench.emulator.http_client_builder().http1_only().build().unwrap();
    for http in [&bench.http, &http1] {
        let ask = |url: String| {
            let request = http.get(url).bearer_auth(&token);
            async { Answer::of(request.send().await.unwrap()).await }
        };
        let mut page = ask("https://other.vault.azure.test/secrets?api-version=7.5".to_owned()).await;
        assert_eq!(
            page.body["value"][0]["id"],
            json!("https://other.vault.azure.test/secrets/A")
        );
        let mut names = page.names();
        while let Some(next) = page.body["nextLink"].as_str().map(str::to_owned) {
            assert!(
                next.starts_with("https://other.vault.azure.test:443/secrets?"),
                "{next}"
            );
            page = ask(next).await;
            names.extend(page.names());
        }
        assert_eq!(names, ["A", "B", "C"]);
    }
    // A client that writes the header itself may leave the port in it.
    let url = format!("{with_port}/secrets?api-version=7.5");
    let request = http1.get(&url).bearer_auth(&token);
    let request = request.header("host", "other.vault.azure.test:443");
    let page = Answer::of(request.send().await.unwrap()).await;
    let next = page.body["nextLink"].as_str().unwrap();
    assert!(next.starts_with("https://other.vault.azure.test:443/"), "{next}");
    // Where the request names a port, it stays.
    let page = Answer::of(
        bench
            .http
            .get(format!("{with_port}/secrets?api-version=7.5"))
            .bearer_auth(&token)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert!(page.body["nextLink"].as_str().unwrap().starts_with(&with_port));
}
