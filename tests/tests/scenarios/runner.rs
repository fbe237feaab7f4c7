//! The runner on a real server: whatever happens, it ends wholly new or wholly old, and says why.

mod as_found;
mod carrying_out;
mod failing;
mod far;
mod inside;
mod interrupted;
mod swapping;
mod switching;
mod taking_over;
mod world;
