//! Host keys of servers: which one is trusted, and on whose word.
//!
//! Owns: that no key is pinned that nobody has seen. Must never know: ssh details.

use serde::Serialize;

use crate::{
    api::{Answer, Question, Session, Token, connect::FirstContact, hosts},
    domain::server::{Destination, Server},
    host::{HostError, HostKey},
    problem::{Code, Problem},
};

/// Both fingerprints of a key that was accepted anew.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Trusted {
    /// The server.
    pub server: Server,
    /// The key pinned before.
    pub before: Option<String>,
    /// The key pinned now.
    pub now: String,
}

/// Why a key may be pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyProof {
    /// The person is asked.
    Ask,
    /// The person has named its fingerprint, `SHA256:…`, on the command line.
    Fingerprint(String),
    /// The person was shown it in this session; see [`hosts::scan`](crate::api::hosts::scan).
    Shown(Token),
}

impl KeyProof {
    /// A fingerprint, if one was named; else the person is asked.
    #[must_use]
    pub fn named(fingerprint: Option<String>) -> Self {
        fingerprint.map_or(Self::Ask, Self::Fingerprint)
    }

    /// A token, if there is one; else the person is asked.
    #[must_use]
    pub fn token(token: Option<Token>) -> Self {
        token.map_or(Self::Ask, Self::Shown)
    }

    /// The key that was shown under the token.
    pub(super) fn shown(&self, session: &Session) -> Result<Option<HostKey>, Problem> {
        let Self::Shown(token) = self else { return Ok(None) };
        session.keys.shown(token).map(Some).ok_or_else(never_shown)
    }

    /// What is done about a host that is seen for the first time.
    pub(super) fn at_first_contact<'a>(&'a self, shown: Option<&'a HostKey>) -> FirstContact<'a> {
        match (self, shown) {
            (_, Some(key)) => FirstContact::Shown(key),
            (Self::Fingerprint(named), None) => FirstContact::Expect(named),
            (Self::Ask | Self::Shown(_), None) => FirstContact::Ask,
        }
    }
}

/// Accepts a changed host key after showing both fingerprints.
///
/// # Errors
/// When the server cannot be reached or the key is not accepted.
pub async fn trust(session: &Session, name: &str, proof: KeyProof) -> Result<Trusted, Problem> {
    let server = session.store.servers().named(name).await?;
    let offered = scan(session, &server).await?;
    let before = session.store.pins().of(&offered.host, offered.port).await?.first().map(ToString::to_string);
    // What is trusted already needs no question.
    if before.as_ref() != Some(&offered.key.to_string()) {
        accept(session, &server, before.clone(), &offered, &proof).await?;
    } else if let KeyProof::Fingerprint(named) = &proof {
        named_is(&server, named, &offered)?;
    }
    session.store.pins().replace(&offered.host, offered.port, &offered.key).await?;
    session.machines.lock().await.remove(&server.id);
    Ok(Trusted { server, before, now: offered.key.to_string() })
}

/// Goes on only when this very key is meant.
pub(super) async fn accept(
    session: &Session,
    server: &Server,
    before: Option<String>,
    offered: &HostKey,
    proof: &KeyProof,
) -> Result<(), Problem> {
    let accepted = match proof {
        KeyProof::Fingerprint(named) => return named_is(server, named, offered),
        KeyProof::Shown(_) => proof.shown(session)?.as_ref() == Some(offered),
        KeyProof::Ask => {
            let question = Question::ChangedHostKey {
                server: server.name.to_string(),
                pinned: before.clone().unwrap_or_else(|| "none".to_owned()),
                offered: offered.key.to_string(),
            };
            session.ask.confirm(question).await == Answer::Yes
        }
    };
    if accepted {
        return Ok(());
    }
    let HostKey { host, port, key } = offered.clone();
    Err(HostError::KeyChanged { host, port, pinned: before.unwrap_or_else(|| "none".to_owned()), offered: key }.into())
}

/// The key that a server shows now.
pub(super) async fn scan(session: &Session, server: &Server) -> Result<HostKey, Problem> {
    if server.destination == Destination::Local {
        return Err(Problem::new(
            Code::InvalidInput,
            format!("{} is this machine", server.name),
            "it has no host key",
            "There is nothing to trust.",
        ));
    }
    hosts::scan_key(session, &server.destination, server.name.as_str()).await
}

fn named_is(server: &Server, named: &str, offered: &HostKey) -> Result<(), Problem> {
    if named == offered.key.fingerprint {
        return Ok(());
    }
    Err(Problem::new(
        Code::HostKeyChanged,
        format!("The key of {} is not the one that --host-key names", server.name),
        format!("it shows {}, --host-key names {named}", offered.key),
        "Compare what it shows with the machine's console; nothing was trusted.",
    ))
}

fn never_shown() -> Problem {
    Problem::new(
        Code::HostKeyUnknown,
        "The key was not shown",
        "only a key that was read from the machine in this session can be trusted",
        "Connect again and compare the fingerprint.",
    )
}

#[cfg(test)]
mod tests {
    use super::{HostKey, KeyProof};
    use crate::{
        api::{connect::FirstContact, servers::add, testing::bench, tokens::Tokens},
        host::PinnedKey,
        problem::Code,
    };

    fn key(host: &str) -> HostKey {
        let (algorithm, fingerprint) = ("ssh-ed25519".to_owned(), "SHA256:abc".to_owned());
        HostKey { host: host.to_owned(), port: 22, key: PinnedKey { algorithm, fingerprint } }
    }

    #[tokio::test]
    async fn a_key_that_was_never_shown_here_is_not_pinned_and_nothing_is_contacted() {
        let bench = bench().await;
        let foreign = Tokens::default().mint(key("hull.example"));
        let refused = add(&bench.session, "hull", "hull.example", KeyProof::Shown(foreign)).await.unwrap_err();
        assert_eq!((refused.code, refused.title.as_str()), (Code::HostKeyUnknown, "The key was not shown"));
        assert!(bench.session.store.pins().of("hull.example", 22).await.unwrap().is_empty());
        assert!(bench.person.asked.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_token_stands_for_the_key_of_one_address() {
        let bench = bench().await;
        let proof = KeyProof::Shown(bench.session.keys.mint(key("hull.example")));
        let shown = proof.shown(&bench.session).unwrap();
        let FirstContact::Shown(meant) = proof.at_first_contact(shown.as_ref()) else { panic!("it would ask") };
        assert_eq!(*meant, key("hull.example"));
    }
}
