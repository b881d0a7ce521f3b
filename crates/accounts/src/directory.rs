//! What the parts of the sales organisation's directory share.

pub mod notice;
pub mod reach;
pub mod refusal;
