//! Search by what somebody types: the beginning or any part of a name, or its Pinyin.

pub mod accounts;
pub mod contacts;
pub mod entry;
mod lookup;
mod pinyin;
mod query;
