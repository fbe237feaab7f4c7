//! Another address for a server that is known.
//!
//! Owns: that act. Must never know: ssh details.

use super::{KeyProof, destination, trust};
use crate::{
    api::{Session, connect::FirstContact, hosts, world},
    domain::server::{Destination, Server},
    host::facts,
    problem::{Code, Problem},
};

/// Gives a server another address, after connecting to it there. A machine that shows the key that is pinned for the old
/// address is the same machine; another key is accepted as by [`add`](super::add).
///
/// # Errors
/// When there is no such server, the address is not valid, a deployment to it is in flight, it does not answer there, or its
/// key is not accepted.
pub async fn edit(session: &Session, name: &str, to: &str, proof: KeyProof) -> Result<Server, Problem> {
    let server = session.store.servers().named(name).await?;
    let to = destination(to)?;
    if to == server.destination {
        return Ok(server);
    }
    refuse_in_flight(session, &server).await?;
    accept(session, &server, &to, &proof).await?;
    let host = session.reach(&to, server.name.as_str(), FirstContact::Refuse).await?;
    let facts = facts::gather(host.as_ref()).await?;
    // A deployment may have begun while somebody compared fingerprints.
    refuse_in_flight(session, &server).await?;
    let moved = session.store.servers().change(server.id, |server| server.destination = to.clone()).await?;
    session.store.servers().set_facts(server.id, &facts).await?;
    session.machines.lock().await.remove(&server.id);
    Ok(moved)
}

/// Pins the key that the new address shows, if it may be.
async fn accept(session: &Session, server: &Server, to: &Destination, proof: &KeyProof) -> Result<(), Problem> {
    if *to == Destination::Local {
        return Ok(());
    }
    let offered = hosts::scan_key(session, to, server.name.as_str()).await?;
    let pins = session.store.pins();
    if pins.of(&offered.host, offered.port).await?.contains(&offered.key) {
        return Ok(());
    }
    let known = known(session, server).await?;
    if !known.contains(&offered.key) {
        trust::accept(session, server, known.first().map(ToString::to_string), &offered, proof).await?;
    }
    Ok(pins.replace(&offered.host, offered.port, &offered.key).await?)
}

/// The keys pinned for the address that it has now.
async fn known(session: &Session, server: &Server) -> Result<Vec<crate::host::PinnedKey>, Problem> {
    if server.destination == Destination::Local {
        return Ok(Vec::new());
    }
    let (host, port) = crate::host::pin_address(&server.destination, &session.connect_options().await?).await?;
    Ok(session.store.pins().of(&host, port).await?)
}

/// What flies now reads the address again when contact is lost.
pub(super) async fn refuse_in_flight(session: &Session, server: &Server) -> Result<(), Problem> {
    for open in session.store.deployments().unfinished(None).await? {
        let project = session.store.projects().get(open.environment.project).await?;
        // Settings that cannot be read may name any server.
        let uses = match world::load_settings(&project).await {
            Ok(settings) => world::machines_of(&settings, &open.environment.name).contains(&server.name),
            Err(_) => true,
        };
        if uses {
            return Err(Problem::new(
                Code::Locked,
                format!("{} is being deployed on {}", project.name, server.name),
                format!("deployment {} is in flight", open.id),
                "Wait for its end, then try again; `plimsoll resume` settles one that was left open.",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Destination, KeyProof, edit};
    use crate::{
        api::testing::bench,
        domain::{deployment::Status, id::ServerId, server::Server},
        problem::Code,
    };

    async fn known(bench: &crate::api::testing::Bench) -> Server {
        let destination = "hull.example".parse().unwrap();
        let server = Server { id: ServerId::new(), name: "hull".parse().unwrap(), destination, added: Timestamp::UNIX_EPOCH };
        bench.session.store.servers().add(&server).await.unwrap();
        server
    }

    #[tokio::test]
    async fn nothing_moves_below_a_deployment_in_flight() {
        let bench = bench().await;
        let server = known(&bench).await;
        bench.settings("[environments.production]\nserver = \"hull\"\n");
        let mut open = bench.deployment(Status::Running).await;
        let refused = edit(&bench.session, "hull", "local", KeyProof::Ask).await.unwrap_err();
        assert_eq!(refused.code, Code::Locked);
        assert_eq!(bench.session.store.servers().named("hull").await.unwrap(), server);
        open.status = Status::Failed;
        bench.session.store.deployments().update(&open).await.unwrap();
        let moved = edit(&bench.session, "hull", "local", KeyProof::Ask).await.unwrap();
        assert_eq!((moved.id, moved.destination), (server.id, Destination::Local));
    }

    #[tokio::test]
    async fn the_same_address_is_no_change() {
        let bench = bench().await;
        let server = known(&bench).await;
        bench.deployment(Status::Running).await;
        assert_eq!(edit(&bench.session, "hull", "hull.example", KeyProof::Ask).await.unwrap(), server);
    }
}
