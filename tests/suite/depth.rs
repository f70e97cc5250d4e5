//! What is deeper than 128 levels is an error that names it: by recursion it would end the process.

use config::{AsyncSource, Config, ConfigError, Environment, Map, Source, Value};
use config_azure_keyvault::{AzureKeyVault, Error, ErrorKind, Stage, ignore_case};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{World, error_of, error_over, load};

const TOO_DEEP: [usize; 3] = [129, 3_000, 100_000];

/// `seg.seg.…`
fn path(levels: usize, separator: &str) -> String {
    vec!["seg"; levels].join(separator)
}

fn nested(levels: usize) -> String {
    format!("{}1{}", r#"{"seg":"#.repeat(levels), "}".repeat(levels))
}

fn in_arrays(levels: usize) -> String {
    format!(r#"{{"seg":{}1{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1))
}

/// A file of each form with that many levels, and how a key in it begins.
fn files(levels: usize) -> [(String, &'static str); 5] {
    [
        (format!(r#"{{"{}":1}}"#, path(levels, ":")), "seg--seg--seg"),
        (format!(r#"{{"{}":1}}"#, path(levels, "--")), "seg--seg--seg"),
        (nested(levels), "seg--seg--seg"),
        (in_arrays(levels), "seg--0--0--0"),
        (
            format!(r#"{{"first": 1, "seg:seg": {{"{}":{{}}}}}}"#, path(levels - 2, "--")),
            "seg--seg--seg",
        ),
    ]
}

fn local(content: &str) -> (TempDir, AzureKeyVault) {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("secrets.json"), content).expect("a file");
    let source = AzureKeyVault::default()
        .environment("Development")
        .working_directory(directory.path());
    (directory, source)
}

#[tokio::test]
async fn the_local_file() {
    for levels in TOO_DEEP {
        for (content, key) in files(levels) {
            let (_directory, source) = local(&content);
            let error = error_of(&source).await;
            assert!(
                error.contains("secrets.json: line 1, column ") && error.contains(&format!("`{key}")),
                "{error}"
            );
            assert!(error.contains("…` is more than 128 levels deep; "), "{error}");
        }
    }
    for (content, _) in files(128) {
        let (_directory, source) = local(&content);
        load(&source).await.expect("128 levels load");
    }
}

#[tokio::test]
async fn the_mounted_file() {
    let world = World::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("mounted.json");
    for levels in TOO_DEEP {
        for (content, key) in files(levels) {
            std::fs::write(&file, content).expect("a file");
            let error = error_of(&world.source().mounted_settings(&file)).await;
            assert!(
                error.contains("mounted.json: line 1, column ") && error.contains(&format!("`{key}")),
                "{error}"
            );
            assert!(error.contains("…` is more than 128 levels deep; "), "{error}");
        }
    }
}

#[tokio::test]
async fn a_secret_by_a_key_mapper() {
    let world = World::start().await;
    world.seed(&["Other", "The-Deep-One"]);
    let to = |levels: usize| {
        let deep = move |name: &str| Some(vec![name.to_owned(); if name == "Other" { 1 } else { levels }]);
        world.source().key_mapper(deep)
    };
    load(&to(128)).await.expect("128 levels load");
    for levels in TOO_DEEP {
        for source in [to(levels), to(levels).names(["The-Deep-One", "Other"])] {
            let error = load(&source).await.map(|_| ()).expect_err("it is too deep");
            let error = Error::find(&error).expect("our error");
            assert_eq!((error.kind(), error.stage()), (ErrorKind::Secret, Stage::Mapping));
            let text = error.to_string();
            assert!(
                text.contains("the name `The-Deep-One` is more than 128 levels deep; "),
                "{text}"
            );
        }
    }
}

/// As deep as it is asked for: as one key that `config` takes apart, or as tables or arrays in each other.
#[derive(Debug, Clone, Copy)]
enum Deep {
    Key(usize),
    Tables(usize),
    Arrays(usize),
}

impl Source for Deep {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(*self)
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let leaf = || Value::new(None, "x");
        let (key, value) = match *self {
            Self::Key(levels) => (path(levels, "."), leaf()),
            Self::Tables(levels) => {
                let wrap = |inner: Value, _| Value::new(None, Map::from([("seg".to_owned(), inner)]));
                ("seg".to_owned(), (1..levels).fold(leaf(), wrap))
            }
            Self::Arrays(levels) => {
                let wrap = |inner: Value, _| Value::new(None, vec![inner]);
                ("seg".to_owned(), (1..levels).fold(leaf(), wrap))
            }
        };
        Ok(Map::from([(key, value), ("Other".to_owned(), leaf())]))
    }
}

fn text(built: Result<Config, ConfigError>) -> String {
    built.map(|_| ()).expect_err("it is too deep").to_string()
}

#[tokio::test]
async fn a_source_without_regard_to_case() {
    let told = |text: &str, key: &str| {
        let told = text.starts_with(&format!("the key `{key}"))
            && text.ends_with("…` is more than 128 levels deep, in an `ignore_case` source; nest it less");
        assert!(told, "{text}");
    };
    for levels in TOO_DEEP {
        let variables = Map::from([(path(levels, "__"), "x".to_owned())]);
        let environment = Environment::default().separator("__").source(Some(variables));
        told(
            &text(Config::builder().add_source(ignore_case(environment)).build()),
            "seg.seg.seg",
        );
        for (deep, key) in [
            (Deep::Key(levels), "seg.seg.seg"),
            (Deep::Tables(levels), "seg.seg.seg"),
            (Deep::Arrays(levels), "seg[0][0]"),
        ] {
            told(&text(Config::builder().add_source(ignore_case(deep)).build()), key);
            told(
                &ignore_case(deep).collect().expect_err("it is too deep").to_string(),
                key,
            );
        }
    }
    for deep in [Deep::Key(128), Deep::Tables(128), Deep::Arrays(128)] {
        let config = Config::builder()
            .add_source(ignore_case(deep))
            .build()
            .expect("128 levels");
        assert_eq!(config.get_string("Other").expect("a value"), "x");
    }
    // What `config` makes no path of is one key, however many dots it has.
    let variables = Map::from([("A".repeat(10) + &"_".repeat(500), "x".to_owned())]);
    let environment = Environment::default().separator("__").source(Some(variables));
    let config = Config::builder().add_source(ignore_case(environment)).build();
    config.expect("a key of dots");
}

#[tokio::test]
async fn what_stands_before_us() {
    let world = World::start().await;
    world.seed(&["Key"]);
    let (_directory, local) = local("{}");
    for levels in TOO_DEEP {
        // Nested tables `config` itself cannot take: it goes down into them.
        let earlier = || Config::builder().add_source(Deep::Key(levels));
        for source in [world.source(), world.source().names(["Key"]), local.clone()] {
            let error = error_over(earlier(), &source).await;
            assert!(error.contains("the earlier sources' key `seg.seg.seg"), "{error}");
            assert!(
                error.contains("…` is more than 128 levels deep; nest it less"),
                "{error}"
            );
        }
        let later = Environment::default().source(Some(Map::new()));
        let error = text(earlier().add_source(ignore_case(later)).build());
        assert!(
            error.ends_with("levels deep, before an `ignore_case` source; nest it less"),
            "{error}"
        );

        // By the source's own door; what was handed in is not left to be dropped.
        let mut cache = Value::new(None, Deep::Tables(levels).collect().expect("a tree"));
        AsyncSource::collect_to(&local, &mut cache)
            .await
            .map(|_| ())
            .expect_err("it is too deep");
        assert_eq!(cache, Value::default());
    }
    // 128 levels are not too deep for anybody.
    let config = Config::builder()
        .add_source(Deep::Key(128))
        .add_async_source(world.source())
        .build();
    let config = config.await.expect("the vault loads");
    assert!(config.get_string("Key").is_ok());
    assert_eq!(json!(config.get_string(&path(128, ".")).expect("a value")), "x");
}
