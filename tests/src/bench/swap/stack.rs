//! The app in a repository of its own: behind what it runs, and how it ends.
//!
//! Owns: its files, its versions. Must never know: who ships it.

use std::{
    fmt, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::{
    Outcome,
    app::{Ending, PORT},
};
use crate::{bench::checkout::Checkout, lab::run};

/// How long connections to the old one may go on.
pub(super) const DRAIN_SECONDS: u64 = 6;

const CADDYFILE: &str = "{\n\tauto_https off\n\tadmin off\n}\n:80 {\n\treverse_proxy app:8080\n}\n";
const NGINX: &str = r#"user root;
worker_processes 1;
error_log /dev/stderr;
events { worker_connections 4096; }
http {
  access_log off;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream app { server app:8080; keepalive 32; }
  server {
    listen 80;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_buffering off;
    }
  }
}
"#;

/// What is in front of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nothing: it publishes its port.
    Published,
    /// Caddy, in the same Compose file.
    BehindCaddy,
    /// nginx, which asks once where the app is.
    BehindNginx,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Published => "published port",
            Self::BehindCaddy => "behind Caddy",
            Self::BehindNginx => "behind nginx",
        })
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drains => "app drains",
            Self::Exits => "app exits at once",
        })
    }
}

/// How Plimsoll is told to swap it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By itself, with this image for its switches.
    Chosen,
    /// Stopped, then started.
    Recreate,
}

/// What stays the same from version to version.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) ending: Ending,
    pub(super) way: Way,
    /// What clients connect to on the server.
    pub(super) port: u16,
}

/// The repository.
pub(super) struct Stack {
    pub(super) shape: Shape,
    checkout: Checkout,
}

impl Stack {
    /// The first version, committed. `base` is where the lab's base images are.
    pub(super) async fn new(folder: PathBuf, shape: Shape, base: &dyn Fn(&str) -> String, server: &str) -> Outcome<Self> {
        let stack = Self { checkout: Checkout::new(folder).await?, shape };
        stack.checkout.write("compose.yaml", &stack.shape.compose("build: .", base))?;
        stack.checkout.write("plimsoll.toml", &stack.shape.settings(base, server))?;
        for (name, content) in proxies() {
            stack.checkout.write(name, content)?;
        }
        put_app(&stack.checkout.folder, &base("debian")).await?;
        stack.version(1).await?;
        Ok(stack)
    }

    /// Commits this version.
    pub(super) async fn version(&self, version: u32) -> Outcome<()> {
        self.checkout.write("version", &format!("{version}\n"))?;
        self.checkout.commit().await
    }

    pub(super) fn folder(&self) -> &Path {
        &self.checkout.folder
    }
}

/// What the proxies are told, for whoever has a Compose file with them.
pub(super) fn proxies() -> [(&'static str, &'static str); 2] {
    [("Caddyfile", CADDYFILE), ("nginx.conf", NGINX)]
}

/// The app's program beside this one, without its symbols, and the Dockerfile that takes it.
pub(super) async fn put_app(folder: &Path, base: &str) -> Outcome<()> {
    let own = std::env::current_exe()?;
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join("swap_app")).find(|program| program.exists());
    let program = beside.ok_or("swap_app is not built")?;
    let stripped = folder.join("app");
    run(&["strip", "-o", &stripped.to_string_lossy(), &program.to_string_lossy()]).await?;
    fs::set_permissions(&stripped, fs::Permissions::from_mode(0o755))?;
    let dockerfile = format!("FROM {base}\nCOPY app /serve\nCOPY version /version\nEXPOSE {PORT}\nCMD [\"/serve\"]\n");
    Ok(fs::write(folder.join("Dockerfile"), dockerfile)?)
}

impl Shape {
    /// The Compose file; `image` says where the app's image comes from.
    pub(super) fn compose(&self, image: &str, base: &dyn Fn(&str) -> String) -> String {
        let ending = match self.ending {
            Ending::Drains => "drain",
            Ending::Exits => "exit",
        };
        let published = self.port;
        let app = format!(
            "  app:\n    {image}\n    restart: unless-stopped\n    environment: {{ BOOT_MS: '1500', WORK_MS: '20', ENDING: {ending} }}\n"
        );
        let proxy = |image: &str, file: &str, at: &str| {
            format!(
                "  proxy:\n    image: {}\n    restart: unless-stopped\n    ports: ['{published}:80']\n    volumes: ['./{file}:{at}:ro']\n    \
                 depends_on: [app]\n",
                base(image)
            )
        };
        let rest = match self.place {
            Place::Published => format!("    ports: ['{published}:{PORT}']\n"),
            Place::BehindCaddy => proxy("caddy", "Caddyfile", "/etc/caddy/Caddyfile"),
            Place::BehindNginx => proxy("nginx", "nginx.conf", "/etc/nginx/nginx.conf"),
        };
        format!("name: {}\nservices:\n{app}{rest}", self.name)
    }

    fn settings(&self, base: &dyn Fn(&str) -> String, server: &str) -> String {
        let published = self.port;
        let (way, switch) = match self.way {
            Way::Chosen => ("", format!("[switch]\nimage = \"{}\"\n", base("haproxy"))),
            Way::Recreate => ("strategy = \"recreate\"\n", String::new()),
        };
        format!(
            "registry = \"registry\"\n[builder]\nkind = \"build-vm\"\nserver = \"vm\"\n\
             [services.app]\nprobe = {{ http = \"/health\", port = {PORT} }}\ndeadline = \"60s\"\ndrain = \"{DRAIN_SECONDS}s\"\n{way}\
             [environments.production]\nserver = \"server\"\nurl = \"http://{server}:{published}/health\"\nsoak = \"5s\"\n{switch}"
        )
    }
}
