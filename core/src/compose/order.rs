//! The order in which services start.
//!
//! Owns: sorting by `depends_on`. Must never know: how services start.

use super::model::Model;
use crate::domain::name::ServiceName;

/// Services that wait for each other, in a ring; the first is named again at the end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("services wait for each other: {}", names(.0))]
pub struct Cycle(pub Vec<ServiceName>);

fn names(ring: &[ServiceName]) -> String {
    ring.iter().map(ServiceName::as_str).collect::<Vec<_>>().join(" → ")
}

/// The services in the order in which they start: dependencies first, otherwise as the files have them.
///
/// # Errors
/// When services wait for each other.
pub fn order(model: &Model) -> Result<Vec<ServiceName>, Cycle> {
    let mut walk = Walk { model, done: Vec::new(), path: Vec::new() };
    for service in &model.services {
        walk.visit(&service.name)?;
    }
    Ok(walk.done)
}

struct Walk<'a> {
    model: &'a Model,
    done: Vec<ServiceName>,
    path: Vec<ServiceName>,
}

impl Walk<'_> {
    fn visit(&mut self, name: &ServiceName) -> Result<(), Cycle> {
        if self.done.contains(name) {
            return Ok(());
        }
        if let Some(start) = self.path.iter().position(|n| n == name) {
            let mut ring = self.path[start..].to_vec();
            ring.push(name.clone());
            return Err(Cycle(ring));
        }
        let Some(service) = self.model.service(name) else { return Ok(()) };
        self.path.push(name.clone());
        for dependency in &service.depends_on {
            if let Ok(name) = dependency.service.parse() {
                self.visit(&name)?;
            }
        }
        self.path.pop();
        self.done.push(name.clone());
        Ok(())
    }
}
