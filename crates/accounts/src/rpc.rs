//! Every RPC: the call, its story, the answer.

mod absences;
mod account_attributes;
mod account_notes;
mod accounts;
mod competitors;
mod concerns;
mod contacts;
mod decision_maps;
mod directory;
mod directory_sync;
mod imports;
mod matching;
mod merges;
mod prospects;
mod search;
mod segments;
mod target_definitions;
mod territories;
mod transfers;
