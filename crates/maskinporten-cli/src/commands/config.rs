//! The effective configuration: which settings there are and where each comes from. Values stay hidden.

mod tree;

use clap::builder::NonEmptyStringValueParser;
use config::Config;
use config_azure_keyvault::{HostEnvironment, LoadReport};
use maskinporten::MaskinportenSettings;

use crate::app::{App, AppArguments};
use crate::failure::Failure;
use crate::terminal::{BAD, FAINT, GOOD, ODD, STRONG, Terminal, styled};
use tree::{Difference, Marks, leaves};

/// What to show.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  maskinporten config --env Production --diff Staging")]
pub(crate) struct ConfigArguments {
    /// Show only what differs from another environment, its own vault included.
    #[arg(long, value_name = "OTHER_ENV", value_parser = NonEmptyStringValueParser::new())]
    diff: Option<String>,
    /// One JSON object for machines.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &ConfigArguments, app: &AppArguments, terminal: &Terminal) -> Result<(), Failure> {
    let one = Loaded::of(app.app()?, terminal).await?;
    match &arguments.diff {
        None if arguments.json => terminal.put_line(&one.json().to_string()),
        None => one.show(terminal),
        Some(other) => {
            let other = Loaded::of(app.app_in(HostEnvironment::from(other.as_str()))?, terminal).await?;
            let differences = tree::differences(&one.config, &other.config);
            match arguments.json {
                true => terminal.put_line(
                    &serde_json::json!({
                        "environments": [one.app.environment.name(), other.app.environment.name()],
                        "differences": differences.iter().map(Difference::json).collect::<Vec<_>>(),
                    })
                    .to_string(),
                ),
                false => show_differences(&differences, &one.app, &other.app, terminal),
            }
        }
    }
}

/// The configuration of an environment, and what became of it.
struct Loaded {
    app: App,
    config: Config,
    report: Option<LoadReport>,
    /// What the companion says of its section.
    problem: Option<maskinporten::Error>,
    warnings: Vec<String>,
}

impl Loaded {
    async fn of(app: App, terminal: &Terminal) -> Result<Self, Failure> {
        let config = {
            let _progress = terminal.progress(format!("reading the settings of {}", app.environment));
            app.config().await?
        };
        let read = MaskinportenSettings::from_config(&config, &app.section);
        Ok(Self {
            report: app.vault().report(),
            warnings: read
                .as_ref()
                .map(|settings| settings.warnings().to_vec())
                .unwrap_or_default(),
            problem: read.err(),
            config,
            app,
        })
    }

    fn show(&self, terminal: &Terminal) -> Result<(), Failure> {
        terminal.say(&format!("{} {}", styled(STRONG, "environment"), self.app.environment));
        for layer in &self.app.layers {
            let mark = match layer.found {
                true => styled(GOOD, "read"),
                false => styled(FAINT, "not there"),
            };
            terminal.say(&format!(
                "{} {} ({mark})",
                styled(STRONG, "file       "),
                layer.path.display()
            ));
        }
        if let Some(report) = &self.report {
            terminal.say(&format!("{} {report}", styled(STRONG, "vault      ")));
            for skipped in &report.skipped {
                terminal.say(&format!(
                    "  {} secret `{}`: {}",
                    styled(ODD, "skipped"),
                    skipped.name,
                    skipped.reason
                ));
            }
            for warning in &report.warnings {
                terminal.warn(&warning.to_string());
            }
        }
        terminal.put(&tree::draw(&self.config, &self.marks()))?;
        for warning in &self.warnings {
            terminal.warn(warning);
        }
        if let Some(problem) = &self.problem {
            terminal.say(&format!("{} {}", styled(BAD, "missing or wrong:"), problem.cause()));
        }
        Ok(())
    }

    /// What is missing in the section, or wrong, or read by nobody.
    fn marks(&self) -> Marks {
        let mut marks = Marks::of(&self.app.section);
        for problem in self.problem.iter().flat_map(|error| error.problems()) {
            marks.problem(problem.setting().unwrap_or_default(), problem.is_missing());
        }
        let unread = self.warnings.iter().filter(|warning| warning.contains("nobody reads"));
        for key in unread.filter_map(|warning| warning.split('`').nth(1)) {
            marks.unread(key);
        }
        marks
    }

    fn json(&self) -> serde_json::Value {
        let marks = self.marks();
        serde_json::json!({
            "environment": self.app.environment.name(),
            "files": self.app.layers.iter().map(|layer| serde_json::json!({
                "path": layer.path, "found": layer.found,
            })).collect::<Vec<_>>(),
            "settings": leaves(&self.config).iter().map(|leaf| leaf.json(&marks)).collect::<Vec<_>>(),
            "missing": marks.missing(),
            "warnings": self.warnings,
            "problem": self.problem.as_ref().map(maskinporten::Error::cause),
        })
    }
}

fn show_differences(differences: &[Difference], one: &App, other: &App, terminal: &Terminal) -> Result<(), Failure> {
    let (left, right) = (one.environment.name(), other.environment.name());
    let mut text = String::new();
    for difference in differences {
        text.push_str(&difference.line(left, right));
        text.push('\n');
    }
    terminal.put(&text)?;
    if differences.is_empty() {
        terminal.say(&format!("{left} and {right} have the same settings"));
    }
    Ok(())
}
