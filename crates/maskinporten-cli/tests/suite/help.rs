//! Help, completions and the manual.

use crate::support::World;

const COMMANDS: [&str; 8] = [
    "keygen",
    "push",
    "rotate",
    "config",
    "doctor",
    "token",
    "completions",
    "man",
];

#[test]
fn help_names_each_command() {
    let world = World::new();
    let ran = world.finished(&world.command(&["--help"]).output().expect("it runs"), &[]);
    for command in COMMANDS {
        assert!(ran.stdout.contains(command), "{}", ran.stdout);
    }
}

#[test]
fn a_wrong_word_is_wrong_use() {
    let world = World::new();
    let ran = world.finished(&world.command(&["tokn"]).output().expect("it runs"), &[]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("token"), "a similar word is named: {}", ran.stderr);
}

#[test]
fn shells_and_man_get_their_pages() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = world.finished(&world.command(&["completions", shell]).output().expect("it runs"), &[]);
        assert!(ran.well().stdout.contains("maskinporten"));
    }
    let page = world.finished(&world.command(&["man"]).output().expect("it runs"), &[]);
    assert!(page.well().stdout.contains(".TH"));
    let out = world.dir.path().join("man");
    std::fs::create_dir(&out).expect("a folder");
    let written = world.command(&["man", "--out", "man"]).output().expect("it runs");
    world.finished(&written, &[]).well();
    assert!(out.join("maskinporten-token.1").is_file());
}

#[test]
fn an_example_can_be_copied_from_a_terminal_of_80_columns() {
    let world = World::new();
    for command in COMMANDS.into_iter().map(Some).chain([None]) {
        let mut run = world.command(&Vec::from_iter(command));
        let ran = world.finished(&run.arg("--help").env("COLUMNS", "80").output().expect("it runs"), &[]);
        let page = ran.well().stdout;
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
        let (_, examples) = page.split_once("\nExample").expect("an example");
        // What was broken goes on at two columns, where a command begins.
        let is_whole = |line: &&str| {
            ["  maskinporten ", "  curl ", "          "]
                .iter()
                .any(|start| line.starts_with(start))
        };
        let broken: Vec<&str> = examples.lines().skip(1).filter(|line| !is_whole(line)).collect();
        assert!(broken.is_empty(), "{broken:?}");
    }
}

#[test]
fn a_manual_that_cannot_be_written_is_told_with_its_folder() {
    let world = World::new();
    let ran = world.finished(
        &world.command(&["man", "--out", "nowhere"]).output().expect("it runs"),
        &[],
    );
    assert!(ran.error().contains("nowhere"), "{}", ran.stderr);
}
