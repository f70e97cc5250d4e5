//! `maskinporten doctor`: each fault by the line that it fails in, its cause, its remedy, and what to type or where to click.

mod deployments;
mod maskinporten;
mod reach;
mod refused;
mod replies;
mod settings;
mod sign_in;
mod snapshot;

use serde_json::{Value, json};

use crate::support::World;

/// What a fault looks like to the doctor.
struct Fails {
    step: &'static str,
    cause: &'static str,
    remedy: &'static str,
    /// Part of the command, or of the page's address.
    help: &'static str,
}

/// Long enough for whatever is told at once, on a machine that does much else.
const AT_ONCE: &str = "20";
/// For what is never going to work.
const LIMIT: &str = "3";

/// What the doctor found.
struct Diagnosis {
    status: i32,
    steps: Vec<Value>,
    written: String,
}

fn diagnosis(world: &World, timeout: &str, arguments: &[&str]) -> Diagnosis {
    let all = [&["doctor", "--json", "--timeout", timeout], arguments].concat();
    let ran = world.run(&all);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr));
    let failed = |steps: &Vec<Value>| steps.iter().any(|step| step["outcome"] == "failed");
    let steps = told["steps"].as_array().cloned().unwrap_or_default();
    assert_eq!(told["passed"] == json!(false), failed(&steps), "{told}");
    assert_eq!(ran.status, i32::from(failed(&steps)), "{told}");
    Diagnosis {
        status: ran.status,
        steps,
        written: told.to_string(),
    }
}

impl Diagnosis {
    fn outcome(&self, name: &str) -> &str {
        let step = self.steps.iter().find(|step| step["step"] == name);
        step.and_then(|step| step["outcome"].as_str()).unwrap_or("absent")
    }

    /// The first line that failed is this one, and says this.
    #[track_caller]
    fn assert(&self, expected: &Fails) {
        self.assert_of("failed", expected);
        assert_eq!(self.status, 1);
    }

    #[track_caller]
    fn assert_of(&self, outcome: &str, expected: &Fails) {
        let found = self.steps.iter().find(|step| step["outcome"] == outcome);
        let found = found.unwrap_or_else(|| panic!("nothing {outcome}: {}", self.written));
        let text = |member: &str| found[member].as_str().unwrap_or_default().to_owned();
        assert_eq!(text("step"), expected.step, "{found}");
        assert!(
            text("message").contains(expected.cause),
            "{} in {found}",
            expected.cause
        );
        assert!(
            text("remedy").contains(expected.remedy),
            "{} in {found}",
            expected.remedy
        );
        assert!(!text("remedy").is_empty(), "{found}");
        let help = format!("{}{}", text("command"), text("page"));
        assert!(
            !help.is_empty() && help.contains(expected.help),
            "{} in {found}",
            expected.help
        );
        assert!(
            !help.contains('{') || help.contains("query"),
            "something is not filled in: {help}"
        );
    }
}

/// The same in text, against its snapshot.
#[track_caller]
fn assert_snapshot(world: &World, name: &str, arguments: &[&str]) {
    let ran = world.run(&[&["doctor"], arguments].concat());
    assert!(ran.status == 0 || ran.status == 1, "{}{}", ran.stdout, ran.stderr);
    snapshot::assert(world, name, &ran.stdout);
}

#[test]
fn all_is_well() {
    let world = World::new();
    assert_snapshot(&world, "well", &[]);
    let ran = world.run(&["doctor", "--json"]).well();
    snapshot::assert(&world, "well.json", &pretty(&ran.stdout));
    for verbose in ["-v", "-vv", "-vvv"] {
        world.run(&["doctor", verbose]).well();
    }
}

fn pretty(json: &str) -> String {
    let told: Value = serde_json::from_str(json).expect("JSON");
    format!("{told:#}\n")
}

#[test]
fn where_tokens_are_exchanged_altinn_is_asked_too() {
    let world = World::new();
    let mut settings = world.appsettings();
    settings["MaskinportenSettings"]["ExhangeToAltinnToken"] = json!(true);
    world.write("appsettings.json", &settings);
    let found = diagnosis(&world, AT_ONCE, &[]);
    assert_eq!(found.outcome("altinn"), "passed", "{}", found.written);
    assert_eq!(world.emulators.maskinporten.counts().exchange_requests, 1);
}

#[test]
fn a_folder_that_is_not_there_is_wrong_use() {
    let world = World::new();
    let ran = world.run(&["doctor", "--dir", "nowhere"]);
    assert_eq!(ran.status, 2);
    assert!(ran.error().contains("nowhere is no folder"), "{}", ran.stderr);
    assert_eq!(world.run(&["doctor", "--timeout", "0"]).status, 2);
}

/// Neither its own command line nor a program that it starts could tell anything: it starts none.
#[cfg(target_os = "linux")]
#[test]
fn a_command_line_holds_no_secret_and_no_program_is_started() {
    use altinn_emulators::keyvault_emulator::{Fault, RequestKind};

    let world = World::new();
    world.emulators.vault.inject(Fault::hang().for_kind(RequestKind::Get));
    let mut child = world
        .command(&["doctor", "--no-verify-challenge", "--timeout", "20"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it runs");
    while world.emulators.vault.counts().gets == 0 {
        assert!(child.try_wait().expect("it runs").is_none(), "it ended before it asked");
        std::thread::yield_now();
    }
    let of = |what: &str| std::fs::read_to_string(format!("/proc/{}/{what}", child.id())).expect("it runs");
    assert_eq!(of(&format!("task/{}/children", child.id())), "");
    let line = of("cmdline");
    child.kill().expect("it ends");
    child.wait().expect("it ends");
    for secret in world.secrets() {
        assert!(!line.contains(&secret), "{line}");
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure_of_ours() {
    let world = World::new();
    let mut child = world
        .command(&["doctor", "--no-verify-challenge"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
