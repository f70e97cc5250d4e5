//! What changes is seen, told and named; what does not is not.

use super::*;

#[tokio::test]
async fn a_refresh_gets_what_changed_and_names_it() {
    let world = World::start().await;
    world.seed(&["Db--Password", "Db--Host", "Hosts--0"]);
    let source = world.source();
    let watch = watching(&source).await;
    let before = watch.current();
    let mut changes = watch.changes();

    assert!(watch.refresh().await.expect("it loads").is_empty());
    assert!(Arc::ptr_eq(&before, &watch.current()), "what is the same stays");
    assert_eq!(changes.untold(), None);

    let new = leaks::marker();
    world.vault.set("Db--Password", &new);
    world.vault.set("Hosts--1", leaks::marker());
    world.vault.delete("Db--Host");
    let change = watch.refresh().await.expect("it loads");
    let told: Vec<_> = change.keys.iter().map(told).collect();
    assert_eq!(
        told,
        [
            ("Db.Host", ChangeKind::Removed, Some("Db--Host")),
            ("Db.Password", ChangeKind::Replaced, Some("Db--Password")),
            ("Hosts[1]", ChangeKind::Added, Some("Hosts--1")),
        ]
    );
    let password = &change.keys[1];
    assert!(password.version.is_some() && password.version_before.is_some());
    assert_ne!(password.version, password.version_before);
    assert_eq!(changes.next().await, Some(change.clone()));
    assert_eq!(watch.current().get_string("Db.Password").expect("a value"), new);
    leaks::assert_clean("a change", &change.to_string());
    leaks::assert_clean_debug(&change);
    leaks::assert_clean_debug(&changes);
    leaks::assert_clean_debug(&watch);
    leaks::assert_clean_debug(&watch.status());
    leaks::assert_clean_logs();
}
