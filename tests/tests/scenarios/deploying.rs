//! The real program against the lab: whatever happens to a deployment, the old release or the new one serves, wholly.

mod app;
mod belonging;
mod cancelling;
mod cli;
mod clients;
mod cuts;
mod ecr;
mod input;
mod kills;
mod local;
mod machine;
mod matrix;
mod ordinary;
mod parts;
mod sample;
mod server_faults;
mod sickness;
mod switched;
mod variables;
