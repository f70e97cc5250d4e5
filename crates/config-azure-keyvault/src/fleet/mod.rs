//! A fleet that starts together against one vault's limit: no sockets, virtual time, the real loader beside other clients' retries.
//!
//! `cargo test -p config-azure-keyvault --lib fleet -- --ignored` simulates it in all sizes and writes `docs/fleet.md` and its chart. What
//! chance there is comes from a seed, so that whoever runs it gets the same page.

mod cells;
mod chart;
mod others;
mod ours;
mod page;
mod run;
mod vault;

use std::path::Path;
use std::time::Duration;

use cells::{AN_HOUR, Cell};
use others::Policy;
use run::{Fleet, Outcome, Who};
use vault::Rules;

/// A tenth of a vault's size, so that it runs with the other tests.
fn small(who: Who, refusals_count: bool) -> Fleet {
    Fleet {
        instances: 60,
        secrets: 10,
        who,
        deadline: AN_HOUR,
        rules: Rules {
            limit: 200,
            refusals_count,
            ..Rules::default()
        },
    }
}

#[test]
fn a_fleet_past_the_limit_comes_up_in_its_turn() {
    for refusals_count in [false, true] {
        let Outcome {
            up, refused, failed, ..
        } = small(Who::Ours, refusals_count).run();
        assert_eq!((up.len(), failed), (60, 0));
        // 660 requests need four windows: 30 s and the way.
        let last = up.last().expect("they are up");
        assert!(
            *last > Duration::from_secs(30) && *last < Duration::from_secs(75),
            "{last:?}"
        );
        let most = refused.iter().max().expect("there are some");
        assert!(*most < 60, "an instance was refused {most} times");
    }
}

#[test]
fn what_chance_there_is_comes_from_the_seed() {
    let [one, another] = [(); 2].map(|()| small(Who::Ours, false).run());
    assert_eq!((one.up, one.refused), (another.up, another.refused));
}

/// One instance that nobody disturbs asks as the model of the others does: what differs is what they do when they are refused.
#[test]
fn alone_all_take_as_long() {
    let alone = |who| {
        let mut fleet = small(who, false);
        fleet.instances = 1;
        let outcome = fleet.run();
        assert_eq!(outcome.refused, [0]);
        assert_eq!(outcome.taken, 11);
        outcome.up[0].as_millis()
    };
    let ours = alone(Who::Ours);
    for policy in [Policy::EverySecond, Policy::Sdk] {
        let other = alone(Who::Other(policy));
        assert!(ours.abs_diff(other) < 30, "{ours} ms, and {other} ms");
    }
}

#[test]
#[ignore = "takes minutes, and writes docs/fleet.md"]
fn all_sizes() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let measured = Cell::all();
    page::write(&docs, &page::results(&measured), &chart::draw(&measured)).expect("the page is there");
}
