//! What of a service decides whether it can run behind a switch.
//!
//! Owns: reading that off the model. Must never know: what is chosen.

use super::{
    model::{Model, MountKind, PortModel, ServiceModel},
    role::{is_database, is_proxy, is_socket, may_end, one_shot},
};
use crate::{
    domain::{
        image::Declared,
        name::ServiceName,
        probe::ProbeTarget,
        settings::{EnvironmentSettings, Settings},
        switch::{Colour, Speech, SwitchPort},
    },
    plan::strategy::Traits,
};

/// The traits of a service, as `plan::strategy` wants them. `image` is what its image declares, as far as that is known.
#[must_use]
pub fn traits(
    model: &Model,
    service: &ServiceModel,
    image: Option<&Declared>,
    settings: &Settings,
    place: &EnvironmentSettings,
) -> Traits {
    Traits {
        ends: one_shot(model, &service.name) || may_end(service),
        database: service.build.is_none() && service.image.as_deref().is_some_and(is_database),
        keeps: keeps(service),
        holds: holds(service, image),
        proxy: service.build.is_none() && service.image.as_deref().is_some_and(is_proxy),
        obstacle: obstacle(model, service),
        ports: ports(service, image, settings, place),
        unseen: image.is_none(),
        single: service.container_name.is_some()
            || service.fixed_address
            || !service.ports.is_empty()
            || service.replicas.is_some_and(|it| it != 1),
        published: service.ports.iter().any(|port| port.protocol == "tcp"),
    }
}

/// Whether others find it by IPv6 too.
#[must_use]
pub fn has_ipv6(model: &Model, service: &ServiceModel) -> bool {
    let joins =
        |key: &str| if service.networks.is_empty() { key == "default" } else { service.networks.iter().any(|it| it == key) };
    model.networks.iter().any(|network| network.ipv6 && joins(&network.key))
}

/// The first volume or folder that it may write to.
fn keeps(service: &ServiceModel) -> Option<String> {
    let kept = service.volumes.iter().find(|mount| match mount.kind {
        MountKind::Volume | MountKind::Bind => !mount.read_only && !is_socket(mount.source.as_deref()),
        MountKind::Tmpfs | MountKind::Other => false,
    })?;
    Some(kept.source.clone().unwrap_or_else(|| kept.target.clone()))
}

/// The first volume that belongs to its container alone, by the file or by its image: another container begins with an empty one.
fn holds(service: &ServiceModel, image: Option<&Declared>) -> Option<String> {
    let own = service.volumes.iter().find(|mount| mount.kind == MountKind::Volume && mount.source.is_none());
    let mounted = |path: &str| {
        let temporary = service.tmpfs.iter().map(|line| line.split(':').next().unwrap_or(line));
        service.volumes.iter().map(|mount| mount.target.as_str()).chain(temporary).any(|target| same_path(target, path))
    };
    let declared = || image?.volumes.iter().find(|path| !mounted(path)).cloned();
    own.map(|mount| mount.target.clone()).or_else(declared)
}

fn same_path(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// Why there cannot be two of it behind one name.
fn obstacle(model: &Model, service: &ServiceModel) -> Option<String> {
    let name = service.name.as_str();
    let joins = |other: &&ServiceModel| other.joins.iter().any(|joined| joined == name);
    if let Some(mode) = &service.network_mode {
        return Some(format!("has no network of its own (`network_mode: {mode}`)"));
    }
    if let Some(other) = model.services.iter().find(joins) {
        return Some(format!("{} shares its network, processes or volumes", other.name));
    }
    if service.fixed_address {
        return Some("has a fixed address, which two containers cannot share".to_owned());
    }
    if let Some(port) = service.ports.iter().find(|port| !is_passable(port)) {
        let port = port.published.clone().or(port.target.map(|target| target.to_string())).unwrap_or_default();
        return Some(format!("publishes {port} in a way that a switch cannot pass on (UDP, or not a fixed port)"));
    }
    if service.replicas.is_some_and(|replicas| replicas != 1) {
        return Some("runs more than one container".to_owned());
    }
    let taken = |name: Option<ServiceName>| name.is_none_or(|name| model.service(&name).is_some());
    Colour::ALL
        .into_iter()
        .any(|colour| taken(colour.of(&service.name)))
        .then(|| "the names of its colours are taken or too long".to_owned())
}

fn is_passable(port: &PortModel) -> bool {
    port.protocol == "tcp" && port.target.is_some()
}

/// Its TCP ports, each once, in order: those of the file, those by which it is called, and those of its image where it runs what the
/// image is made for (one image often serves the web server and a worker with another command). Plain HTTP is known by its probe, its
/// health check, or the public URL.
fn ports(service: &ServiceModel, image: Option<&Declared>, settings: &Settings, place: &EnvironmentSettings) -> Vec<SwitchPort> {
    let declared = settings.services.get(&service.name).and_then(|own| own.probe.as_ref());
    let (asked, probed) = match declared {
        Some(ProbeTarget::Http { port, .. }) => (Some(*port), Some(*port)),
        Some(ProbeTarget::Tcp { port, .. }) => (None, Some(*port)),
        _ => (None, None),
    };
    let public = place.url.as_deref().and_then(plain_port);
    let is_http = |port: u16| {
        let published = |p: &PortModel| p.target == Some(port) && p.published_port().is_some() && p.published_port() == public;
        asked == Some(port) || service.http_checked.contains(&port) || service.ports.iter().any(published)
    };
    let mut ports: Vec<u16> = service.ports.iter().filter_map(|port| port.target).collect();
    ports.extend(service.told_ports().chain(probed));
    if !service.own_command || !ports.is_empty() {
        ports.extend(image.into_iter().flat_map(|image| &image.ports));
    }
    // That others ask a worker something makes it no server; of a server no port may vanish.
    if !ports.is_empty() {
        ports.extend(&service.named);
    }
    ports.sort_unstable();
    ports.dedup();
    let speech = |port| if is_http(port) { Speech::Http } else { Speech::Unknown };
    ports.into_iter().map(|port| SwitchPort { port, speech: speech(port) }).collect()
}

/// The port of a URL whose scheme is `http`.
fn plain_port(url: &str) -> Option<u16> {
    let authority = url.strip_prefix("http://")?.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    match host.rsplit_once(':') {
        Some((_, port)) if !port.contains(']') => port.parse().ok(),
        _ => Some(80),
    }
}

/// The services that must be there before it, as far as this model has them.
#[must_use]
pub fn needs(model: &Model, service: &ServiceName) -> Vec<ServiceName> {
    let named = model.service(service).into_iter().flat_map(|service| &service.depends_on);
    named.filter_map(|dependency| dependency.service.parse().ok()).filter(|name| model.service(name).is_some()).collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::{has_ipv6, needs, plain_port, traits};
    use crate::{
        compose::{FileMap, Model, read},
        domain::{
            image::Declared,
            settings::{EnvironmentSettings, Settings},
            switch::{Speech, SwitchPort},
        },
        plan::strategy::Traits,
    };

    fn model(text: &str) -> Model {
        let files = FileMap(BTreeMap::from([("compose.yaml".to_owned(), text.as_bytes().to_vec())]));
        read(&files, &Settings::default(), &BTreeMap::new()).unwrap()
    }

    fn place(url: Option<&str>) -> EnvironmentSettings {
        let url = url.map(str::to_owned);
        EnvironmentSettings { server: "web".parse().unwrap(), stack: None, url, expect: None, soak: Duration::ZERO, keep: 5 }
    }

    fn of(text: &str, name: &str) -> Traits {
        with(text, name, &Declared::default())
    }

    fn with(text: &str, name: &str, image: &Declared) -> Traits {
        let (model, place) = (model(text), place(Some("http://x.example:80/")));
        traits(&model, model.service(&name.parse().unwrap()).unwrap(), Some(image), &Settings::default(), &place)
    }

    fn port(port: u16, speech: Speech) -> SwitchPort {
        SwitchPort { port, speech }
    }

    #[test]
    fn plain_http_is_what_is_asked_by_plain_http() {
        let text = "services: { api: { image: a, expose: ['8000', '9000'], ports: ['80:8080', '443:8443'], healthcheck: { test: [CMD, curl, '-f', 'http://localhost:8000/health'] } } }";
        let expected = [(8000, Speech::Http), (8080, Speech::Http), (8443, Speech::Unknown), (9000, Speech::Unknown)];
        assert_eq!(of(text, "api").ports, expected.map(|(number, speech)| port(number, speech)));
        let line =
            "services: { api: { image: a, ports: ['81:80'], healthcheck: { test: 'wget -qO- http://127.0.0.1/ || exit 1' } } }";
        assert_eq!(of(line, "api").ports, [port(80, Speech::Http)]);
        let elsewhere =
            "services: { api: { image: a, ports: ['81:80'], healthcheck: { test: 'curl http://localhost.example/' } } }";
        assert_eq!(of(elsewhere, "api").ports, [port(80, Speech::Unknown)]);
    }

    #[test]
    fn what_keeps_two_of_it_apart_is_found() {
        let cases = [
            ("api: { image: a, network_mode: host }", "network_mode: host"),
            ("api: { image: a, expose: ['80'] }, vpn: { image: b, network_mode: 'service:api' }", "vpn shares"),
            ("api: { image: a, networks: { default: { ipv4_address: 10.0.0.2 } } }", "fixed address"),
            ("api: { image: a, ports: ['53:53/udp'] }", "publishes 53"),
            ("api: { image: a, ports: ['80'], deploy: { replicas: 2 } }", "more than one"),
            ("api: { image: a, ports: ['80'] }, api-blue: { image: b }", "names of its colours"),
        ];
        for (services, expected) in cases {
            let obstacle = of(&format!("services: {{ {services} }}"), "api").obstacle.unwrap_or_default();
            assert!(obstacle.contains(expected), "{services}: {obstacle}");
        }
        assert_eq!(
            of("services: { api: { image: a, ports: ['80:80'], depends_on: [db] }, db: { image: postgres } }", "db").obstacle,
            None
        );
    }

    #[test]
    fn data_databases_and_proxies_are_known() {
        let keeps = |mount: &str| {
            of(&format!("services: {{ api: {{ image: a, volumes: ['{mount}'] }} }}\nvolumes: {{ up: }}"), "api").keeps
        };
        assert_eq!(keeps("up:/data").as_deref(), Some("up"));
        assert_eq!(keeps("up:/data:ro"), None);
        assert_eq!(keeps("/run/docker.sock:/run/docker.sock"), None);
        assert!(of("services: { db: { image: 'r:5000/x/postgres:16' } }", "db").database);
        assert!(of("services: { c: { image: 'caddy:2-alpine' } }", "c").proxy);
        assert!(!of("services: { c: { image: 'nginx', build: . } }", "c").proxy, "what is built on a proxy is an app");
    }

    #[test]
    fn an_image_says_where_it_serves_and_keeps_data() {
        let image = Declared { volumes: vec!["/data".to_owned()], ports: vec![8000] };
        let of =
            |service: &str| with(&format!("services: {{ api: {{ build: ., {service} }} }}\nvolumes: {{ up: }}"), "api", &image);
        assert_eq!(of("restart: always").ports, [port(8000, Speech::Unknown)]);
        assert_eq!(of("command: worker").ports, [], "the web server's image does other work");
        assert_eq!(of("command: serve, expose: ['80']").ports, [port(80, Speech::Unknown), port(8000, Speech::Unknown)]);
        assert_eq!(of("restart: always").holds.as_deref(), Some("/data"));
        assert_eq!(of("volumes: ['up:/data/']").holds, None, "a volume with a name is shared, not lost");
        assert_eq!(of("tmpfs: ['/data:size=1m']").holds, None);
        assert_eq!(of("volumes: ['up:/data', '/cache']").holds.as_deref(), Some("/cache"));
    }

    #[test]
    fn ipv6_is_where_a_network_has_it() {
        let text = "services: { a: { image: a }, b: { image: b, networks: [six] } }\nnetworks: { six: { enable_ipv6: true } }";
        let model = model(text);
        let of = |name: &str| has_ipv6(&model, model.service(&name.parse().unwrap()).unwrap());
        assert_eq!((of("a"), of("b")), (false, true));
    }

    #[test]
    fn only_an_http_url_speaks_plainly() {
        let cases =
            [("http://x", Some(80)), ("http://u@x:8080/a:b", Some(8080)), ("http://[::1]/", Some(80)), ("https://x:80", None)];
        for (url, expected) in cases {
            assert_eq!(plain_port(url), expected, "{url}");
        }
    }

    #[test]
    fn needs_are_the_services_of_this_model() {
        let model = model("services: { a: { image: a, depends_on: [b], links: ['c:x'] }, b: { image: b }, c: { image: c } }");
        let named: Vec<String> = needs(&model, &"a".parse().unwrap()).iter().map(ToString::to_string).collect();
        assert_eq!(named, ["b", "c"]);
    }
}
