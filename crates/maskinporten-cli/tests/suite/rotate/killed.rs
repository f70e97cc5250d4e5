//! A rotation that is killed in its midst is finished by running it again.

use std::process::Stdio;

use altinn_emulators::keyvault_emulator;
use altinn_emulators::maskinporten_emulator::{Fault, RequestKind};
use serde_json::json;

use super::{arguments, in_force, registered, rotate, state, works, world};
use crate::support::World;

/// Where it is stopped: at the n-th of these requests, which is never answered.
#[derive(Clone, Copy, Debug)]
enum Stop {
    Vault(keyvault_emulator::RequestKind),
    Maskinporten(RequestKind),
}

impl Stop {
    fn hang(self, world: &World, skip: usize) {
        match self {
            Self::Vault(kind) => world
                .emulators
                .vault
                .inject(keyvault_emulator::Fault::hang().for_kind(kind).skip(skip)),
            Self::Maskinporten(kind) => world
                .emulators
                .maskinporten
                .inject(Fault::hang().for_kind(kind).skip(skip)),
        }
    }

    fn seen(self, world: &World) -> usize {
        match self {
            Self::Vault(kind) => {
                let requests = world.emulators.vault.requests().into_iter();
                requests
                    .filter(|request| request.kind == kind && request.authorized)
                    .count()
            }
            Self::Maskinporten(kind) => {
                let requests = world.emulators.maskinporten.requests().into_iter();
                requests.filter(|request| request.kind == kind).count()
            }
        }
    }
}

/// Runs until the n-th request hangs, kills the process there, and looks whether its command line shows a secret. `false` where it came
/// to its end before.
fn killed(world: &World, stop: Stop, n: usize, more: &[&str]) -> bool {
    world.emulators.vault.clear_requests();
    world.emulators.maskinporten.clear_requests();
    stop.hang(world, n);
    let url = world.emulators.maskinporten.self_service_url();
    let mut arguments = arguments(&url, more);
    arguments.push("--no-verify-challenge");
    let mut command = world.command(&arguments);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let running = std::cell::RefCell::new(&mut child);
    let over = std::cell::Cell::new(false);
    world.until(|| {
        over.set(running.borrow_mut().try_wait().expect("a process").is_some());
        over.get() || stop.seen(world) > n
    });
    let ended = over.get();
    if !ended && cfg!(target_os = "linux") {
        let shown = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
        let shown = String::from_utf8_lossy(&shown);
        assert!(!shown.contains("eyJ") && !shown.contains(world.emulators.vault.client_secret()));
    }
    let _ = child.kill();
    let _ = child.wait();
    world.emulators.vault.clear_faults();
    world.emulators.maskinporten.clear_faults();
    !ended
}

/// Kills it at each request of a kind in turn, and finishes it by running it again.
fn survives(stop: Stop, least: usize, run: &[&str], before: impl Fn(&World), after: impl Fn(&World)) {
    for n in 0.. {
        let world = world();
        before(&world);
        let was_killed = killed(&world, stop, n, run);
        // What was cut off under way is no request.
        world.emulators.maskinporten.clear_requests();
        // Whatever was done, the app's key is taken.
        works(&world);
        rotate(&world, run).well();
        works(&world);
        assert_eq!(registered(&world), [in_force(&world)], "{stop:?} {n}");
        after(&world);
        if !was_killed {
            assert!(n >= least, "{stop:?}: it came to its end at {n}");
            return;
        }
    }
}

const FORWARD: [&str; 3] = ["--apply", "--grace", "0s"];

fn finished(world: &World) {
    assert_eq!(state(world), json!({ "finished": in_force(world) }));
    let requests = world.emulators.maskinporten.requests().into_iter();
    let refused: Vec<String> = requests
        .filter(|request| request.status >= 400)
        .map(|request| format!("{} {}", request.path, request.status))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn it_is_finished_by_running_it_again_where_it_was_killed_at_a_write_to_the_vault() {
    survives(
        Stop::Vault(keyvault_emulator::RequestKind::Set),
        3,
        &FORWARD,
        |_| {},
        finished,
    );
}

#[test]
fn it_is_finished_by_running_it_again_where_it_was_killed_at_the_self_service() {
    survives(
        Stop::Maskinporten(RequestKind::SelfService),
        3,
        &FORWARD,
        |_| {},
        finished,
    );
}

#[test]
fn it_is_finished_by_running_it_again_where_it_was_killed_at_a_token() {
    survives(Stop::Maskinporten(RequestKind::Token), 2, &FORWARD, |_| {}, finished);
}

#[test]
fn going_back_is_finished_by_running_it_again_wherever_it_was_killed() {
    let run = ["--apply", "--undo", "--grace", "0s"];
    let before = |world: &World| {
        rotate(world, &["--apply"]).well();
    };
    let after = |world: &World| assert_eq!(state(world), json!({}));
    survives(Stop::Vault(keyvault_emulator::RequestKind::Set), 2, &run, before, after);
    survives(Stop::Maskinporten(RequestKind::SelfService), 2, &run, before, after);
}
