//! Networks that Compose did not name itself, written on each service that joins one.
//!
//! Owns: that label. Must never know: who runs Compose.
//!
//! Compose tells by a hash of the service alone whether a container is up to date, and a network's name is not in it (seen with 2.26):
//! a service whose network becomes another one would stay where its neighbours are no more.

use serde_json::{Value, json};

/// The label.
const NETWORKS: &str = "plimsoll.networks";

/// Marks the services of a rendered file.
pub fn mark(document: &mut Value) {
    let known = networks(document);
    for service in document.get_mut("services").and_then(Value::as_object_mut).into_iter().flat_map(|it| it.values_mut()) {
        let joined = service["networks"].as_object();
        let named: Vec<&str> = joined
            .into_iter()
            .flatten()
            .filter_map(|(key, _)| known.iter().find(|(k, _)| k == key).map(|(_, name)| &**name))
            .collect();
        if !named.is_empty() {
            let text = named.join(" ");
            service["labels"][NETWORKS] = json!(text);
        }
    }
}

/// Whether any of its networks makes a mark.
#[must_use]
pub fn is_marked(document: &Value) -> bool {
    !networks(document).is_empty()
}

/// Key and name of every network that bears another name than Compose would give it.
fn networks(document: &Value) -> Vec<(String, String)> {
    let project = document["name"].as_str().unwrap_or_default();
    let all = document["networks"].as_object().into_iter().flatten();
    let named = all.filter_map(|(key, network)| Some((key.clone(), network["name"].as_str()?.to_owned())));
    named.filter(|(key, name)| *name != format!("{project}_{key}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_marked, mark};

    #[test]
    fn only_who_joins_a_network_of_another_name_is_marked() {
        let mut document = json!({
            "name": "shop",
            "services": {
                "api": { "networks": { "default": null, "proxy": null }, "labels": { "team": "a" } },
                "db": { "networks": { "default": null } },
                "host": { "network_mode": "host" },
            },
            "networks": { "default": { "name": "shop_default" }, "proxy": { "name": "edge", "external": true } },
        });
        assert!(is_marked(&document));
        mark(&mut document);
        assert_eq!(document["services"]["api"]["labels"], json!({ "team": "a", "plimsoll.networks": "edge" }));
        assert_eq!(document["services"]["db"], json!({ "networks": { "default": null } }));
        assert_eq!(document["services"]["host"], json!({ "network_mode": "host" }));
    }
}
