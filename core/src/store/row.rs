//! How values lie in a row: JSON bodies, times in milliseconds, numbers that SQLite has no type for.
//!
//! Owns: the conversions. Must never know: any table.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::StoreError;

/// A value as its JSON body.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Damaged(format!("a row cannot be written: {e}")))
}

/// A value from its JSON body.
pub(crate) fn decode<T: DeserializeOwned>(body: &str) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|e| StoreError::Damaged(format!("a row cannot be read: {e}")))
}

/// A unit variant as its bare text, the same as in the JSON body.
pub(crate) fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    Ok(encode(value)?.trim_matches('"').to_owned())
}

/// Milliseconds since 1970.
pub(crate) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A count for a column; more than 2^63 does not occur.
pub(crate) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count from a column; never negative.
pub(crate) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
