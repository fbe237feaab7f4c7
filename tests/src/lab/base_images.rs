//! The base images that the sample app builds on and runs, made from Debian packages.
//!
//! Owns: what they hold, and the cache of a ready registry storage. Must never know: labs and machines.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{
    LabError,
    shell::{feed, output, run, text},
    storage::{Image, Storage, sha256},
};

/// The tag of every base image.
pub(super) const TAG: &str = "1";
const ROOTFS: &str = include_str!("rootfs.sh");
/// The public image's entry point: options alone mean the program, which then stays in the foreground and has a master.
const HAPROXY: &str = r#"case $1 in -*) set -- haproxy "$@" ;; esac
[ "$1" != haproxy ] || { shift && set -- haproxy -W -db "$@"; }
exec "$@""#;

struct Base {
    name: &'static str,
    packages: &'static [&'static str],
}

const BASES: [Base; 7] = [
    Base { name: "busybox", packages: &["busybox-static"] },
    Base { name: "python", packages: &["python3"] },
    Base { name: "redis", packages: &["redis-server", "redis-tools"] },
    Base { name: "caddy", packages: &["caddy"] },
    Base { name: "nginx", packages: &["nginx"] },
    Base { name: "haproxy", packages: &["haproxy"] },
    // For programs that were linked on this machine.
    Base { name: "debian", packages: &["libc6", "libgcc-s1"] },
];

/// Names of the base images, below `base/` in the lab's registry.
pub fn names() -> impl Iterator<Item = &'static str> {
    BASES.iter().map(|base| base.name)
}

/// The cache of everything that is slow to make: `$XDG_CACHE_HOME/plimsoll`, else `~/.cache/plimsoll`.
///
/// # Errors
/// When neither variable is set.
pub fn cache() -> Result<PathBuf, LabError> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .map(|dir| dir.join("plimsoll"))
        .ok_or_else(|| LabError::Unsuitable("neither XDG_CACHE_HOME nor HOME is set".into()))
}

/// A registry's storage folder that holds all base images; made now if the cache has none.
pub(super) async fn storage() -> Result<PathBuf, LabError> {
    let cache = cache()?;
    fs::create_dir_all(&cache).map_err(LabError::at(&cache))?;
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let bases: String = BASES.iter().map(|base| format!("{} {:?} {}", base.name, base.packages, config(base.name))).collect();
    let key = sha256(format!("{ROOTFS}{release}{bases}").as_bytes());
    let ready = cache.join(format!("base-{}", &key["sha256:".len()..][..16]));
    let lock = File::create(cache.join("base.lock")).map_err(LabError::at(&cache))?;
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await;
    let _lock = lock.map_err(|e| LabError::Unsuitable(e.to_string()))?.map_err(LabError::at(&cache))?;
    if !ready.exists() {
        let draft = cache.join("base.draft");
        let _ = fs::remove_dir_all(&draft);
        make(&draft).await?;
        fs::rename(&draft, &ready).map_err(LabError::at(&ready))?;
    }
    Ok(ready)
}

async fn make(storage: &Path) -> Result<(), LabError> {
    let architecture = run(&["dpkg", "--print-architecture"]).await?.trim().to_owned();
    fs::create_dir_all(storage).map_err(LabError::at(storage))?;
    for base in &BASES {
        let tar = storage.join("layer.tar.gz");
        let tar_path = text(&tar);
        let mut argv = vec!["sh", "-s", "--", &tar_path];
        argv.extend(base.packages);
        feed(&argv, ROOTFS).await?;
        let layer = fs::read(&tar).map_err(LabError::at(&tar))?;
        let plain = output(&["gzip", "-dc", &tar_path], b"").await?;
        Storage::at(storage).put(&Image {
            repository: &format!("base/{}", base.name),
            tag: TAG,
            architecture: &architecture,
            config: config(base.name),
            layer: &layer,
            diff_id: &sha256(&plain.stdout),
        })?;
        fs::remove_file(&tar).map_err(LabError::at(&tar))?;
    }
    Ok(())
}

/// The images' configuration follows that of the public ones that they stand for.
fn config(name: &str) -> Value {
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    match name {
        "python" => json!({ "Env": [path, "LANG=C.UTF-8"], "Cmd": ["python3"] }),
        "redis" => {
            json!({ "Env": [path], "Cmd": ["redis-server", "--protected-mode", "no"], "WorkingDir": "/data", "Volumes": { "/data": {} } })
        }
        "caddy" => json!({
            "Env": [path, "XDG_CONFIG_HOME=/config", "XDG_DATA_HOME=/data"],
            "Cmd": ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
            "WorkingDir": "/srv",
        }),
        "nginx" => json!({ "Env": [path], "Cmd": ["nginx", "-g", "daemon off;"], "StopSignal": "SIGQUIT" }),
        "haproxy" => json!({
            "Env": [path],
            "Entrypoint": ["sh", "-c", HAPROXY, "--"],
            "Cmd": ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"],
            "StopSignal": "SIGUSR1",
            "User": "99:99",
            "WorkingDir": "/var/lib/haproxy",
        }),
        _ => json!({ "Env": [path], "Cmd": ["sh"] }),
    }
}
