//! Whether a host's key is the one that is known.
//!
//! Owns: the verdict, which fails closed. Must never know: logins, channels.

use std::sync::{Arc, OnceLock};

use russh::{
    client,
    keys::{Algorithm, HashAlg, PublicKey},
};

use super::{
    known_hosts::{self, Entry, Mark},
    route::Hop,
};
use crate::host::{ConnectOptions, HostError, PinnedKey};
use russh::client::DisconnectReason;

/// What is known of a host before it is spoken to.
pub(super) struct Known {
    hop: Hop,
    pins: Vec<PinnedKey>,
    entries: Vec<Entry>,
}

impl Known {
    /// Looks the host up in the pins and in the lists of known hosts.
    pub(super) async fn look_up(hop: &Hop, options: &ConnectOptions) -> Result<Self, HostError> {
        let unreadable = |reason| HostError::KeyRefused { host: hop.host.clone(), reason };
        let pins = options.pins.pinned(&hop.pin_host, hop.port).await.map_err(unreadable)?;
        let (files, name) = (hop.known_hosts.clone(), hop.known_name());
        let entries = tokio::task::spawn_blocking(move || known_hosts::entries(&files, &name))
            .await
            .map_err(|e| unreadable(e.to_string()))??;
        Ok(Self { hop: hop.clone(), pins, entries })
    }

    /// The key types to ask for, those known for this host first: else a host with several keys would show another
    /// one and look changed. SHA-1 is not asked for.
    pub(super) fn preferred(&self) -> Vec<Algorithm> {
        let known: Vec<String> = self.pins.iter().map(|p| p.algorithm.clone()).chain(self.recorded()).collect();
        let mut algorithms = russh::Preferred::DEFAULT.key.to_vec();
        algorithms.retain(|a| *a != Algorithm::Rsa { hash: None });
        algorithms.sort_by_key(|a| !known.contains(&plain_name(a)));
        algorithms
    }

    fn recorded(&self) -> impl Iterator<Item = String> {
        let plain = self.entries.iter().filter(|e| e.mark == Mark::Plain);
        plain.filter_map(|e| Some(pinned(e.key.as_ref()?).algorithm))
    }

    /// Whether this key may be trusted.
    fn judge(&self, key: &PublicKey) -> Result<(), HostError> {
        let offered = pinned(key);
        let same = |e: &Entry| e.key.as_ref().is_some_and(|k| k.key_data() == key.key_data());
        let (host, port) = (self.hop.pin_host.clone(), self.hop.port);
        let (revoked, plain): (Vec<&Entry>, Vec<&Entry>) = self.entries.iter().partition(|e| e.mark == Mark::Revoked);
        if let Some(entry) = revoked.iter().find(|e| e.key.is_none() || same(e)) {
            return Err(HostError::KeyRefused { host, reason: format!("{} revokes {offered}", entry.place) });
        }
        if self.pins.contains(&offered) || (self.pins.is_empty() && plain.iter().any(|e| same(e))) {
            return Ok(());
        }
        if self.pins.is_empty() && plain.is_empty() {
            return Err(HostError::KeyUnknown { host, port, offered });
        }
        Err(HostError::KeyChanged { host, port, pinned: self.described(&plain), offered })
    }

    fn described(&self, plain: &[&Entry]) -> String {
        let pins: Vec<String> = if self.pins.is_empty() {
            let line = |e: &&Entry| match &e.key {
                Some(key) => format!("{} ({})", pinned(key), e.place),
                None => format!("an unreadable key ({})", e.place),
            };
            plain.iter().map(line).collect()
        } else {
            self.pins.iter().map(ToString::to_string).collect()
        };
        pins.join(", ")
    }
}

fn plain_name(algorithm: &Algorithm) -> String {
    match algorithm {
        Algorithm::Rsa { .. } => Algorithm::Rsa { hash: None }.as_str().to_owned(),
        other => other.as_str().to_owned(),
    }
}

fn pinned(key: &PublicKey) -> PinnedKey {
    PinnedKey { algorithm: plain_name(&key.algorithm()), fingerprint: key.fingerprint(HashAlg::Sha256).to_string() }
}

/// What a connection says of itself to the tasks that use it.
#[derive(Default)]
pub(super) struct Fate {
    /// The key that was shown.
    pub(super) offered: OnceLock<PinnedKey>,
    /// Why the key was refused.
    pub(super) refused: OnceLock<HostError>,
    /// Why the connection ended.
    pub(super) ended: OnceLock<String>,
}

/// The library's callbacks.
pub(super) struct Checker {
    pub(super) known: Known,
    pub(super) fate: Arc<Fate>,
}

impl client::Handler for Checker {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &russh::keys::PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let verdict = match shown {
            russh::keys::PublicKeyOrCertificate::PublicKey { key, .. } => {
                self.fate.offered.get_or_init(|| pinned(key));
                self.known.judge(key)
            }
            russh::keys::PublicKeyOrCertificate::Certificate(_) => Err(HostError::KeyRefused {
                host: self.known.hop.host.clone(),
                reason: "it shows a certificate; only plain host keys are accepted".into(),
            }),
        };
        let accepted = verdict.is_ok();
        if let Err(error) = verdict {
            self.fate.refused.get_or_init(|| error);
        }
        Ok(accepted)
    }

    async fn disconnected(&mut self, reason: DisconnectReason<russh::Error>) -> Result<(), russh::Error> {
        let text = match &reason {
            DisconnectReason::ReceivedDisconnect(info) => format!("the server ended it: {}", info.message),
            DisconnectReason::Error(russh::Error::KeepaliveTimeout) => "it did not answer for 15 s".to_owned(),
            DisconnectReason::Error(e) => e.to_string(),
        };
        self.fate.ended.get_or_init(|| text);
        match reason {
            DisconnectReason::ReceivedDisconnect(_) => Ok(()),
            DisconnectReason::Error(e) => Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use russh::keys::{PublicKey, parse_public_key_base64};

    use super::{Entry, Hop, Known, Mark, pinned};
    use crate::host::HostError;

    const ED: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const OTHER: &str = "AAAAC3NzaC1lZDI1NTE5AAAAILIG2T/B0l0gaqj3puu510tu9N1OkQ4znY3LYuEm5zCF";

    fn key(text: &str) -> PublicKey {
        parse_public_key_base64(text).unwrap()
    }

    fn entry(mark: Mark, text: &str) -> Entry {
        Entry { mark, key: parse_public_key_base64(text).ok(), place: "known_hosts:1".into() }
    }

    fn known(pins: &[&str], entries: Vec<Entry>) -> Known {
        Known { hop: Hop::plain("web", 22, "me"), pins: pins.iter().map(|k| pinned(&key(k))).collect(), entries }
    }

    #[test]
    fn only_an_agreeing_key_opens() {
        assert!(known(&[ED], vec![]).judge(&key(ED)).is_ok());
        assert!(known(&[], vec![entry(Mark::Plain, OTHER), entry(Mark::Plain, ED)]).judge(&key(ED)).is_ok());
        assert!(matches!(known(&[], vec![]).judge(&key(ED)), Err(HostError::KeyUnknown { .. })));
        assert!(matches!(known(&[OTHER], vec![]).judge(&key(ED)), Err(HostError::KeyChanged { .. })));
        let changed = known(&[], vec![entry(Mark::Plain, OTHER)]).judge(&key(ED));
        assert!(matches!(changed, Err(HostError::KeyChanged { .. })));
    }

    #[test]
    fn a_pin_outweighs_the_list_and_a_revocation_outweighs_both() {
        let listed = vec![entry(Mark::Plain, ED)];
        assert!(matches!(known(&[OTHER], listed).judge(&key(ED)), Err(HostError::KeyChanged { .. })));
        let revoked = vec![entry(Mark::Plain, ED), entry(Mark::Revoked, ED)];
        assert!(matches!(known(&[ED], revoked).judge(&key(ED)), Err(HostError::KeyRefused { .. })));
        let unreadable = vec![entry(Mark::Revoked, "rubbish")];
        assert!(matches!(known(&[ED], unreadable).judge(&key(ED)), Err(HostError::KeyRefused { .. })));
    }

    #[test]
    fn a_host_known_by_an_unreadable_key_is_not_new() {
        let result = known(&[], vec![entry(Mark::Plain, "rubbish")]).judge(&key(ED));
        assert!(matches!(result, Err(HostError::KeyChanged { .. })));
    }

    #[test]
    fn known_types_are_asked_for_first() {
        let mut known = known(&[ED], vec![]);
        known.pins[0].algorithm = "ssh-rsa".into();
        let order: Vec<String> = known.preferred().iter().map(ToString::to_string).collect();
        assert_eq!((&order[0][..], &order[1][..]), ("rsa-sha2-512", "rsa-sha2-256"));
        assert!(!order.contains(&"ssh-rsa".to_owned()));
    }
}
