//! A release's rendered file with its switched services taken apart: the switch under the service's name, the app as two colours.
//!
//! Owns: which part of a service's definition belongs to which of the three. Must never know: which colour serves: the file is
//! the same for both, so that a release can come back in either.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{haproxy, template::literal};
use crate::domain::{
    name::{ServiceName, StackName},
    switch::Colour,
};

/// What a switched service is taken apart into: another number makes another release of the same commit.
pub const FORM: u32 = 4;

/// What a switch is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// The stack it belongs to.
    pub stack: StackName,
    /// Its exact image.
    pub image: String,
    /// The folder of the stack's switches on the server, absolute.
    pub folder: String,
    /// The name of its configuration there.
    pub config: String,
    /// The ports it listens on.
    pub ports: Vec<u16>,
}

/// Takes the services apart that have a switch. The text is Compose's own JSON, in which `$` is doubled.
pub fn split(document: &mut Value, switches: &BTreeMap<ServiceName, Switch>) {
    let Some(services) = document.get_mut("services").and_then(Value::as_object_mut) else { return };
    for (name, switch) in switches {
        let Some(Value::Object(app)) = services.remove(name.as_str()) else { continue };
        for colour in Colour::ALL {
            let address = colour.address(&switch.stack, name);
            services.insert(format!("{name}-{colour}"), Value::Object(coloured(&app, colour, &address)));
        }
        services.insert(name.to_string(), Value::Object(in_front(&app, switch)));
    }
}

/// Puts the services together again that were taken apart: as the user wrote them, but for the order of keys.
pub fn join(document: &mut Value) {
    let Some(services) = document.get_mut("services").and_then(Value::as_object_mut) else { return };
    let names: Vec<String> = services.iter().filter(|(_, service)| is_switch(service)).map(|(name, _)| name.clone()).collect();
    for name in names {
        services.remove(&format!("{name}-{}", Colour::Green));
        let (Some(Value::Object(app)), Some(front)) =
            (services.remove(&format!("{name}-{}", Colour::Blue)), services.get_mut(&name).map(Value::take))
        else {
            continue;
        };
        services.insert(name, Value::Object(whole(app, &front)));
    }
}

fn is_switch(service: &Value) -> bool {
    let mounts = service["volumes"].as_array();
    service["entrypoint"] == json!(["haproxy"])
        && mounts.is_some_and(|mounts| mounts.iter().any(|mount| mount["target"] == haproxy::FOLDER))
}

fn whole(mut app: Map<String, Value>, front: &Value) -> Map<String, Value> {
    for key in ["profiles", "networks"] {
        app.remove(key);
    }
    keep_entries(&mut app, "labels", |key| !is_for_proxies(key));
    for key in OF_THE_NAME {
        app.extend(front.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    for key in ["labels", "environment"] {
        let Some(Value::Object(of_front)) = front.get(key) else { continue };
        if let Some(entries) = app.entry(key).or_insert_with(|| json!({})).as_object_mut() {
            entries.extend(of_front.clone());
        }
    }
    app
}

/// The app as one of the colours: all it has but what would stand in the other one's way, or bring others to it.
fn coloured(app: &Map<String, Value>, colour: Colour, address: &str) -> Map<String, Value> {
    let mut app = app.clone();
    for key in ["ports", "container_name", "hostname"] {
        app.remove(key);
    }
    let networks = app.entry("networks").or_insert_with(|| json!({ "default": null }));
    for network in networks.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let mut own = network.as_object().cloned().unwrap_or_default();
        own.insert("aliases".to_owned(), json!([address]));
        *network = Value::Object(own);
    }
    let routed = has_key(&app, "labels", |key| key.starts_with("traefik."));
    keep_entries(&mut app, "labels", |key| !is_for_proxies(key));
    keep_entries(&mut app, "environment", |key| !is_for_proxies(key));
    if routed && let Some(labels) = app.get_mut("labels").and_then(Value::as_object_mut) {
        labels.insert("traefik.enable".to_owned(), json!("false"));
    }
    app.insert("profiles".to_owned(), json!([colour.as_str()]));
    app
}

/// The switch: everything by which others find the service.
fn in_front(app: &Map<String, Value>, switch: &Switch) -> Map<String, Value> {
    let expose: Vec<String> = switch.ports.iter().map(u16::to_string).collect();
    let made = json!({
        "image": literal(&switch.image),
        "pull_policy": "never",
        "entrypoint": ["haproxy"],
        "command": ["-db", "-f", format!("{}/{}", haproxy::FOLDER, switch.config)],
        // It has to open what the login alone may open.
        "user": "0:0",
        "restart": "unless-stopped",
        "stop_signal": "SIGUSR1",
        // It no longer listens while it stops: what takes its place must not wait for the last of its clients.
        "stop_grace_period": "2s",
        // Two for every connection that it may have.
        "ulimits": { "nofile": { "soft": 20_000, "hard": 20_000 } },
        "expose": expose,
        // Else the name of a colour that does not run goes to the DNS server of the world, and waits for it.
        "dns_opt": ["ndots:1"],
        "dns_search": ["."],
        "volumes": [{ "type": "bind", "source": literal(&switch.folder), "target": haproxy::FOLDER, "bind": { "selinux": "z" } }],
    });
    let Value::Object(mut front) = made else { return Map::new() };
    for key in OF_THE_NAME.into_iter().chain(["labels", "environment"]) {
        front.extend(app.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    let proxied = has_key(&front, "environment", |key| key == "VIRTUAL_HOST");
    keep_entries(&mut front, "labels", is_for_proxies);
    keep_entries(&mut front, "environment", |key| is_for_proxies(key) || proxied && NGINX_PROXY.contains(&key));
    front
}

/// What belongs to whoever bears the service's name. A host name is one too: newer engines answer to it.
const OF_THE_NAME: [&str; 4] = ["ports", "networks", "container_name", "hostname"];

/// What nginx-proxy reads beside `VIRTUAL_…`, under names that an app may use for itself.
const NGINX_PROXY: [&str; 6] = ["CERT_NAME", "HSTS", "HTTPS_METHOD", "NETWORK_ACCESS", "SERVER_TOKENS", "SSL_POLICY"];

fn has_key(service: &Map<String, Value>, section: &str, is: impl Fn(&str) -> bool) -> bool {
    service.get(section).and_then(Value::as_object).is_some_and(|entries| entries.keys().any(|key| is(key)))
}

/// What proxies read off a container to find their way to it.
fn is_for_proxies(key: &str) -> bool {
    ["traefik.", "caddy", "VIRTUAL_", "LETSENCRYPT_"].iter().any(|start| key.starts_with(start))
}

/// Keeps some entries of a mapping, and nothing of one that gets empty.
fn keep_entries(service: &mut Map<String, Value>, key: &str, keep: impl Fn(&str) -> bool) {
    let Some(entries) = service.get_mut(key).and_then(Value::as_object_mut) else { return };
    entries.retain(|key, _| keep(key));
    if entries.is_empty() {
        service.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{Switch, join, split};

    fn document() -> Value {
        json!({ "services": {
            "db": { "image": "db" },
            "api": {
                "image": "app", "container_name": "the-api", "hostname": "api-1", "restart": "always",
                "ports": [{ "target": 8080, "published": "80" }], "expose": ["9000"],
                "networks": { "default": null, "inner": { "aliases": ["backend"], "priority": 1 } },
                "labels": { "traefik.enable": "true", "team": "a" },
                "environment": { "VIRTUAL_HOST": "x", "CERT_NAME": "c", "KEY": "y" },
                "volumes": [{ "type": "volume", "source": "uploads", "target": "/up" }],
                "mem_limit": "1", "healthcheck": { "test": ["CMD", "true"] },
            },
        } })
    }

    fn split_up() -> Value {
        split_document()["services"].take()
    }

    fn split_document() -> Value {
        let mut document = document();
        let switch = Switch {
            stack: "shop".parse().unwrap(),
            image: "haproxy@sha256:00".into(),
            folder: "/home/$x/switch".into(),
            config: "ab.cfg".into(),
            ports: vec![8080, 9000],
        };
        split(&mut document, &BTreeMap::from([("api".parse().unwrap(), switch)]));
        document
    }

    #[test]
    fn what_was_taken_apart_is_put_together_again() {
        let mut there_and_back = split_document();
        join(&mut there_and_back);
        assert_eq!(there_and_back, document());
        join(&mut there_and_back);
        assert_eq!(there_and_back, document(), "a file without switches is left alone");
    }

    #[test]
    fn the_name_the_ports_and_the_aliases_are_the_switchs() {
        let switch = &split_up()["api"];
        assert_eq!(switch["ports"], document()["services"]["api"]["ports"]);
        assert_eq!(switch["networks"], document()["services"]["api"]["networks"]);
        assert_eq!((&switch["container_name"], &switch["expose"]), (&json!("the-api"), &json!(["8080", "9000"])));
        assert_eq!(switch["hostname"], "api-1", "newer engines answer to it");
        assert_eq!(
            (&switch["labels"], &switch["environment"]),
            (&json!({ "traefik.enable": "true" }), &json!({ "VIRTUAL_HOST": "x", "CERT_NAME": "c" }))
        );
        assert_eq!(switch["volumes"][0]["source"], "/home/$$x/switch");
        assert_eq!((&switch["healthcheck"], &switch["mem_limit"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn a_colour_has_everything_else() {
        let services = split_up();
        let blue = &services["api-blue"];
        for key in ["image", "restart", "volumes", "mem_limit", "healthcheck", "expose"] {
            assert_eq!(blue[key], document()["services"]["api"][key], "{key}");
        }
        for gone in ["ports", "container_name", "hostname"] {
            assert_eq!(blue[gone], Value::Null, "{gone}");
        }
        let own = json!(["shop-api-blue"]);
        assert_eq!(blue["networks"], json!({ "default": { "aliases": own }, "inner": { "aliases": own, "priority": 1 } }));
        assert_eq!(blue["labels"], json!({ "team": "a", "traefik.enable": "false" }), "nobody is led to a colour");
        assert_eq!(blue["environment"], json!({ "CERT_NAME": "c", "KEY": "y" }));
        let mut green = services["api-green"].clone();
        for key in ["profiles", "networks"] {
            assert_ne!(green[key], blue[key]);
            green[key] = blue[key].clone();
        }
        assert_eq!(&green, blue, "the colours differ in nothing but their names");
        assert_eq!(services["db"], document()["services"]["db"], "others are left alone");
    }
}
