//! Types follow, and keep the last value that fitted.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Db {
    password: SecretString,
    port: u16,
}

#[tokio::test]
async fn a_type_is_bound_anew_and_keeps_the_last_that_fitted() {
    let world = World::start().await;
    world.seed(&["Db--Password"]);
    world.vault.set("Db--Port", "1");
    let watch = watching(&world.source()).await;
    let db = watch.bind_section::<Db>("Db").expect("it fits");
    let mut changes = db.changes();
    assert_eq!(db.current().port, 1);

    let new = leaks::marker();
    world.vault.set("Db--Port", "no number");
    world.vault.set("Db--Password", &new);
    watch.refresh().await.expect("it loads");
    assert_eq!(db.current().port, 1);
    assert_ne!(db.current().password.expose_secret(), new);
    let why = db.status().unbound.expect("it says why");
    assert!(
        why.starts_with("configuration does not fit: `Db.Port`: expected an integer") && !why.contains("no number"),
        "{why}"
    );
    assert!(!db.status().is_healthy() && watch.status().is_healthy());
    assert_eq!(changes.untold(), None, "nothing that fits");

    world.vault.set("Db--Port", "2");
    watch.refresh().await.expect("it loads");
    assert_eq!(
        (db.current().port, db.current().password.expose_secret()),
        (2, new.as_str())
    );
    assert_eq!(db.status().unbound, None);
    let keys: Vec<String> = changes
        .next()
        .await
        .expect("a change")
        .keys
        .into_iter()
        .map(|key| key.key)
        .collect();
    assert_eq!(keys, ["Db.Password", "Db.Port"]);
    leaks::assert_clean_debug(&db);
    leaks::assert_clean_logs();
}
