//! Whether a replica gets calls: closed, open after a failure, half open for one probe.

use std::time::Duration;

use tokio::time::Instant;

/// However often a replica failed, it is probed at least this often.
const LONGEST: Duration = Duration::from_secs(60);

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
    pub(super) fn succeed(&mut self, probe: bool) {
        if probe || self.until.is_none() {
            *self = Self::default();
        }
    }

    /// The call failed; answers how long the replica is out when this ejects it anew.
    /// Failures of calls that ran side by side count once.
    pub(super) fn fail(&mut self, probe: bool, now: Instant, eject: Duration) -> Option<Duration> {
        self.probing &= !probe;
        if self.until.is_some_and(|until| now < until) {
            return None;
        }
        let growth = 1_u32 << self.ejections.min(16);
        let out = eject.saturating_mul(growth).min(LONGEST.max(eject));
        self.ejections += 1;
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
        circuit.succeed(true);
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
        circuit.succeed(before);
        assert_eq!(circuit.standing(now), Standing::Out(now + EJECT));
    }
}
