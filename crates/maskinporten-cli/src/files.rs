//! The app's own settings: its files and variables, before a vault is laid over them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat, Source as _};
use config_azure_keyvault::{HostEnvironment, ignore_case};

use crate::failure::Failure;

/// A file of settings, and whether it is there.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) path: PathBuf,
    pub(crate) found: bool,
}

/// The files of an app in this folder, the more special one last: those that an ASP.NET app has, or the ones that were named.
pub(crate) fn layers(dir: &Path, named: &[PathBuf], environment: &HostEnvironment) -> Vec<Layer> {
    let usual = || {
        vec![
            dir.join("appsettings.json"),
            dir.join(format!("appsettings.{environment}.json")),
        ]
    };
    let paths = match named {
        [] => usual(),
        named => named.iter().map(|path| dir.join(path)).collect(),
    };
    paths
        .into_iter()
        .map(|path| Layer {
            found: path.is_file(),
            path,
        })
        .collect()
}

/// What files and variables say. As in ASP.NET a variable counts where `__` nests its name, and it goes over the files.
pub(crate) fn read(layers: &[Layer], variables: &[(String, String)]) -> Result<Config, Failure> {
    let mut builder = Config::builder();
    for layer in layers.iter().filter(|layer| layer.found) {
        let file = File::from(layer.path.clone()).format(FileFormat::Json5);
        // Alone first: what `config` says of a file quotes it.
        file.collect()
            .map_err(|error| unreadable(&layer.path, &error.to_string()))?;
        builder = builder.add_source(file);
    }
    let nested: HashMap<String, String> = variables
        .iter()
        .filter(|(name, _)| name.trim_matches('_').contains("__"))
        .cloned()
        .collect();
    let environment = Environment::default().separator("__").source(Some(nested));
    Ok(builder.add_source(ignore_case(environment)).build()?)
}

/// The place, and nothing of what is there.
fn unreadable(path: &Path, said: &str) -> Failure {
    let path = path.display();
    match place(said) {
        Some((line, column)) => Failure::usage(format!("{path} is no JSON: line {line}, column {column}")),
        None => Failure::usage(format!("{path} cannot be read, or is no JSON")),
    }
}

/// `line 3, column 5`, `3:5`: two numbers in a row.
fn place(said: &str) -> Option<(u32, u32)> {
    let from = ["line ", "--> "]
        .iter()
        .find_map(|mark| Some(said.find(mark)? + mark.len()))?;
    let mut numbers = said[from..]
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}
