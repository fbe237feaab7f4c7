//! A desktop of its own for the app: X server, session bus, tray, notifications, keychain; and hands to use the app with.
//!
//! Owns: bringing that desktop up, starting the app in it, ending everything. Must never know: what the app does.

mod app;
mod bus;
mod clipboard;
mod keeper;
mod keyring;
mod notices;
mod page;
mod picture;
mod screen;
mod tray;
pub mod usage;
mod webdriver;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::Duration,
};

use tempfile::TempDir;

use self::keeper::Keeper;
pub use self::{
    app::App,
    bus::Bus,
    keyring::Keyring,
    notices::Notices,
    page::Page,
    picture::Picture,
    screen::{Area, Screen},
    tray::Tray,
};
use crate::lab::Process;

/// What an act on the desktop gives, or why it could not be done.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How long a part of the desktop may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the app and the parts of the desktop keep apart.
const FOLDERS: [&str; 6] = ["home", "data", "config", "cache", "runtime", "plimsoll"];

/// A desktop that nothing else uses. Dropped, or with its process killed, it ends with everything in it.
pub struct Desktop {
    /// The display.
    pub screen: Screen,
    /// The tray.
    pub tray: Tray,
    /// The notification daemon.
    pub notices: Notices,
    /// The secret service.
    pub keyring: Keyring,
    /// The session bus.
    pub bus: Bus,
    variables: Vec<(String, String)>,
    keeper: Keeper,
    folder: TempDir,
}

/// A part that a desktop may be without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Nobody shows icons.
    Tray,
    /// Nobody keeps secrets.
    Keyring,
}

impl Desktop {
    /// Brings one up with everything in it.
    ///
    /// # Errors
    /// When a part of it is not installed or does not answer.
    pub async fn open() -> Outcome<Self> {
        Self::without(&[]).await
    }

    /// Brings one up that lacks these parts.
    ///
    /// # Errors
    /// When another part of it is not installed or does not answer.
    pub async fn without(missing: &[Part]) -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("plimsoll-desktop-").tempdir()?;
        for name in FOLDERS {
            fs::create_dir(folder.path().join(name))?;
        }
        fs::set_permissions(folder.path().join("runtime"), fs::Permissions::from_mode(0o700))?;
        let keeper = Keeper::open()?;
        let mut parts = Parts { keeper: &keeper, folder: folder.path(), variables: variables(folder.path()) };
        let screen = Screen::start(&parts)?;
        parts.set("DISPLAY", &screen.display());
        let bus = Bus::start(&parts).await?;
        parts.set("DBUS_SESSION_BUS_ADDRESS", &bus.address);
        let tray = Tray::new(bus.connection.clone());
        if !missing.contains(&Part::Tray) {
            tray.serve().await?;
        }
        let notices = Notices::start(&parts, &bus).await?;
        let keyring = Keyring::new(bus.connection.clone());
        if !missing.contains(&Part::Keyring) {
            keyring.start(&parts, &bus).await?;
        }
        let variables = parts.variables;
        Ok(Self { screen, tray, notices, keyring, bus, variables, keeper, folder })
    }

    /// Where anything may be written that shall go with the desktop.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The app's own data.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder().join("plimsoll")
    }

    /// A variable that everything started from now on gets.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Starts a program in the desktop; its output goes to a file.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, program: &Path, arguments: &[&str]) -> Outcome<Child> {
        let parts = Parts { keeper: &self.keeper, folder: self.folder(), variables: self.variables.clone() };
        parts.start(&program.display().to_string(), arguments)
    }

    /// Runs a program in the desktop to its end.
    ///
    /// # Errors
    /// When it ends with another status than 0; the error carries what it said.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Outcome<String> {
        let parts = Parts { keeper: &self.keeper, folder: self.folder(), variables: self.variables.clone() };
        let output = parts.command(program).args(arguments).output()?;
        if !output.status.success() {
            return Err(format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The running processes of the desktop whose program has this name.
    #[must_use]
    pub fn processes(&self, program: &str) -> Vec<Process> {
        self.keeper.processes(program)
    }
}

/// What a part of the desktop needs to start.
struct Parts<'a> {
    keeper: &'a Keeper,
    folder: &'a Path,
    variables: Vec<(String, String)>,
}

impl Parts<'_> {
    fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// A program in the desktop, with its variables alone.
    fn command(&self, program: &str) -> Command {
        let mut command = self.keeper.command(program);
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts one that says nothing of interest; what it says is kept beside the desktop's other files.
    fn start(&self, program: &str, arguments: &[&str]) -> Outcome<Child> {
        let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
        let log = fs::File::options().create(true).append(true).open(self.folder.join(format!("{name}.log")))?;
        let mut command = self.command(program);
        command.args(arguments).stdin(std::process::Stdio::null()).stderr(log.try_clone()?).stdout(log);
        Ok(command.spawn()?)
    }
}

fn variables(folder: &Path) -> Vec<(String, String)> {
    let at = |name: &str| folder.join(name).display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    [
        ("PATH", path),
        ("HOME", at("home")),
        ("XDG_DATA_HOME", at("data")),
        ("XDG_CONFIG_HOME", at("config")),
        ("XDG_CACHE_HOME", at("cache")),
        ("XDG_RUNTIME_DIR", at("runtime")),
        ("PLIMSOLL_HOME", at("plimsoll")),
        ("LANG", "C.UTF-8".to_owned()),
        ("GDK_BACKEND", "x11".to_owned()),
        ("NO_AT_BRIDGE", "1".to_owned()),
        ("GSETTINGS_BACKEND", "memory".to_owned()),
        ("LIBGL_ALWAYS_SOFTWARE", "1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
