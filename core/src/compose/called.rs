//! The ports by which a stack calls its own services: its proxies, and everybody else.
//!
//! Owns: where they say that, and finding it there. Must never know: what follows from it.
//!
//! Most files name such a port nowhere else: containers of one network reach each other without `ports` or `expose`.

use std::collections::BTreeSet;

use super::{
    files::ProjectFiles,
    model::{Model, MountKind, ServiceModel},
    node::{Node, Value},
    paths,
    role::is_proxy,
};

/// What proxies read, inside of a folder that is mounted or built into them.
const IN_FOLDERS: [&str; 10] = [
    "Caddyfile",
    "nginx.conf",
    "default.conf",
    "default.conf.template",
    "conf.d/default.conf",
    "templates/default.conf.template",
    "app.conf",
    "haproxy.cfg",
    "dynamic.yml",
    "dynamic.yaml",
];

/// Longer files are no configuration.
const LONGEST: usize = 1 << 20;

/// Notes them in the model of this document.
pub(crate) fn note(document: &Node, model: &mut Model, files: &dyn ProjectFiles) {
    let section = |service: &ServiceModel| document.get("services").and_then(|all| all.get(service.name.as_str()));
    let mut said = Vec::new();
    for service in model.services.iter().filter(|service| is_front(service)) {
        said.extend(section(service).into_iter().flat_map(texts));
        said.extend(read_by(service, model, files));
    }
    let others: Vec<String> = model.services.iter().filter_map(section).flat_map(texts).collect();
    for service in &mut model.services {
        let name = format!("{}:", service.name);
        let by = |texts: &[String]| texts.iter().flat_map(|text| after(text, &name)).collect::<BTreeSet<u16>>();
        let mut called = by(&said);
        called.extend(section(service).into_iter().flat_map(asked_for));
        service.called = called.into_iter().collect();
        service.named = by(&others).into_iter().collect();
    }
}

/// A proxy by its image, or what is built and takes what the world sends.
fn is_front(service: &ServiceModel) -> bool {
    let public = |port: &super::PortModel| [Some(80), Some(443)].contains(&port.published_port());
    match &service.build {
        None => service.image.as_deref().is_some_and(is_proxy),
        Some(_) => service.ports.iter().any(public),
    }
}

/// The project's files that a proxy reads.
fn read_by(service: &ServiceModel, model: &Model, files: &dyn ProjectFiles) -> Vec<String> {
    let mounted =
        service.volumes.iter().filter(|mount| mount.kind == MountKind::Bind).filter_map(|mount| mount.relative_source());
    let configs = model.configs.iter().filter(|config| service.configs.contains(&config.key)).filter_map(|it| it.file.as_deref());
    let context = service.build.as_ref().filter(|build| !build.remote).map(|build| build.context.as_str());
    let places = mounted.chain(configs).chain(context);
    let paths = places.flat_map(|place| {
        let inside = IN_FOLDERS.into_iter().map(move |name| paths::join(place, name));
        std::iter::once(place.to_owned()).chain(inside)
    });
    // What cannot be read is told by whoever needs it.
    let read = |path: String| files.read(&path).ok().flatten().filter(|content| content.len() <= LONGEST);
    paths.filter_map(read).map(|content| String::from_utf8_lossy(&content).into_owned()).collect()
}

/// What a service's own labels and environment ask the proxy for, as Traefik, nginx-proxy and caddy-docker-proxy read them.
fn asked_for(service: &Node) -> BTreeSet<u16> {
    let keyed = |key: &str| key.ends_with(".loadbalancer.server.port") || key == "VIRTUAL_PORT";
    let mut ports = BTreeSet::new();
    for section in ["labels", "environment"].into_iter().filter_map(|key| service.get(key)) {
        for (key, value) in pairs(section) {
            ports.extend(value.trim().parse::<u16>().ok().filter(|_| keyed(key)));
            ports.extend(after(value, "{{upstreams "));
        }
    }
    ports
}

/// The pairs of a mapping, or of a list of `KEY=VALUE`.
fn pairs(section: &Node) -> impl Iterator<Item = (&str, &str)> {
    let mapped = section.entries().iter().filter_map(|entry| Some((entry.key.as_str(), entry.node.text()?)));
    mapped.chain(section.items().iter().filter_map(|item| item.text()?.split_once('=')))
}

/// Every text in it.
fn texts(node: &Node) -> Vec<String> {
    match &node.value {
        Value::Null => Vec::new(),
        Value::Scalar(scalar) => vec![scalar.text.clone()],
        Value::List(items) => items.iter().flat_map(texts).collect(),
        Value::Map(entries) => entries.iter().flat_map(|entry| texts(&entry.node)).collect(),
    }
}

/// The numbers that follow these words, where those are no end of a longer name.
fn after<'a>(text: &'a str, words: &'a str) -> impl Iterator<Item = u16> + 'a {
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.match_indices(words).filter_map(move |(at, _)| {
        let rest = &text[at + words.len()..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let stands_alone = !text[..at].ends_with(of_a_name) && !rest[digits..].starts_with(of_a_name);
        rest[..digits].parse().ok().filter(|port| stands_alone && *port > 0)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::{
        compose::{FileMap, read},
        domain::settings::Settings,
    };

    const WEB: &str = "  web: { build: . }\n  web-2: { build: . }\n  worker: { build: . }\n";

    /// By which ports `web` is called, in a project with this in front of it.
    fn called(front: &str, file: (&str, &str)) -> Vec<u16> {
        let compose = format!("services:\n{WEB}{front}");
        let files = [("compose.yaml", compose.as_str()), file].map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let model = read(&FileMap(BTreeMap::from(files)), &Settings::default(), &BTreeMap::new()).unwrap();
        assert_eq!(model.service(&"worker".parse().unwrap()).unwrap().called, [0; 0]);
        model.service(&"web".parse().unwrap()).unwrap().called.clone()
    }

    #[test]
    fn a_proxy_that_is_pulled_says_it_in_its_file() {
        let caddy = "  caddy: { image: 'caddy:2', volumes: ['./Caddyfile:/etc/caddy/Caddyfile:ro'] }";
        assert_eq!(called(caddy, ("Caddyfile", "x.example {\n\treverse_proxy web:3000 web-2:4000\n}\n")), [3000]);
        assert_eq!(called(caddy, ("Caddyfile", "reverse_proxy http://web:3000\nreverse_proxy /ws/* web:3001")), [3000, 3001]);
        let nginx = "  nginx: { image: nginx, volumes: ['./nginx:/etc/nginx/conf.d'] }";
        assert_eq!(called(nginx, ("nginx/default.conf", "upstream app { server web:5000; }")), [5000]);
        let named = "  proxy: { image: caddy, command: 'caddy reverse-proxy --to web:8000' }";
        assert_eq!(called(named, ("other", "")), [8000]);
    }

    #[test]
    fn a_proxy_that_is_built_says_it_in_its_folder() {
        let built = |port: &str| format!("  front: {{ build: ./front, ports: ['{port}:80'] }}");
        let file = ("front/nginx.conf", "proxy_pass http://web:3000/;");
        assert_eq!(called(&built("80"), file), [3000]);
        assert_eq!(called(&built("9090"), file), [0; 0], "who watches is no proxy");
    }

    #[test]
    fn who_else_calls_it_is_noted_apart() {
        let compose =
            "services: { api: { build: . }, worker: { build: ., environment: { API: 'http://api:8080/', GRPC: 'api:50051' } } }";
        let files = FileMap(BTreeMap::from([("compose.yaml".to_owned(), compose.as_bytes().to_vec())]));
        let model = read(&files, &Settings::default(), &BTreeMap::new()).unwrap();
        let api = model.service(&"api".parse().unwrap()).unwrap();
        assert_eq!((&api.called[..], &api.named[..]), (&[][..], &[8080, 50051][..]));
    }

    #[test]
    fn a_service_asks_its_proxy_for_it() {
        for (web, port) in [
            ("labels: { traefik.http.services.web.loadbalancer.server.port: 3000 }", 3000),
            ("labels: ['traefik.http.services.web.loadbalancer.server.port=3001']", 3001),
            ("labels: { caddy.reverse_proxy: '{{upstreams 3002}}' }", 3002),
            ("environment: { VIRTUAL_HOST: x.example, VIRTUAL_PORT: '3003' }", 3003),
        ] {
            let files = FileMap(BTreeMap::from([(
                "compose.yaml".to_owned(),
                format!("services: {{ web: {{ build: ., {web} }} }}").into_bytes(),
            )]));
            let model = read(&files, &Settings::default(), &BTreeMap::new()).unwrap();
            assert_eq!(model.services[0].called, [port], "{web}");
        }
    }

    #[test]
    fn only_the_whole_name_and_a_whole_number_count() {
        let text = "web:3000 xweb:1 a.web:2 web:4x web:99999 web: web:0 (web:5000)";
        assert_eq!(super::after(text, "web:").collect::<Vec<_>>(), [3000, 5000]);
    }
}
