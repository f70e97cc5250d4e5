//! What is simulated, and a line of the table for each.

use std::thread;
use std::time::Duration;

use super::others::Policy;
use super::run::{Fleet, Outcome, Who};
use super::vault::Rules;

pub(super) const AN_HOUR: Duration = Duration::from_secs(3600);

const SIZES: [usize; 7] = [10, 100, 200, 500, 1_000, 2_000, 5_000];

/// Of what is told beside that.
const FEWER: [usize; 3] = [200, 500, 1_000];

const SECRETS: usize = 25;

/// So many instances at most are the real loader, which takes a minute for a thousand; more have its [`Pace`](crate::transport) alone.
const REAL: usize = 200;

pub(super) const ALL: [Who; 4] = [
    Who::Ours,
    Who::Other(Policy::Sdk),
    Who::Other(Policy::SdkInTime),
    Who::Other(Policy::EverySecond),
];

impl Who {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours | Self::Other(Policy::Paced) => "ours",
            Self::Other(Policy::Sdk) => "the SDK's default",
            Self::Other(Policy::SdkInTime) => "the SDK's, within 30 s",
            Self::Other(Policy::EverySecond) => "again every second",
        }
    }
}

/// How long a load may take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Hour,
    /// The usual deadline, which is shorter than the minute that the SDK gives itself.
    Usual,
    /// What the limit alone takes, and a minute.
    Advised,
}

impl Limit {
    fn of(self, instances: usize) -> Duration {
        match self {
            Self::Hour => AN_HOUR,
            Self::Usual => Duration::from_secs(30),
            Self::Advised => least(instances) + Duration::from_secs(60),
        }
    }
}

/// What a vault does with a fleet, and how long the fleet's loads may take.
pub(super) struct Scenario {
    pub(super) title: &'static str,
    pub(super) sizes: &'static [usize],
    pub(super) limit: Limit,
    pub(super) rules: Rules,
}

/// The first two are drawn.
fn scenarios() -> Vec<Scenario> {
    let of = |title, sizes, limit, refusals_count, retry_after: Option<u64>| Scenario {
        title,
        sizes,
        limit,
        rules: Rules {
            refusals_count,
            retry_after: retry_after.map(Duration::from_secs),
            ..Rules::default()
        },
    };
    vec![
        of("A deployment: every load has an hour", &SIZES, Limit::Hour, false, None),
        of(
            "A restart storm: every load has 30 s, and who fails is started again",
            &SIZES,
            Limit::Usual,
            false,
            None,
        ),
        of(
            "As advised: every load has the time that the limit alone takes, and a minute",
            &SIZES[2..],
            Limit::Advised,
            false,
            None,
        ),
        of(
            "A deployment, where the vault asks for a pause of 10 s",
            &FEWER,
            Limit::Hour,
            false,
            Some(10),
        ),
        of(
            "A restart storm, where the vault asks for a pause of 10 s",
            &FEWER,
            Limit::Usual,
            false,
            Some(10),
        ),
        of(
            "A deployment, where refusals count against the limit",
            &FEWER,
            Limit::Hour,
            true,
            None,
        ),
        of(
            "A restart storm, where refusals count against the limit",
            &FEWER,
            Limit::Usual,
            true,
            None,
        ),
    ]
}

/// One scenario in all sizes.
pub(super) struct Cell {
    pub(super) scenario: Scenario,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Row {
    pub(super) instances: usize,
    pub(super) who: Who,
    pub(super) outcome: Outcome,
}

impl Cell {
    pub(super) fn all() -> Vec<Self> {
        // Chance is each thread's own.
        thread::scope(|scope| {
            let all: Vec<_> = scenarios()
                .into_iter()
                .map(|scenario| scope.spawn(|| Self::of(scenario)))
                .collect();
            all.into_iter().map(|cell| cell.join().expect("it ends")).collect()
        })
    }

    fn of(scenario: Scenario) -> Self {
        let mut rows = Vec::new();
        for &instances in scenario.sizes {
            for who in ALL {
                // Only there is the deadline the shorter one.
                if who == Who::Other(Policy::SdkInTime) && scenario.limit != Limit::Usual {
                    continue;
                }
                let fleet = Fleet {
                    instances,
                    secrets: SECRETS,
                    who: match who {
                        Who::Ours if instances > REAL => Who::Other(Policy::Paced),
                        who => who,
                    },
                    deadline: scenario.limit.of(instances),
                    rules: scenario.rules,
                };
                let row = Row {
                    instances,
                    who,
                    outcome: fleet.run(),
                };
                tell(&scenario, &row);
                rows.push(row);
            }
        }
        Self { scenario, rows }
    }
}

/// For whoever waits.
#[allow(clippy::print_stderr)]
fn tell(scenario: &Scenario, row: &Row) {
    eprint!("{}: {}", scenario.title, row.line());
}

/// What the limit alone takes: a list of one page and the gets of every instance, window by window.
pub(super) fn least(instances: usize) -> Duration {
    let rules = Rules::default();
    let windows = (instances * (SECRETS + 1)).div_ceil(rules.limit);
    rules.window * (windows as u32 - 1)
}

const HEAD: &str = "\
| instances | the limit alone | retry | half are up | all are up | 429s an instance | 429s of the worst | failed loads an instance |
|--:|--:|---|--:|--:|--:|--:|--:|
";

/// A table for each scenario.
pub(super) fn tables(cells: &[Cell]) -> String {
    let table = |cell: &Cell| {
        let lines: String = cell.rows.iter().map(Row::line).collect();
        format!("### {}\n\n{HEAD}{lines}", cell.scenario.title)
    };
    cells.iter().map(table).collect::<Vec<_>>().join("\n")
}

impl Row {
    /// When the last was up, if all were.
    pub(super) fn all_up(&self) -> Option<Duration> {
        self.outcome
            .up
            .last()
            .copied()
            .filter(|_| self.outcome.up.len() == self.instances)
    }

    fn line(&self) -> String {
        let Outcome {
            up, refused, failed, ..
        } = &self.outcome;
        let seconds = |time: &Duration| format!("{:.1} s", time.as_secs_f64());
        let all = self
            .all_up()
            .as_ref()
            .map_or_else(|| format!("never; {} are", up.len()), seconds);
        let half = up.get(self.instances / 2).map_or_else(|| "never".to_owned(), seconds);
        let an_instance = |sum: u64| sum as f64 / self.instances as f64;
        format!(
            "| {} | {} s | {} | {half} | {all} | {:.1} | {} | {:.1} |\n",
            self.instances,
            least(self.instances).as_secs(),
            self.who.name(),
            an_instance(refused.iter().sum()),
            refused.iter().max().copied().unwrap_or_default(),
            an_instance(*failed),
        )
    }
}
