//! Which snapshots newer ones take the place of.

use std::{fs, io};

use super::{DAY_MS, SnapshotInfo, SnapshotReason, list};
use crate::store::DataFolder;

const KEPT_DAILY: usize = 5;
const KEPT_BEFORE_UPDATE: usize = 3;
const SAME_MOMENT_MS: i64 = 1000;

/// Remove all but the newest of those made automatically: of the daily ones one for each day.
pub(super) fn prune(folder: &DataFolder, now_ms: i64) -> io::Result<()> {
    for old in superseded(list(folder)?, now_ms) {
        fs::remove_file(folder.snapshots().join(&old.name))?;
    }
    Ok(())
}

/// Those that are to go, of all, which are sorted by their times. Where the clock was set back, those of a
/// time that is still to come are taken for the oldest: the one that was just made is never among them.
fn superseded(mut all: Vec<SnapshotInfo>, now_ms: i64) -> Vec<SnapshotInfo> {
    let (mut days, mut updates) = (Vec::new(), 0);
    // Free names may lie some milliseconds ahead.
    all.sort_by_key(|snapshot| snapshot.made_at_ms > now_ms + SAME_MOMENT_MS);
    all.retain(|snapshot| match snapshot.reason {
        SnapshotReason::Daily => {
            let day = snapshot.made_at_ms.div_euclid(DAY_MS);
            let is_first = !days.contains(&day);
            if is_first {
                days.push(day);
            }
            !is_first || days.len() > KEPT_DAILY
        }
        SnapshotReason::BeforeUpdate => {
            updates += 1;
            updates > KEPT_BEFORE_UPDATE
        }
        SnapshotReason::ByHand => false,
    });
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::snapshot::file_name;

    fn made(made_at_ms: i64, reason: SnapshotReason) -> SnapshotInfo {
        SnapshotInfo {
            name: file_name(made_at_ms, reason, 1).unwrap(),
            made_at_ms,
            bytes: 1,
            reason,
            schema: 1,
        }
    }

    proptest! {
        #[test]
        fn whatever_the_clock_did_the_one_just_made_and_enough_others_stay(
            // Hours around now, in the future, too, where the clock was set back.
            hours in proptest::collection::hash_set(-400i64..400, 0..60),
            reason in 0usize..2,
        ) {
            let now = 1_795_464_605_123;
            let reason = SnapshotReason::ALL[reason].0;
            let mut all: Vec<_> = hours.iter().map(|hour| made(now + hour * 3_600_000 + 1, reason)).collect();
            all.push(made(now, reason));
            all.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.made_at_ms));
            let days: std::collections::HashSet<_> =
                all.iter().map(|snapshot| snapshot.made_at_ms.div_euclid(DAY_MS)).collect();
            let gone = superseded(all.clone(), now);
            let kept = all.len() - gone.len();
            let most = match reason {
                SnapshotReason::Daily => days.len().min(KEPT_DAILY),
                _ => all.len().min(KEPT_BEFORE_UPDATE),
            };
            prop_assert_eq!(kept, most);
            let is_new = |snapshot: &SnapshotInfo| snapshot.made_at_ms == now;
            let is_same_moment = hours.contains(&0);
            prop_assert!(is_same_moment || !gone.iter().any(is_new));
        }
    }

    #[test]
    fn what_somebody_made_by_hand_stays() {
        let all: Vec<_> = (0..20).map(|at| made(at, SnapshotReason::ByHand)).collect();
        assert!(superseded(all, 30).is_empty());
    }
}
