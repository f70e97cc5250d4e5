//! Whatever is missing of whatever type, in a file and a vault of any spelling: the secret that is named sets it, and where one
//! would, it is named.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use config::{Config, File, FileFormat};
use config_azure_keyvault::{AzureKeyVault, Problem, SecretName};
use keyvault_emulator::{SecretSeed, Vault};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value};
use tokio::runtime::Runtime;

use super::types::{self, Case, value_for};
use crate::support::World;

/// Where a value is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Nowhere,
    File,
    Null,
    Vault,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Whole,
    Prefix(&'static str),
    Names,
    Filter,
}

#[derive(Debug, Clone)]
struct Scene {
    case: usize,
    /// By leaf of the document, over and over.
    places: Vec<Place>,
    /// By key, over and over, in the file and in the vault.
    spellings: [Vec<usize>; 2],
    way: Way,
    section: Option<&'static str>,
    sync: bool,
}

fn scenes() -> impl Strategy<Value = Scene> {
    let place = prop_oneof![
        Just(Place::Nowhere),
        Just(Place::File),
        Just(Place::Vault),
        Just(Place::Null)
    ];
    let way = prop_oneof![
        4 => Just(Way::Whole),
        2 => prop::sample::select(&["MyApp--", "my-app", "M-"][..]).prop_map(Way::Prefix),
        1 => Just(Way::Names),
        1 => Just(Way::Filter),
    ];
    (
        0..types::all().len(),
        prop::collection::vec(place, 1..8),
        [0, 1].map(|_| prop::collection::vec(0..6_usize, 1..8)),
        way,
        prop::option::of(prop::sample::select(&["App", "my_app", "app-settings"][..])),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(case, places, spellings, way, section, sync)| Scene {
            case,
            places,
            spellings,
            way,
            section,
            sync,
        })
}

/// The words of a key as somebody may write them.
fn spelt(key: &str, style: usize) -> String {
    let words: Vec<&str> = key.split(['_', '-']).collect();
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    match style {
        0 => key.to_owned(),
        1 => words.iter().map(|word| capital(word)).collect(),
        2 => words.join("_"),
        3 => words.join("-"),
        4 => words.concat().to_lowercase(),
        _ => words.join("_").to_uppercase(),
    }
}

fn leaves(value: &Value, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, String)>) {
    let mut member = |key: String, value: &Value| {
        path.push(key);
        leaves(value, path, found);
        path.pop();
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| member(key.clone(), value)),
        Value::Array(elements) => (0..)
            .zip(elements)
            .for_each(|(n, value): (usize, _)| member(n.to_string(), value)),
        text => found.push((path.clone(), text.as_str().unwrap_or_default().to_owned())),
    }
}

/// Puts a value into a tree of objects.
fn put(tree: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [key] => {
            tree.insert(key.clone(), value);
        }
        [key, rest @ ..] => {
            let inner = tree.entry(key.clone()).or_insert_with(|| Map::new().into());
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Objects whose keys are indexes as the arrays that they were; what is gone closes up.
fn arrays(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let is_array = !members.is_empty() && members.keys().all(|key| key.parse::<usize>().is_ok());
    let members = members.into_iter().map(|(key, value)| (key, arrays(value)));
    if is_array {
        Value::Array(members.map(|(_, value)| value).collect())
    } else {
        Value::Object(members.collect())
    }
}

struct Stage<'w> {
    scene: &'w Scene,
    case: &'w Case,
    vault: Vault,
    file: String,
    source: AzureKeyVault,
    /// A sync builder does not tell of a vault that gave nothing.
    sync: bool,
}

impl<'w> Stage<'w> {
    fn set(world: &World, scene: &'w Scene, case: &'w Case) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("scene-{}", NEXT.fetch_add(1, Relaxed));
        let vault = world.emulator.vault(&name);
        let mut found = Vec::new();
        leaves(&case.document, &mut Vec::new(), &mut found);
        let mut tree = Map::new();
        let mut names = vec!["Other".to_owned()];
        for (n, (path, value)) in found.into_iter().enumerate() {
            let path: Vec<String> = scene.section.map(str::to_owned).into_iter().chain(path).collect();
            let [in_file, in_vault] = scene.spellings.each_ref().map(|styles| -> Vec<String> {
                let style = |key: &String| styles[key.len() % styles.len()];
                path.iter().map(|key| spelt(key, style(key))).collect()
            });
            match scene.places[n % scene.places.len()] {
                Place::Nowhere => {}
                Place::File => put(&mut tree, &in_file, value.into()),
                Place::Null => put(&mut tree, &in_file, Value::Null),
                Place::Vault => {
                    let prefix = match scene.way {
                        Way::Prefix(prefix) if prefix.ends_with('-') => prefix.to_owned(),
                        Way::Prefix(prefix) => format!("{prefix}--"),
                        _ => String::new(),
                    };
                    let name = prefix + &in_vault.join("--").replace('_', "-");
                    vault.seed(SecretSeed::new(name.as_str(), value));
                    names.push(name);
                }
            }
        }
        let source = world.signed_in(AzureKeyVault::new(world.emulator.vault_url(&name)));
        Self {
            sync: scene.sync && names.len() > 1,
            source: match scene.way {
                Way::Whole => source,
                Way::Prefix(prefix) => source.prefix(prefix),
                Way::Names => source.names(names.into_iter().map(SecretName::optional)),
                Way::Filter => source.filter(|_| true),
            },
            scene,
            case,
            vault,
            file: arrays(tree.into()).to_string(),
        }
    }

    fn problems(&self, runtime: &Runtime) -> Vec<Problem> {
        let builder = Config::builder().add_source(File::from_str(&self.file, FileFormat::Json));
        let config = if self.sync {
            builder.add_source(self.source.clone()).build()
        } else {
            runtime.block_on(builder.add_async_source(self.source.clone()).build())
        };
        self.case.problems(&config.expect("it loads"), self.scene.section)
    }

    /// Sets what is missing, one setting after the other, for as long as a secret is named for one.
    fn play(&self, runtime: &Runtime) -> Result<(), TestCaseError> {
        let mut problems = self.problems(runtime);
        for _ in 0..20 {
            let named = problems
                .iter()
                .find_map(|problem| Some((problem, problem.secret.clone()?)));
            let Some((problem, secret)) = named else { break };
            let is_told = matches!(self.scene.way, Way::Whole | Way::Prefix(_));
            prop_assert!(is_told, "{problem} of {}", self.file);
            // Of a list the first element is set.
            let value = value_for(field(problem)).or(secret.ends_with("--0").then_some("x"));
            let Some(value) = value else {
                return Err(TestCaseError::fail(format!("{problem}, which no one value sets")));
            };
            self.vault.seed(SecretSeed::new(secret.as_str(), value));
            let after = self.problems(runtime);
            let remains = after.iter().any(|other| other.key == problem.key);
            prop_assert!(!remains, "{problem} and yet {after:?} with {} of {}", secret, self.file);
            problems = after;
        }
        if matches!(self.scene.way, Way::Whole | Way::Prefix(_)) {
            for problem in problems
                .iter()
                .filter(|problem| problem.message.starts_with("is missing"))
            {
                prop_assert!(
                    value_for(field(problem)).is_none(),
                    "{problem} names no secret; {}",
                    self.file
                );
            }
        }
        Ok(())
    }
}

/// The name of the field that a problem is about.
fn field(problem: &Problem) -> &str {
    problem.key.rsplit('.').next().unwrap_or_default()
}

#[test]
fn the_secret_that_is_named_sets_what_is_missing() {
    let runtime = Runtime::new().expect("a runtime");
    let world = runtime.block_on(World::start());
    let cases = types::all();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    });
    let played = runner.run(&scenes(), |scene| {
        let stage = Stage::set(&world, &scene, &cases[scene.case]);
        stage.play(&runtime)
    });
    if let Err(failure) = played {
        panic!("{failure}");
    }
}
