//! A server with images, releases and orders to swap between them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use plimsoll_core::{
    compose::{
        haproxy::{self, Reach},
        switched::{Switch, split},
    },
    domain::{
        deployment::{Deployment, DeploymentKind},
        environment::{EnvironmentKey, Folders},
        id::{LockId, ProjectId},
        name::EnvironmentName,
        probe::{Probe, ProbeTarget},
        record::{ServiceKind, ServiceRecord},
        server::BootHook,
        switch::{Colour, Speech, SwitchPort, SwitchRecord},
    },
    host::{Host, lock},
    runner::{Change, Order, RemovedService, ServiceOrder, Way},
};
use plimsoll_lab::lab::{Lab, LabOptions, Machine, MachineOptions, Owner, until};
use serde_json::{Value, json};

use super::inside::Inside;
use crate::leftovers;

/// Makes `app:v1` and `app:v2`: a web server that says `$RELEASE`, with ways to go wrong.
const IMAGES: &str = r#"
set -eu
cd "$(mktemp -d)"
mkdir -p bin tmp
cp /bin/busybox bin/
for name in sh httpd sleep echo mkdir cat dd wget false nc; do ln -s busybox bin/$name; done
cat >bin/app <<'END'
#!/bin/sh
sleep "${BOOT:-0.2}"
mkdir -p /tmp/www
echo "release ${RELEASE:-none}" >/tmp/www/index.html
echo "serving ${RELEASE:-none}"
[ -z "${EAT:-}" ] || exec dd if=/dev/zero of=/dev/null bs=512M count=1
[ -z "${DIES_AFTER:-}" ] || { httpd -p 8080 -h /tmp/www; sleep "$DIES_AFTER"; echo "no more"; exit 3; }
exec httpd -f -p 8080 -h /tmp/www
END
chmod 755 bin/app
for version in v1 v2; do
  tar -c . | docker import -c 'CMD ["/bin/app"]' -c 'ENV PATH=/bin' -c "LABEL version=$version" - "app:$version" >/dev/null
done
"#;

/// Makes `haproxy:lab` of this machine's own.
const SWITCH: &str = r#"
set -eu
cd "$(mktemp -d)"
haproxy=$(command -v haproxy)
for file in "$haproxy" $(ldd "$haproxy" | grep -o '/[^ ]*'); do
  mkdir -p "./${file%/*}"
  cp -L "$file" "./$file"
done
tar -c . | docker import -c 'ENV PATH=/usr/sbin' - haproxy:lab >/dev/null
"#;

/// What a switched service listens on.
const PORTS: [SwitchPort; 1] = [SwitchPort { port: 8080, speech: Speech::Http }];

/// A lab with one server, and the images on it.
pub(super) struct World {
    /// Lives as long as the test.
    _lab: Lab,
    pub(super) machine: Machine,
    pub(super) host: Arc<dyn Host>,
    images: BTreeMap<&'static str, String>,
}

/// One environment on the server.
pub(super) struct Stack<'a> {
    pub(super) world: &'a World,
    pub(super) name: String,
    pub(super) folders: Folders,
}

/// A service of a release of a stack.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) image: &'static str,
    pub(super) kind: ServiceKind,
    pub(super) extra: Value,
    pub(super) environment: BTreeMap<&'static str, String>,
    pub(super) switched: bool,
}

/// A release on the server.
#[derive(Clone)]
pub(super) struct Release {
    pub(super) id: String,
    services: Vec<(Service, ServiceRecord)>,
}

pub(super) fn service(name: &'static str, image: &'static str) -> Service {
    Service { name, image, kind: ServiceKind::Long, extra: json!({}), environment: BTreeMap::new(), switched: false }
}

impl Service {
    /// Where the server itself reaches what the service publishes.
    fn urls(&self) -> Vec<String> {
        let ports = self.extra["ports"].as_array().into_iter().flatten();
        ports.filter_map(|port| port["published"].as_str()).map(|port| format!("http://127.0.0.1:{port}/")).collect()
    }

    pub(super) fn env(mut self, name: &'static str, value: &str) -> Self {
        self.environment.insert(name, value.to_owned());
        self
    }

    pub(super) fn with(mut self, extra: Value) -> Self {
        self.extra = extra;
        self
    }

    /// The same with further keys.
    pub(super) fn with_also(mut self, extra: &Value) -> Self {
        let more = extra.as_object().cloned().unwrap_or_default();
        self.extra.as_object_mut().into_iter().for_each(|all| all.extend(more.clone()));
        self
    }

    /// It runs behind a switch.
    pub(super) fn switched(mut self) -> Self {
        self.switched = true;
        self
    }

    pub(super) fn once(mut self) -> Self {
        self.kind = ServiceKind::OneShot;
        self
    }

    pub(super) fn may_end(mut self) -> Self {
        self.kind = ServiceKind::MayEnd;
        self
    }

    fn compose(&self) -> Value {
        let mut service = json!({ "image": self.image, "environment": self.environment, "stop_signal": "SIGKILL" });
        for (key, value) in self.extra.as_object().into_iter().flatten() {
            service[key] = value.clone();
        }
        service
    }
}

static LABS: AtomicU32 = AtomicU32::new(0);

impl World {
    pub(super) async fn up() -> Self {
        Self::with(MachineOptions::named("server")).await
    }

    pub(super) async fn with(options: MachineOptions) -> Self {
        let name = format!("runner-{}-{}", std::process::id(), LABS.fetch_add(1, Ordering::Relaxed));
        let lab = Lab::up(LabOptions { name, machines: vec![options], ecr: false, owner: Owner::ThisProcess }).await.unwrap();
        let machine = lab.machine("server").unwrap().clone();
        machine.sh(IMAGES).await.unwrap();
        machine.sh(SWITCH).await.unwrap();
        let mut images = BTreeMap::new();
        for image in ["app:v1", "app:v2", "haproxy:lab"] {
            let id = machine.exec(&["docker", "image", "inspect", "-f", "{{.Id}}", image]).await.unwrap();
            images.insert(image, id.trim().to_owned());
        }
        Self { _lab: lab, host: Arc::new(Inside(machine.clone())), machine, images }
    }

    /// The id of a container.
    pub(super) async fn container(&self, name: &str) -> String {
        self.machine.exec(&["docker", "inspect", "-f", "{{.Id}}", name]).await.unwrap()
    }

    pub(super) fn stack(&self, name: &str) -> Stack<'_> {
        Stack { world: self, name: name.to_owned(), folders: Folders::new("/home/deploy", &name.parse().unwrap()) }
    }
}

impl Stack<'_> {
    /// Moves the environment below another home.
    pub(super) fn below(&mut self, home: &str) {
        self.folders = Folders::new(home, &self.name.parse().unwrap());
    }

    /// Writes a release's rendered Compose file; its id is made of its number.
    pub(super) async fn release(&self, number: u32, services: &[Service]) -> Release {
        let id = format!("{number:012x}");
        // A database is the same in every release; what is built says which one it is.
        let told = |s: &Service| if s.name == "db" { s.clone() } else { s.clone().env("RELEASE", &id) };
        let services: Vec<Service> = services.iter().map(told).collect();
        let rendered: BTreeMap<_, _> = services.iter().map(|s| (s.name, s.compose())).collect();
        let mut file = json!({ "name": self.name, "services": rendered, "volumes": { "data": {} } });
        if services.iter().any(|service| service.extra["networks"]["proxy"].is_null() && service.extra.get("networks").is_some())
        {
            file["networks"] = json!({ "proxy": { "external": true } });
        }
        self.put_in_front(&services, &mut file).await;
        let path = format!("{}/compose.json", self.folders.release(&id));
        self.world.host.put(&path, file.to_string().as_bytes(), 0o600).await.unwrap();
        let services = services.into_iter().map(|s| (s.clone(), self.record(&s))).collect();
        Release { id, services }
    }

    /// Takes the switched services apart, and writes what their switches read.
    async fn put_in_front(&self, services: &[Service], file: &mut Value) {
        let (mut switches, stack) = (BTreeMap::new(), self.name.parse().unwrap());
        for service in services.iter().filter(|service| service.switched) {
            let name = service.name.parse().unwrap();
            let text = haproxy::render(&stack, &name, &PORTS, Reach { first: true, ipv6: false });
            let (folder, config) = (self.folders.switches(), haproxy::name(&text));
            self.world.host.put(&format!("{folder}/{config}"), text.as_bytes(), 0o600).await.unwrap();
            let (stack, image) = (stack.clone(), "haproxy:lab".to_owned());
            switches.insert(name, Switch { stack, image, folder, config, ports: vec![8080] });
        }
        split(file, &switches);
    }

    fn record(&self, service: &Service) -> ServiceRecord {
        ServiceRecord {
            name: service.name.parse().unwrap(),
            kind: service.kind,
            image_id: self.world.images[service.image].clone(),
            config_hash: service.compose().to_string(),
            found_hash: None,
            replicas: 1,
            healthcheck: false,
            depends_on: Vec::new(),
            overlap: false,
            switch: service.switched.then(|| SwitchRecord {
                image_id: self.world.images["haproxy:lab"].clone(),
                colours: BTreeMap::new(),
                ports: PORTS.to_vec(),
                drain: Duration::from_secs(5),
            }),
        }
    }

    /// The order to go from one release to another: no soak, no probes, the cron hook, 20 s for every service.
    pub(super) fn order(&self, old: Option<&Release>, new: &Release) -> Order {
        let deadline = Duration::from_secs(20);
        let before = |name: &str| old.and_then(|old| old.services.iter().find(|(s, _)| s.name == name)).map(|(_, r)| r.clone());
        let services = new.services.iter().map(|(service, record)| {
            let previous = before(service.name);
            let change = if previous.as_ref() == Some(record) { Change::Kept } else { Change::Changed };
            let way = way(record, previous.as_ref(), change);
            ServiceOrder { service: record.clone(), previous, change, way, deadline }
        });
        let gone =
            old.into_iter().flat_map(|old| &old.services).filter(|(s, _)| new.services.iter().all(|(n, _)| n.name != s.name));
        let services: Vec<ServiceOrder> = services.collect();
        let leaving = services.iter().filter(|order| matches!(order.way, Way::Leave { .. }));
        let dropped = leaving.flat_map(|order| Colour::ALL.map(|colour| colour.of(&order.service.name).unwrap())).collect();
        Order {
            record: record(),
            stack: self.name.parse().unwrap(),
            new: new.id.parse().unwrap(),
            old: old.map(|old| old.id.parse().unwrap()),
            services,
            removed: gone.map(|(_, record)| RemovedService { service: record.clone(), deadline }).collect(),
            dropped,
            release_command: None,
            release_command_needs: Vec::new(),
            release_command_deadline: Duration::from_secs(60),
            probes: Vec::new(),
            soak: Duration::ZERO,
            keep: 5,
            hook: Some(BootHook::Cron),
            docker: vec!["docker".to_owned()],
            lock: LockId::new(),
        }
    }

    /// Removes the containers, so that the next stack has the server for itself.
    pub(super) async fn remove(&self) {
        let line = "docker ps -aq --filter \"label=com.docker.compose.project=$1\" | xargs -r docker rm -f";
        self.world.machine.exec(&["sh", "-c", line, "remove", &self.name]).await.unwrap();
    }

    /// A release serves, as the state of affairs before a test: what it publishes answers.
    pub(super) async fn live(&self, release: &Release) {
        let file = format!("{}/compose.json", self.folders.release(&release.id));
        self.world.machine.exec(&["docker", "compose", "-p", &self.name, "-f", &file, "up", "-d"]).await.unwrap();
        self.world.host.put(&self.folders.current(), release.id.as_bytes(), 0o600).await.unwrap();
        self.world.host.put(&format!("{}/live", self.folders.release(&release.id)), b"1\n", 0o600).await.unwrap();
        for url in release.services.iter().flat_map(|(service, _)| service.urls()) {
            until("the app before the test", Duration::from_secs(60), async || {
                let asked = self.world.machine.exec(&["curl", "-fsS", "-o", "/dev/null", &url]).await;
                asked.map(drop).map_err(|error| error.to_string())
            })
            .await
            .unwrap();
        }
    }

    /// Service and image of every container that runs, sorted, e.g. `api app:v1`.
    pub(super) async fn running(&self) -> Vec<String> {
        let filter = format!("label=com.docker.compose.project={}", self.name);
        let format = "{{.Label \"com.docker.compose.service\"}} {{.Image}}";
        let table = self.world.machine.exec(&["docker", "ps", "--filter", &filter, "--format", format]).await.unwrap();
        let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// Names of all containers, stopped ones included, sorted.
    pub(super) async fn containers(&self) -> Vec<String> {
        let filter = format!("label=com.docker.compose.project={}", self.name);
        let table =
            self.world.machine.exec(&["docker", "ps", "-a", "--filter", &filter, "--format", "{{.Names}}"]).await.unwrap();
        let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    pub(super) async fn file(&self, path: &str) -> Option<String> {
        let bytes = self.world.host.get(&format!("{}/{path}", self.folders.root()), 1 << 20).await.unwrap();
        bytes.map(|bytes| String::from_utf8(bytes).unwrap().trim().to_owned())
    }

    /// Nothing of a deployment is left.
    pub(super) async fn is_tidy(&self) {
        assert_eq!(lock::read(self.world.host.as_ref(), &self.folders).await.unwrap(), None, "the lock is left");
        leftovers::none_on_server(&self.world.machine, self.folders.root(), &self.name).await;
    }
}

/// A switched service is blue in its first release and green in the second.
fn way(new: &ServiceRecord, previous: Option<&ServiceRecord>, change: Change) -> Way {
    let from = previous.and_then(|previous| previous.switch.as_ref()).map(|_| Colour::Blue);
    let Some(switch) = new.switch.clone() else { return from.map_or(Way::Recreate, |from| Way::Leave { from }) };
    let to = match (from, change) {
        (Some(_), Change::Changed) => Colour::Green,
        _ => Colour::Blue,
    };
    Way::Switch { switch, from, to, stands: from.is_some() }
}

pub(super) fn probe(target: ProbeTarget, deadline_s: u64) -> Probe {
    let (interval, timeout) = (Duration::from_millis(200), Duration::from_secs(2));
    Probe { target, interval, timeout, deadline: Duration::from_secs(deadline_s) }
}

pub(super) fn http(service: &str, expect: Option<&str>) -> Probe {
    let expect = expect.map(str::to_owned);
    probe(ProbeTarget::Http { service: service.parse().unwrap(), port: 8080, path: "/".to_owned(), expect }, 8)
}

pub(super) fn public(port: u16) -> Probe {
    let expect = Some("release {release}".to_owned());
    probe(ProbeTarget::Public { url: format!("http://shop.example:{port}/"), expect }, 8)
}

fn record() -> Deployment {
    Deployment::begun(
        EnvironmentKey { project: ProjectId::new(), name: EnvironmentName::production() },
        DeploymentKind::Deploy,
        Timestamp::now(),
    )
}
