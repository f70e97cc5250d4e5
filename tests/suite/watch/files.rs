//! Files beside the vault: an edit, an editor's rename, a swapped link, one that comes and goes.

use std::fs;
use std::path::Path;

use config::{Config, File};
use config_azure_keyvault::Changes;
use tempfile::TempDir;

use super::*;

/// Longer than between two looks.
const LOOK: Duration = Duration::from_secs(3);

async fn desk(path: &Path) -> Watch {
    let file = File::from(path).format(config::FileFormat::Json).required(false);
    AzureKeyVault::default()
        .environment("Development")
        .working_directory("/nowhere")
        .watch(Config::builder().add_source(file))
        .files([path])
        .start()
        .await
        .expect("it loads")
}

/// Waits for the change, in real time: files are.
async fn seen(changes: &mut Changes) -> Vec<String> {
    let change = tokio::time::timeout(10 * LOOK, changes.next())
        .await
        .expect("it is seen")
        .expect("a change");
    change.keys.into_iter().map(|key| key.key).collect()
}

#[tokio::test]
async fn an_edit_in_place_a_rename_and_a_file_that_comes_and_goes() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("appsettings.json");
    let watch = desk(&path).await;
    let mut changes = watch.changes();
    fs::write(&path, r#"{ "A": "1" }"#).expect("written");
    assert_eq!(seen(&mut changes).await, ["A"]);
    // The same size, by the time alone.
    fs::write(&path, r#"{ "A": "2" }"#).expect("written");
    assert_eq!(seen(&mut changes).await, ["A"]);
    // As editors do it.
    let beside = folder.path().join("appsettings.json~");
    fs::write(&beside, r#"{ "A": "2", "B": "3" }"#).expect("written");
    fs::rename(&beside, &path).expect("renamed");
    assert_eq!(seen(&mut changes).await, ["B"]);
    // Half written, then whole: what fails keeps the last values.
    fs::write(&path, r#"{ "A": "#).expect("written");
    while watch.status().failures == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(watch.current().get_string("A").expect("a value"), "2");
    let reason = watch.status().last_failure.expect("a failure").reason;
    assert!(
        reason.starts_with("the file ") && reason.contains("appsettings.json cannot be read; `refresh()` hands back"),
        "{reason}"
    );
    fs::write(&path, r#"{ "A": "4", "B": "3" }"#).expect("written");
    assert_eq!(seen(&mut changes).await, ["A"]);
    fs::remove_file(&path).expect("removed");
    assert_eq!(seen(&mut changes).await, ["A", "B"]);
}

/// As the kubelet does it: `..data` leads to a folder, and is replaced as a whole (Kubernetes, `AtomicWriter`).
#[cfg(unix)]
#[tokio::test]
async fn the_swap_of_a_mounted_config_map() {
    use std::os::unix::fs::symlink;
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    for (name, value) in [("..one", "1"), ("..two", "2")] {
        fs::create_dir(at(name)).expect("a folder");
        fs::write(at(name).join("appsettings.json"), format!(r#"{{ "A": "{value}" }}"#)).expect("written");
    }
    symlink("..one", at("..data")).expect("a link");
    symlink("..data/appsettings.json", at("appsettings.json")).expect("a link");
    let watch = desk(&at("appsettings.json")).await;
    let mut changes = watch.changes();
    symlink("..two", at("..data_tmp")).expect("a link");
    fs::rename(at("..data_tmp"), at("..data")).expect("swapped");
    assert_eq!(seen(&mut changes).await, ["A"]);
    assert_eq!(watch.current().get_string("A").expect("a value"), "2");
}

#[tokio::test]
async fn the_local_file_of_development_is_live() {
    let folder = TempDir::new().expect("a folder");
    let source = AzureKeyVault::default()
        .environment("Development")
        .working_directory(folder.path());
    let watch = source.watch(Config::builder()).start().await.expect("it loads");
    let mut changes = watch.changes();
    fs::write(folder.path().join("secrets.json"), r#"{ "Db--Password": "x" }"#).expect("written");
    assert_eq!(seen(&mut changes).await, ["Db.Password"]);
}
