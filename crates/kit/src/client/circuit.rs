//! Whether a replica gets calls: closed, open after a failure, half open for one probe.

use std::time::Duration;

use tokio::time::Instant;

/// However often a replica failed, it is out for at most so many times the first time:
/// what is well again must not wait long for its calls.
const LARGEST_GROWTH: u32 = 4;

/// So many deadlines in a row without any answer are a failure: one may be a slow call.
const LATE_IN_A_ROW: u32 = 2;

/// What a replica's failures so far mean for the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Takes calls.
    Healthy,
    /// Was out long enough: takes one call as a probe.
    Due,
    /// Gets no call until then, unless every replica is out.
    Out(Instant),
}

/// The failures of one replica. Pure: the time is a parameter.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    /// Ejections in a row.
    ejections: u32,
    /// When the present ejection ends; none while healthy.
    until: Option<Instant>,
    probing: bool,
    /// Deadlines that passed since the last answer.
    late: u32,
    answered: Option<Instant>,
}

impl Circuit {
    pub(super) fn standing(&self, now: Instant) -> Standing {
        match self.until {
            None => Standing::Healthy,
            Some(until) if until <= now && !self.probing => Standing::Due,
            Some(until) => Standing::Out(until),
        }
    }

    /// A call is given to the replica; answers whether it is a probe.
    pub(super) fn enter(&mut self) -> bool {
        let probe = self.until.is_some();
        self.probing |= probe;
        probe
    }

    /// The call answered. An answer begun before the ejection proves nothing: a replica
    /// that drains finishes old calls while it refuses new ones.
    pub(super) fn succeed(&mut self, probe: bool, now: Instant) {
        if probe || self.until.is_none() {
            *self = Self::default();
        }
        self.answered = Some(now);
    }

    /// The deadline of a call given at `begun` passed; answers as [`Self::fail`]. A
    /// replica that answered anything meanwhile is slow with this call but not dead, and
    /// of one that is out only the probe tells anything.
    pub(super) fn late(
        &mut self,
        begun: Instant,
        now: Instant,
        eject: Duration,
    ) -> Option<Duration> {
        if self.until.is_some() || self.answered.is_some_and(|at| begun <= at) {
            return None;
        }
        self.late += 1;
        if self.late < LATE_IN_A_ROW {
            return None;
        }
        self.late = 0;
        self.fail(false, now, eject)
    }

    /// The call failed; answers how long the replica is out when this ejects it anew.
    /// Failures of calls that ran side by side count once.
    pub(super) fn fail(&mut self, probe: bool, now: Instant, eject: Duration) -> Option<Duration> {
        self.probing &= !probe;
        if self.until.is_some_and(|until| now < until) {
            return None;
        }
        let growth = 2_u32.saturating_pow(self.ejections).min(LARGEST_GROWTH);
        let out = eject.saturating_mul(growth);
        self.ejections = self.ejections.saturating_add(1);
        self.until = Some(now + out);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EJECT: Duration = Duration::from_secs(5);

    #[test]
    fn a_failure_ejects_and_a_probe_brings_back() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        circuit.fail(false, now, EJECT);
        assert_eq!(circuit.standing(now), Standing::Out(now + EJECT));
        let later = now + EJECT;
        assert_eq!(circuit.standing(later), Standing::Due);
        assert!(circuit.enter());
        assert_eq!(
            circuit.standing(later),
            Standing::Out(later),
            "one probe at a time"
        );
        circuit.succeed(true, later);
        assert_eq!(circuit.standing(later), Standing::Healthy);
    }

    #[test]
    fn failed_probes_double_the_time_up_to_fourfold() {
        let (mut circuit, mut now) = (Circuit::default(), Instant::now());
        let mut seconds = Vec::new();
        for _ in 0..6 {
            let probe = circuit.enter();
            let out = circuit.fail(probe, now, EJECT).expect("ejected anew");
            seconds.push(out.as_secs());
            now += out;
        }
        assert_eq!(seconds, [5, 10, 20, 20, 20, 20]);
    }

    #[test]
    fn failures_side_by_side_count_once() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        assert_eq!(circuit.fail(false, now, EJECT), Some(EJECT));
        assert_eq!(circuit.fail(false, now, EJECT), None);
        assert_eq!(circuit.standing(now), Standing::Out(now + EJECT));
    }

    #[test]
    fn an_answer_begun_before_the_ejection_does_not_bring_back() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        let before = circuit.enter();
        circuit.fail(false, now, EJECT);
        circuit.succeed(before, now);
        assert_eq!(circuit.standing(now), Standing::Out(now + EJECT));
    }

    #[test]
    fn two_deadlines_in_a_row_eject_and_an_answer_between_them_does_not() {
        let (mut circuit, begun) = (Circuit::default(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(circuit.late(begun, at(1), EJECT), None, "slow once");
        circuit.succeed(false, at(2));
        assert_eq!(circuit.late(at(3), at(4), EJECT), None, "and once more");
        assert_eq!(circuit.late(at(4), at(5), EJECT), Some(EJECT));
        assert_eq!(circuit.standing(at(5)), Standing::Out(at(5) + EJECT));
    }

    #[test]
    fn a_replica_that_answers_others_meanwhile_is_not_dead() {
        let (mut circuit, begun) = (Circuit::default(), Instant::now());
        let later = begun + EJECT;
        circuit.succeed(false, later);
        assert!((0..9).all(|_| circuit.late(begun, later, EJECT).is_none()));
    }

    #[test]
    fn calls_that_hung_before_the_ejection_do_not_prolong_it() {
        let (mut circuit, begun) = (Circuit::default(), Instant::now());
        circuit.fail(false, begun, EJECT);
        let due = begun + EJECT;
        assert!((0..9).all(|_| circuit.late(begun, due, EJECT).is_none()));
        assert_eq!(circuit.standing(due), Standing::Due);
    }
}
