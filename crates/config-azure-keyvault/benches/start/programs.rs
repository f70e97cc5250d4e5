//! The programs that are compared, and how ours are built.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cells::Cell;

pub(crate) const GO: &str = "go";

/// A program that loads a vault and ends.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) command: Vec<OsString>,
    pub(crate) kind: Kind,
    /// It takes long, whatever it loads. Known once it has run.
    pub(crate) is_slow: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The bare client.
    Floor,
    /// The service as this workspace builds it.
    Ours,
    /// The same, and a token of Maskinporten.
    OursWithToken,
    /// Ours built in another way, or other code on the same SDK.
    Variant,
    /// Another language's.
    Peer,
}

impl Program {
    pub(crate) fn new(name: &str, command: impl IntoIterator<Item = impl Into<OsString>>, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            command: command.into_iter().map(Into::into).collect(),
            kind,
            is_slow: false,
        }
    }

    /// Is it measured in this cell?
    pub(crate) fn is_for(&self, cell: &Cell) -> bool {
        match self.kind {
            Kind::OursWithToken => cell.token,
            Kind::Variant => !cell.token,
            Kind::Floor | Kind::Ours => true,
            Kind::Peer => !self.is_slow || cell.is_for_the_slow(),
        }
    }

    /// How many runs count.
    pub(crate) fn runs(&self, wished: usize) -> usize {
        if self.is_slow { wished.min(3) } else { wished }
    }
}

/// What was built of this workspace.
pub(crate) struct Built {
    pub(crate) programs: Vec<Program>,
    pub(crate) maskinporten: PathBuf,
}

/// Builds ours into folders of their own, in the profile that a service has that says nothing of it.
pub(crate) fn build(folder: &Path) -> Result<Built, String> {
    let services = folder.join("services");
    cargo(&services, Jitter::Off, &["--package", "start-services", "--bins"])?;
    // Apart, since what is built together has the features of both.
    cargo(&services, Jitter::Off, &["--package", "maskinporten-emulator"])?;
    let by_default = folder.join("default-aws-lc");
    let service = ["--package", "start-services", "--bin", "service"];
    cargo(&by_default, Jitter::On, &service)?;

    let program = |shown, folder: &Path, name, kind| Program::new(shown, [released(folder, name)], kind);
    Ok(Built {
        programs: vec![
            program("floor", &services, "floor", Kind::Floor),
            program("ours", &services, "service", Kind::Ours),
            program(
                "ours with a token",
                &services,
                "service-with-token",
                Kind::OursWithToken,
            ),
            program("ours, AWS-LC's default build", &by_default, "service", Kind::Variant),
            program("sdk-list-then-32", &services, "sdk-list-then-32", Kind::Variant),
        ],
        maskinporten: released(&services, "maskinporten-emulator"),
    })
}

fn released(folder: &Path, name: &str) -> PathBuf {
    folder
        .join("release")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Whether AWS-LC draws its first random number from the CPU's jitter, too.
#[derive(Clone, Copy)]
enum Jitter {
    /// As AWS-LC is built where nobody says anything.
    On,
    /// As this workspace's `.cargo/config.toml` says.
    Off,
}

fn cargo(folder: &Path, jitter: Jitter, what: &[&str]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--target-dir"])
        .arg(folder)
        .args(what)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        // Cargo's own default, and not this workspace's for the tool that is installed.
        .env("CARGO_PROFILE_RELEASE_LTO", "false")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        // Unset, `.cargo/config.toml` would set it.
        .env(
            "AWS_LC_SYS_NO_JITTER_ENTROPY",
            match jitter {
                Jitter::On => "0",
                Jitter::Off => "1",
            },
        )
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo build {}: {status}", what.join(" "))),
        Err(error) => Err(format!("cargo: {error}")),
    }
}
