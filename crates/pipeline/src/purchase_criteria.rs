//! The customer's purchase criteria for a deal (E1, stage 3): what we do not bring into them is
//! fought over by price later.

pub mod analysis;
mod criterion;
pub mod edit;
pub mod fact;
pub mod finality;
pub mod get;
mod warning;

use keynode_proto::pipeline::v1::PurchaseCriteria;

use crate::dossier::Part;

pub use warning::warnings;

impl Part for PurchaseCriteria {
    const NAME: &'static str = "purchase_criteria";
}
