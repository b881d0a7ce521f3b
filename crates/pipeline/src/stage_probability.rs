//! The probability to win by experience with the process: pure. What the model of the scoring
//! service computes is another number.

use crate::process::Process;
use crate::stage::{Standing, Status};

/// 0 to 1; none when the process says no share for where the work really is (R4). Every key node
/// that is owed by force lowers it (R2).
pub fn by_stage(process: &Process, standing: &Standing) -> Option<f64> {
    match standing.status() {
        Status::Won { .. } | Status::Completed { .. } => Some(1.0),
        Status::Lost { .. } | Status::Abandoned { .. } => Some(0.0),
        Status::Open => {
            let place = standing.effective_position().min(standing.position());
            let share = f64::from(process.stage_at(place)?.win_percent?) / 100.0;
            let left = f64::from(process.forced_percent) / 100.0;
            let forced = i32::try_from(standing.forced().len()).unwrap_or(i32::MAX);
            Some(share * left.powi(forced))
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::process::shipped;

    fn process() -> Process {
        let mut process = shipped();
        process.forced_percent = 50;
        for (stage, percent) in process.stages.iter_mut().zip([10, 20, 40, 60, 80]) {
            stage.win_percent = Some(percent);
        }
        process
    }

    fn standing(position: i32, completed: &[i32], forced: &[i32]) -> Standing {
        let (completed, forced) = (completed.iter().copied(), forced.iter().copied());
        Standing::stored(
            position,
            Timestamp::UNIX_EPOCH,
            Status::Open,
            completed,
            forced,
        )
    }

    #[test]
    fn it_goes_with_the_stage_in_which_the_work_really_is() {
        assert_eq!(by_stage(&process(), &standing(1, &[], &[])), Some(0.1));
        assert_eq!(by_stage(&process(), &standing(3, &[1, 2], &[])), Some(0.4));
        // Brought in at the third stage with nothing shown.
        assert_eq!(by_stage(&process(), &standing(3, &[], &[])), Some(0.1));
    }

    #[test]
    fn every_key_node_owed_by_force_lowers_it() {
        assert_eq!(by_stage(&process(), &standing(2, &[], &[1])), Some(0.05));
        assert_eq!(
            by_stage(&process(), &standing(3, &[], &[1, 2])),
            Some(0.025)
        );
        assert_eq!(by_stage(&process(), &standing(3, &[1], &[2])), Some(0.1));
    }

    #[test]
    fn what_has_ended_is_certain_and_what_is_not_said_unknown() {
        let at = Timestamp::UNIX_EPOCH;
        let ended = |status| by_stage(&process(), &Standing::stored(2, at, status, [], []));
        assert_eq!(ended(Status::Won { at }), Some(1.0));
        assert_eq!(ended(Status::Lost { at }), Some(0.0));
        assert_eq!(by_stage(&shipped(), &standing(1, &[], &[])), None);
    }
}
