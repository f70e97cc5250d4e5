//! The smallest case that still fails: events are left out for as long as it does.

use super::case::Case;
use super::lane::Lane;

/// What depends on time as well may not fail each time.
const TRIES: usize = 3;

pub(super) async fn shrink(lane: &mut Lane, case: &Case, violation: String) -> (Case, String) {
    let (mut smallest, mut why) = (case.clone(), violation);
    // Later ones first: what is behind the failure goes at once.
    for number in case.numbers().into_iter().rev() {
        let kept: Vec<_> = smallest.numbers().into_iter().filter(|kept| *kept != number).collect();
        let smaller = smallest.keeping(&kept);
        if let Some(violation) = fails(lane, &smaller).await {
            (smallest, why) = (smaller, violation);
        }
    }
    (smallest, why)
}

async fn fails(lane: &mut Lane, case: &Case) -> Option<String> {
    for _ in 0..TRIES {
        if let Err(violation) = lane.run(case).await {
            return Some(violation);
        }
    }
    None
}
