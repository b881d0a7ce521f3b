//! `Score` and `BatchScore`.

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{
    BatchScoreRequest, BatchScoreResponse, ScoreRequest, ScoreResponse, ScoringRow, WinScore,
};

use super::version::Stored;
use super::{get, rows, wire};
use crate::Scoring;
use crate::error::Error;
use crate::learn::{Observation, Score};

const MAX_BATCH: usize = 1000;

pub(crate) async fn score(
    scoring: &Scoring,
    call: &Call,
    request: ScoreRequest,
) -> Result<ScoreResponse, Error> {
    let mut bad = Violations::default();
    let asked = Asked::read(&mut bad, request.row.as_ref(), request.as_of_time.as_ref());
    let stored = get::chosen(scoring, call, "model", &request.model, bad).await?;
    Ok(ScoreResponse {
        score: Some(asked.told(&stored)),
    })
}

pub(crate) async fn batch(
    scoring: &Scoring,
    call: &Call,
    request: BatchScoreRequest,
) -> Result<BatchScoreResponse, Error> {
    let mut bad = Violations::default();
    let as_of = bad.optional_timestamp("as_of_time", request.as_of_time.as_ref());
    let count = request.rows.len();
    if !(1..=MAX_BATCH).contains(&count) {
        bad.add("rows", format!("must be 1 to {MAX_BATCH}, are {count}"));
    }
    let rows = request.rows.iter().take(MAX_BATCH).enumerate();
    let known: Vec<_> = rows
        .map(|(index, row)| rows::known(&mut bad, &format!("rows[{index}]"), row))
        .collect();
    let stored = get::chosen(scoring, call, "model", &request.model, bad).await?;
    let scores = request.rows.iter().zip(&known).map(|(row, known)| {
        let score = stored.model.score(known, as_of);
        wire::score(row.key.trim(), &stored.version.name, &score)
    });
    Ok(BatchScoreResponse {
        scores: scores.collect(),
    })
}

/// One row to score, every field of it checked.
pub(super) struct Asked {
    key: String,
    pub known: Vec<Observation>,
    as_of: Option<Timestamp>,
}

impl Asked {
    pub fn read(
        bad: &mut Violations,
        row: Option<&ScoringRow>,
        as_of: Option<&prost_types::Timestamp>,
    ) -> Self {
        let as_of = bad.optional_timestamp("as_of_time", as_of);
        let Some(row) = row else {
            bad.add("row", "must be set");
            return Self {
                key: String::new(),
                known: Vec::new(),
                as_of,
            };
        };
        Self {
            key: row.key.trim().to_owned(),
            known: rows::known(bad, "row", row),
            as_of,
        }
    }

    /// The score by what is known, or by other observations in place of that.
    pub fn score(&self, stored: &Stored, known: &[Observation]) -> Score {
        stored.model.score(known, self.as_of)
    }

    pub fn tell(&self, stored: &Stored, score: &Score) -> WinScore {
        wire::score(&self.key, &stored.version.name, score)
    }

    fn told(&self, stored: &Stored) -> WinScore {
        self.tell(stored, &self.score(stored, &self.known))
    }
}
