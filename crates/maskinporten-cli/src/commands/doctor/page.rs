//! The list as people read it: eighty columns, a mark, the step, and what goes on is indented.

use super::step::{Outcome, Step};
use crate::terminal::{BAD, FAINT, GOOD, ODD, STRONG, styled};

const COLUMNS: usize = 80;
/// Mark, a space, the longest name and two spaces.
const INDENT: usize = 15;

/// A step in its lines.
pub(super) fn lines(step: &Step) -> String {
    let (mark, style) = match step.outcome {
        Outcome::Passed => ("✓", GOOD),
        Outcome::Warned => ("!", ODD),
        Outcome::Failed => ("✗", BAD),
        Outcome::NotAsked | Outcome::NotReached => ("·", FAINT),
    };
    let label = step.name.replace('_', " ");
    let room = INDENT - 2;
    let name = format!("{label:<room$}");
    let name = match step.outcome {
        Outcome::Failed => styled(STRONG, &name),
        Outcome::NotAsked | Outcome::NotReached => styled(FAINT, &name),
        _ => name,
    };
    let mut text = format!("{} {name}{}\n", styled(style, mark), wrapped(&step.message, INDENT));
    let mut add = |mark: &str, what: String| {
        text.push_str(&format!("{:INDENT$}{} {what}\n", "", styled(FAINT, mark)));
    };
    if let Some(remedy) = &step.remedy {
        add("→", wrapped(remedy, INDENT + 2));
    }
    if let Some(command) = &step.advice.command {
        add("$", broken(command, INDENT + 2));
    }
    if let Some(page) = &step.advice.page {
        add("→", wrapped(page, INDENT + 2));
    }
    text
}

/// By words, each line but the first indented. A word that is too long for a line has one to itself: who copies it wants it whole.
fn wrapped(text: &str, indent: usize) -> String {
    joined(text.split(' '), indent, "")
}

/// A command, whole for a shell: it goes on after a backslash, and only before an option or a pipe.
fn broken(command: &str, indent: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    for word in command.split(' ') {
        match parts.last_mut() {
            Some(part) if !word.starts_with("--") && word != "|" => {
                part.push(' ');
                part.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
    }
    joined(parts.iter().map(String::as_str), indent, " \\")
}

fn joined<'w>(words: impl Iterator<Item = &'w str>, indent: usize, goes_on: &str) -> String {
    let width = COLUMNS - indent - goes_on.len();
    let mut text = String::new();
    let mut used = 0;
    for word in words {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            text.push_str(&format!("{goes_on}\n{:indent$}", ""));
            used = 0;
        } else if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_goes_on_under_itself() {
        let text = wrapped(&"word ".repeat(30), INDENT);
        assert!(
            text.lines()
                .all(|line| line.chars().count() <= COLUMNS - INDENT || line.starts_with("     ")),
            "{text}"
        );
        assert!(text.lines().count() == 3, "{text}");
    }

    #[test]
    fn a_command_goes_on_before_an_option_or_a_pipe() {
        let text = broken(
            "az keyvault show --name app --query id | xargs az role assignment create --role \"Key Vault Secrets User\" --scope",
            INDENT + 2,
        );
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "az keyvault show --name app --query id \\",
                "| xargs az role assignment create \\",
                "--role \"Key Vault Secrets User\" --scope",
            ]
        );
    }
}
