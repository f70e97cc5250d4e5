//! A local file of any size.

use std::fmt::Write as _;
use std::time::Duration;

use config::Config;
use config_azure_keyvault::AzureKeyVault;
use tokio::time::Instant;

const VALUES: usize = 20_000;

/// A file that was read in the square of its length took 12.6 s for 5,000 values, and would take minutes for these. What is read
/// once over takes a second or two, so the bound holds on any machine.
#[test]
fn many_values_take_no_more_than_their_number() {
    let mut flat = String::new();
    let mut nested = String::new();
    for n in 0..VALUES {
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(flat, "{comma}\n\"Section{}--Key{n}\": \"å {n}\"", n % 10);
        let _ = write!(nested, "{comma}\n\"Key{n}\": {n}");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("secrets.json");
    let source = AzureKeyVault::default()
        .environment("Development")
        .working_directory(directory.path())
        .mounted_settings("/nowhere");
    let read = |content: String| {
        std::fs::write(&file, content).expect("a file");
        let started = Instant::now();
        let built = Config::builder().add_source(source.clone()).build();
        assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
        built
    };
    let config = read(format!("\u{feff}{{{flat}\n}}")).expect("it loads");
    assert_eq!(config.get_string("Section9.Key19999").ok().as_deref(), Some("å 19999"));
    let config = read(format!("{{ \"Section\": {{{nested}\n}} }}")).expect("it loads");
    assert_eq!(config.get_int("Section.Key19999").ok(), Some(19_999));
    // And to an error at the very end, of each kind, with its place.
    let last = VALUES + 2;
    for (end, words) in [
        (",\n\"Key0\": 1 }".to_owned(), format!("line {last}, column 1")),
        (",\n\"x\": }".to_owned(), format!("line {last}, column")),
        (String::new(), "line 1, column 1".to_owned()),
    ] {
        let text = read(format!("{{{nested}{end}"))
            .expect_err("it is malformed")
            .to_string();
        assert!(text.contains(&words), "{words}: {text}");
    }
}

/// Each value has its path. A long name over many values filled the memory with copies of it: this one with 2 GiB.
#[test]
fn a_long_name_over_many_values_is_refused() {
    let name = "n".repeat(256 * 1024);
    let directory = tempfile::tempdir().expect("a directory");
    let values = ",0".repeat(4_096);
    std::fs::write(
        directory.path().join("secrets.json"),
        format!("{{\"{name}\":[0{values}]}}"),
    )
    .expect("a file");
    let source = AzureKeyVault::default()
        .environment("Development")
        .working_directory(directory.path())
        .mounted_settings("/nowhere");
    let error = Config::builder()
        .add_source(source)
        .build()
        .expect_err("it is too long");
    let error = error.to_string();
    assert!(
        error.contains(
            "line 1, column 2: the names up to here, counted for each value under them, are longer than 16 MiB"
        ),
        "{error}"
    );
}
