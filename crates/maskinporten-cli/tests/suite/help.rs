//! Help, completions and the manual.

use crate::support::World;

#[test]
fn help_names_each_command() {
    let world = World::new();
    let ran = world.finished(&world.command(&["--help"]).output().expect("it runs"), &[]);
    for command in ["config", "token", "completions", "man"] {
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
