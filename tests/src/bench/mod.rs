//! Measuring Plimsoll and its peers, in turn, on the machines of a lab.
//!
//! Owns: what is measured, how, and how it is told. Must never know: how Plimsoll does its work.

mod big_repo;
mod checkout;
pub mod desktop;
mod laptop;
pub mod logs;
mod numbers;
mod one_by_one;
pub mod remote;
mod report;
mod shop;
pub mod source;
pub mod swap;
mod wire;

pub use self::{
    laptop::Laptop,
    report::{Limit, Measured, json, table},
};

/// What a measurement gives, or why it could not be made.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
