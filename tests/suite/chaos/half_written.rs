//! The file of Development while it is written: cut off anywhere, or with the rest of a longer one behind it.

use std::sync::Arc;

use config::Config;
use config_azure_keyvault::AzureKeyVault;

use super::random::Random;
use crate::support::{check_built, leaks};

/// What a writer leaves behind who was interrupted.
fn torn(random: &mut Random, old: &str, new: &str) -> String {
    match random.below(3) {
        // In place, and the longer one before is not cut off yet.
        0 => format!(
            "{new}{}",
            old.get(new.len()..).filter(|rest| !rest.is_empty()).unwrap_or("}")
        ),
        _ => new[..random.below(new.len())].to_owned(),
    }
}

#[tokio::test]
async fn a_file_that_is_half_written_a_thousand_times() {
    let mut random = Random::of(13);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secrets.json");
    let document = |random: &mut Random| {
        let more = "x".repeat(random.below(40));
        let value = leaks::marker();
        let text = format!(r#"{{ "Db": {{ "Password": "{value}" }}, "List": ["{more}"] /* of this machine */ }}"#);
        (value, text)
    };
    let (mut value, mut whole) = document(&mut random);
    std::fs::write(&path, &whole).expect("written");
    let source = AzureKeyVault::default().environment("Development").local_file(&path);
    let watch = source.watch(Config::builder()).start().await.expect("it loads");
    let mut changes = watch.changes();
    for _ in 0..1_000 {
        let (next_value, next) = document(&mut random);
        let before = watch.current();
        std::fs::write(&path, torn(&mut random, &whole, &next)).expect("written");
        let failed = watch.refresh().await.map(|_| ()).expect_err("half of it is no file");
        check_built(&source, &Err(failed));
        assert!(Arc::ptr_eq(&before, &watch.current()), "the last good values stay");
        assert_eq!(changes.untold(), None);
        assert!(watch.current().get_string("Db.Password").is_ok_and(|is| is == value));
        leaks::assert_clean("a status", &watch.status().to_string());

        std::fs::write(&path, &next).expect("written");
        watch.refresh().await.expect("it is whole");
        (value, whole) = (next_value, next);
        assert!(watch.current().get_string("Db.Password").is_ok_and(|is| is == value));
        assert!(changes.untold().is_some_and(|change| change.touches("Db.Password")));
    }
    assert!(watch.status().is_healthy());
}
