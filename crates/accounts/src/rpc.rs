//! Every RPC: the call, its story, the answer.

mod accounts;
mod contacts;
mod decision_maps;
mod directory;
