//! The commands that install what is missing, for each distribution.
//!
//! Owns: the commands' text. Must never know: what is missing.

/// Where every distribution's docker looks for plugins that no package brought.
const PLUGINS: &str = "/usr/local/lib/docker/cli-plugins";
const BUILDX: &str = "v0.17.1";

/// A package that every distribution has under the same name.
pub(super) fn package(os: &str, name: &str) -> Option<String> {
    match os {
        "debian" | "ubuntu" => Some(apt(name)),
        "amzn" | "fedora" => Some(dnf(name)),
        _ => None,
    }
}

/// The engine, with its plugins where one command brings both.
pub(super) fn engine(os: &str) -> Option<String> {
    match os {
        "debian" | "ubuntu" => Some("curl -fsSL https://get.docker.com | sudo sh && sudo usermod -aG docker \"$USER\"".into()),
        "amzn" => Some(format!("{} && {START}", dnf("docker"))),
        "fedora" => Some(format!("{} && {START}", dnf("moby-engine docker-compose docker-buildx"))),
        _ => None,
    }
}

const START: &str = "sudo systemctl enable --now docker && sudo usermod -aG docker \"$USER\"";

/// The Compose plugin.
pub(super) fn compose(os: &str) -> Option<String> {
    match os {
        "ubuntu" => Some(apt("docker-compose-v2")),
        "fedora" => Some(dnf("docker-compose")),
        "debian" | "amzn" => Some(plugin(
            "docker-compose",
            "https://github.com/docker/compose/releases/latest/download/docker-compose-linux-$(uname -m)",
        )),
        _ => None,
    }
}

/// The buildx plugin.
pub(super) fn buildx(os: &str) -> Option<String> {
    match os {
        "ubuntu" => Some(apt("docker-buildx")),
        "fedora" => Some(dnf("docker-buildx")),
        "debian" | "amzn" => {
            let arch = "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')";
            let base = "https://github.com/docker/buildx/releases/download";
            Some(plugin("docker-buildx", &format!("{base}/{BUILDX}/buildx-{BUILDX}.linux-{arch}")))
        }
        _ => None,
    }
}

/// Something that starts programs after a reboot.
pub(super) fn boot_hook(os: &str) -> Option<String> {
    match os {
        "debian" | "ubuntu" | "amzn" | "fedora" => Some("sudo loginctl enable-linger \"$USER\"".into()),
        _ => None,
    }
}

fn apt(packages: &str) -> String {
    format!("sudo apt-get update && sudo apt-get install -y {packages}")
}

fn dnf(packages: &str) -> String {
    format!("sudo dnf install -y {packages}")
}

fn plugin(name: &str, url: &str) -> String {
    let file = format!("{PLUGINS}/{name}");
    format!("sudo mkdir -p {PLUGINS} && sudo curl -fsSL \"{url}\" -o {file} && sudo chmod +x {file}")
}
