//! A fleet that starts together against one vault's limit: no sockets, virtual time, the real loader (of more than 200
//! instances, its pace alone) beside other clients' retries.
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
    // 660 requests need four windows, which is 30 s and the way; where asking for room takes room, they need more.
    for (refusals_count, at_most) in [(false, 40), (true, 160)] {
        let Outcome {
            up, refused, failed, ..
        } = small(Who::Ours, refusals_count).run();
        assert_eq!((up.len(), failed), (60, 0));
        let last = up.last().expect("they are up").as_secs();
        assert!((30..at_most).contains(&last), "{last} s");
        let most = refused.iter().max().expect("there are some");
        assert!(*most < 150, "an instance was refused {most} times");
    }
}

#[test]
fn what_chance_there_is_comes_from_the_seed() {
    let [one, another] = [(); 2].map(|()| small(Who::Ours, false).run());
    assert_eq!((one.up, one.refused), (another.up, another.refused));
}

/// What is shown of thousands of instances is its pace alone: it fares as the real loader does.
#[test]
fn its_pace_alone_fares_as_the_real_loader() {
    let [real, pace] = [Who::Ours, Who::Other(Policy::Paced)].map(|who| {
        let Outcome { up, refused, taken, .. } = small(who, false).run();
        let last = up.last().expect("they are up").as_secs_f64();
        (taken, last, refused.iter().sum::<u64>() as f64 / 60.0)
    });
    assert_eq!(real.0, pace.0);
    assert!((real.1 - pace.1).abs() < 3.0, "{real:?} {pace:?}");
    assert!((0.7..1.4).contains(&(real.2 / pace.2)), "{real:?} {pace:?}");
}

/// That it has no token yet is all that the vault tells it: nothing is got by that.
#[test]
fn who_gets_nothing_asks_every_few_seconds() {
    for who in [Who::Ours, Who::Other(Policy::Paced)] {
        let mut fleet = small(who, false);
        (fleet.instances, fleet.rules.limit) = (1, 0);
        fleet.deadline = Duration::from_secs(30);
        let Outcome {
            up, refused, failed, ..
        } = fleet.run();
        assert!(up.is_empty());
        let a_load = refused[0] / failed;
        assert!((13..=20).contains(&a_load), "{who:?}: {a_load} requests in 30 s");
    }
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
    for policy in [Policy::EverySecond, Policy::Sdk, Policy::SdkInTime, Policy::Paced] {
        let other = alone(Who::Other(policy));
        assert!(ours.abs_diff(other) < 30, "{ours} ms, and {other} ms");
    }
}

#[test]
#[ignore = "takes minutes, and writes docs/fleet.md"]
fn all_sizes() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fleet.md");
    let measured = Cell::all();
    let (results, chart) = (cells::tables(&measured), chart::draw(&measured));
    page::write(&page, "simulation", &results, &chart).expect("the page is there");
}
