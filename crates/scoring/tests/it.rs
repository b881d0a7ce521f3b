//! The scoring service over a real socket and a real Postgres.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

#[path = "it/detected.rs"]
mod detected;
#[path = "it/diagnoses.rs"]
mod diagnoses;
#[path = "it/evaluations.rs"]
mod evaluations;
#[path = "it/judged.rs"]
mod judged;
#[path = "it/models.rs"]
mod models;
#[path = "it/neighbours.rs"]
mod neighbours;
#[path = "it/sight.rs"]
mod sight;
#[path = "it/win_figures.rs"]
mod win_figures;
#[path = "it/win_models.rs"]
mod win_models;
#[path = "it/win_scores.rs"]
mod win_scores;
#[path = "it/world.rs"]
mod world;
