//! Reaching machines: keys, logins, hops, streams and lost contact, against a real sshd.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    collections::HashMap,
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use plimsoll_core::{
    domain::secret::Secret,
    host::{self, AskPassphrase, Command, ConnectOptions, Host, HostError, NeverAsk, PinnedKey, Pins, SocketState, socket_state},
};
use plimsoll_lab::sshd::{SshWorld, Sshd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[derive(Default)]
struct Memory(Mutex<HashMap<(String, u16), PinnedKey>>);

#[async_trait]
impl Pins for Memory {
    async fn pinned(&self, host: &str, port: u16) -> Result<Vec<PinnedKey>, String> {
        Ok(self.0.lock().unwrap().get(&(host.to_owned(), port)).cloned().into_iter().collect())
    }

    async fn pin(&self, host: &str, port: u16, key: &PinnedKey) -> Result<(), String> {
        self.0.lock().unwrap().insert((host.to_owned(), port), key.clone());
        Ok(())
    }
}

struct Says(&'static str, AtomicU32);

#[async_trait]
impl AskPassphrase for Says {
    async fn passphrase(&self, _path: &str, _attempt: u32) -> Option<Secret> {
        self.1.fetch_add(1, SeqCst);
        Some(Secret::new(self.0))
    }
}

fn options(world: &SshWorld) -> ConnectOptions {
    ConnectOptions {
        pins: Arc::new(Memory::default()),
        consent: Vec::new(),
        passphrase: Arc::new(NeverAsk),
        ssh_config: Some(world.config()),
        known_hosts: world.path("known_hosts"),
    }
}

async fn connect(name: &str, options: &ConnectOptions) -> Result<Arc<dyn Host>, HostError> {
    host::connect(&name.parse().unwrap(), name, options).await
}

async fn error(name: &str, options: &ConnectOptions) -> HostError {
    match connect(name, options).await {
        Ok(_) => panic!("{name} let us in"),
        Err(error) => error,
    }
}

/// Connects as a user does who says yes to every first fingerprint.
async fn trusting(name: &str, options: &ConnectOptions) -> Arc<dyn Host> {
    loop {
        match connect(name, options).await {
            Ok(host) => return host,
            Err(HostError::KeyUnknown { host, port, offered }) => options.pins.pin(&host, port, &offered).await.unwrap(),
            Err(error) => panic!("{error}"),
        }
    }
}

async fn one_server() -> (SshWorld, Sshd, Arc<dyn Host>) {
    let world = SshWorld::new().unwrap();
    let server = world.server("server", "ed25519", "key", "").unwrap();
    world.entry("web", &server, "key", "").unwrap();
    let host = trusting("web", &options(&world)).await;
    (world, server, host)
}

fn sh(script: &str) -> Command {
    Command::new(["sh", "-c", script])
}

#[tokio::test]
async fn an_unknown_host_shows_its_fingerprint_and_is_not_logged_into() {
    let world = SshWorld::new().unwrap();
    let server = world.server("server", "ed25519", "key", "").unwrap();
    world.entry("web", &server, "key", "").unwrap();
    let options = options(&world);
    let HostError::KeyUnknown { port, offered, .. } = error("web", &options).await else { panic!("not unknown") };
    assert_eq!((port, &offered.algorithm[..]), (server.port, "ssh-ed25519"));
    assert_eq!(offered.fingerprint, server.fingerprint().unwrap());
    let scanned = host::scan_key(&"web".parse().unwrap(), "web", &options).await.unwrap();
    assert_eq!(scanned.key, offered);
    options.pins.pin(&scanned.host, scanned.port, &scanned.key).await.unwrap();
    assert!(connect("web", &options).await.unwrap().run(Command::new(["true"])).await.unwrap().success());
}

#[tokio::test]
async fn a_changed_key_and_a_key_of_another_type_stop_everything() {
    let world = SshWorld::new().unwrap();
    let mut server = world.server("server", "ed25519", "key", "").unwrap();
    world.entry("web", &server, "key", "").unwrap();
    let options = options(&world);
    drop(trusting("web", &options).await);
    let before = server.fingerprint().unwrap();
    for kind in ["ed25519", "ecdsa", "rsa"] {
        server.kill();
        server.new_host_key(kind).unwrap();
        server.start().unwrap();
        let HostError::KeyChanged { pinned, offered, .. } = error("web", &options).await else { panic!("{kind} passed") };
        assert!(pinned.contains(&before), "{pinned}");
        assert_eq!(offered.fingerprint, server.fingerprint().unwrap());
    }
}

#[tokio::test]
async fn known_hosts_is_believed_when_it_agrees_and_only_then() {
    let world = SshWorld::new().unwrap();
    let server = world.server("server", "ed25519", "key", "").unwrap();
    world.entry("web", &server, "key", "").unwrap();
    let options = options(&world);
    let file = world.path("known_hosts");
    let line = server.known_hosts_line().unwrap();
    fs::write(&file, &line).unwrap();
    connect("web", &options).await.unwrap();
    let hashed = std::process::Command::new("ssh-keygen").arg("-Hf").arg(&file).output().unwrap();
    assert!(hashed.status.success() && fs::read_to_string(&file).unwrap().starts_with("|1|"));
    connect("web", &options).await.unwrap();
    fs::write(&file, format!("{line}@revoked * {}", line.split_once(' ').unwrap().1)).unwrap();
    assert!(matches!(error("web", &options).await, HostError::KeyRefused { .. }));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(matches!(error("web", &options).await, HostError::Config(_)), "a list that cannot be read refuses");
}

#[tokio::test]
async fn a_wrong_key_is_refused_with_what_was_tried() {
    let world = SshWorld::new().unwrap();
    let server = world.server("server", "ed25519", "key", "").unwrap();
    world.user_key("other", "rsa", "").unwrap();
    world.entry("web", &server, "other", "IdentityAgent none").unwrap();
    let options = options(&world);
    fs::write(world.path("known_hosts"), server.known_hosts_line().unwrap()).unwrap();
    let HostError::AuthRefused { user, tried, .. } = error("web", &options).await else { panic!("not refused") };
    assert_eq!(user, "root");
    assert!(tried.contains("other"), "{tried}");
}

#[tokio::test]
async fn key_types_that_people_have() {
    let world = SshWorld::new().unwrap();
    for kind in ["rsa", "ecdsa"] {
        world.user_key(kind, kind, "").unwrap();
        let server = world.server(&format!("server-{kind}"), kind, kind, "").unwrap();
        world.entry(kind, &server, kind, "IdentityAgent none").unwrap();
        assert!(trusting(kind, &options(&world)).await.run(Command::new(["true"])).await.unwrap().success());
    }
}

#[tokio::test]
async fn an_encrypted_key_asks_once_and_only_when_the_server_wants_it() {
    let world = SshWorld::new().unwrap();
    world.user_key("locked", "ed25519", "correct horse").unwrap();
    let wants = world.server("wants", "ed25519", "locked", "").unwrap();
    let other = world.server("other", "ed25519", "key", "").unwrap();
    world.entry("wants", &wants, "locked", "IdentityAgent none").unwrap();
    world.entry("other", &other, "locked", "IdentityAgent none").unwrap();
    let lines = wants.known_hosts_line().unwrap() + &other.known_hosts_line().unwrap();
    fs::write(world.path("known_hosts"), lines).unwrap();
    let mut options = options(&world);
    assert!(matches!(error("wants", &options).await, HostError::KeyLocked { .. }));
    let says = Arc::new(Says("correct horse", AtomicU32::new(0)));
    options.passphrase = says.clone();
    assert!(matches!(error("other", &options).await, HostError::AuthRefused { .. }));
    assert_eq!(says.1.load(SeqCst), 0, "asked for a key that is of no use");
    let host = connect("wants", &options).await.unwrap();
    host.run(Command::new(["true"]).bulk()).await.unwrap();
    assert_eq!(says.1.load(SeqCst), 1, "the second connection asked again");
    let wrong = Arc::new(Says("battery", AtomicU32::new(0)));
    options.passphrase = wrong.clone();
    assert!(matches!(error("wants", &options).await, HostError::KeyLocked { .. }));
    assert_eq!(wrong.1.load(SeqCst), 3);
}

#[tokio::test]
async fn an_agent_signs() {
    let world = SshWorld::new().unwrap();
    let server = world.server("server", "ed25519", "key", "").unwrap();
    let socket = world.path("agent");
    let mut agent = tokio::process::Command::new("ssh-agent");
    let mut agent =
        agent.arg("-D").arg("-a").arg(&socket).stdout(std::process::Stdio::null()).kill_on_drop(true).spawn().unwrap();
    while !socket.exists() {
        tokio::task::yield_now().await;
    }
    for n in 0..4 {
        add(&world.user_key(&format!("stranger{n}"), "ed25519", "").unwrap(), &socket);
    }
    add(&world.path("key"), &socket);
    fs::rename(world.path("key"), world.path("moved")).unwrap();
    let identity = format!("IdentityAgent {}", socket.display());
    world.entry("web", &server, "key", &identity).unwrap();
    world.entry("none", &server, "stranger0", "IdentityAgent none").unwrap();
    let options = options(&world);
    fs::write(world.path("known_hosts"), server.known_hosts_line().unwrap()).unwrap();
    connect("web", &options).await.unwrap();
    assert!(matches!(error("none", &options).await, HostError::AuthRefused { .. }));
    agent.kill().await.unwrap();
}

fn add(key: &std::path::Path, socket: &std::path::Path) {
    let mut command = std::process::Command::new("ssh-add");
    command.arg("-q").arg(key).env("SSH_AUTH_SOCK", socket);
    assert!(command.status().unwrap().success());
}

#[tokio::test]
async fn a_jump_host_is_pinned_like_any_other() {
    let world = SshWorld::new().unwrap();
    let jump = world.server("jump", "ed25519", "key", "").unwrap();
    let server = world.server("server", "ecdsa", "key", "").unwrap();
    world.entry("bastion", &jump, "key", "").unwrap();
    world.entry("inner", &server, "key", "ProxyJump bastion").unwrap();
    let options = options(&world);
    let HostError::KeyUnknown { port, offered, .. } = error("inner", &options).await else { panic!("not unknown") };
    assert_eq!(port, jump.port);
    options.pins.pin("127.0.0.1", port, &offered).await.unwrap();
    let HostError::KeyUnknown { port, offered, .. } = error("inner", &options).await else { panic!("not unknown") };
    assert_eq!((port, offered.fingerprint), (server.port, server.fingerprint().unwrap()));
    let host = trusting("inner", &options).await;
    assert!(host.run(Command::new(["true"]).bulk()).await.unwrap().success());
    let wrong = PinnedKey { algorithm: "ssh-ed25519".into(), fingerprint: "SHA256:x".into() };
    options.pins.pin("127.0.0.1", jump.port, &wrong).await.unwrap();
    assert!(matches!(error("inner", &options).await, HostError::KeyChanged { port, .. } if port == jump.port));
}

#[tokio::test]
async fn nothing_of_the_configuration_runs_before_it_was_consented_to() {
    let world = SshWorld::new().unwrap();
    let server = world.server("server", "ed25519", "key", "").unwrap();
    let (first, second) = (world.path("match-ran"), world.path("proxy-ran"));
    world.configure(&format!("Match exec \"touch {}\"\n", first.display())).unwrap();
    let proxy = format!("ProxyCommand touch {} && exec busybox nc %h %p", second.display());
    world.entry("web", &server, "key", &proxy).unwrap();
    let mut options = options(&world);
    fs::write(world.path("known_hosts"), server.known_hosts_line().unwrap()).unwrap();
    for ran in [&first, &second] {
        let HostError::ConsentNeeded { command, digest } = error("web", &options).await else { panic!("no question") };
        assert!(command.contains("touch") && !ran.exists(), "{command}");
        options.consent.push(digest);
    }
    let host = connect("web", &options).await.unwrap();
    assert!(host.run(Command::new(["true"])).await.unwrap().success());
    assert!(first.exists() && second.exists());
    assert!(host.traffic().sent > 0);
    world.configure("Host dead\n HostName 127.0.0.1\n User root\n ProxyCommand echo no bastion today >&2\n").unwrap();
    let HostError::ConsentNeeded { digest, .. } = error("dead", &options).await else { panic!("no question") };
    options.consent.push(digest);
    let reason = error("dead", &options).await.to_string();
    assert!(reason.contains("no bastion today"), "{reason}");
}

/// How many random words travel.
const WORDS: usize = if cfg!(feature = "full") { 1_000_000 } else { 6_000 };
/// So many go into one command: together they stay below what a system takes as one argument, 128 KiB.
const BATCH: usize = 2_000;

/// Random words without NUL and line breaks: quotes, blanks, control characters, any script. Never ends.
fn words() -> impl Iterator<Item = String> {
    const SPECIAL: &str = "'\"\\$`!*?~#&;|<>(){}[] \t=%^-\u{1}\u{7f}é漢🚢";
    let special: Vec<char> = SPECIAL.chars().collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut character = move || {
        let r = next();
        match r % 3 {
            0 => char::from(b' ' + (r >> 8) as u8 % 95),
            1 => char::from_u32((r >> 8) as u32 % 0x11_0000).filter(|c| !"\0\n\r".contains(*c)).unwrap_or('x'),
            _ => special[(r >> 8) as usize % special.len()],
        }
    };
    (0..).map(move |n| (0..n % 24).map(|_| character()).collect())
}

#[tokio::test]
async fn random_words_arrive_unchanged() {
    let (_world, _server, host) = one_server().await;
    let mut words = words().take(WORDS);
    let mut arrived = 0;
    loop {
        let batch: Vec<String> = words.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        let argv = ["printf", "%s\\0"].into_iter().map(str::to_owned).chain(batch.iter().cloned());
        let output = host.run(Command::new(argv)).await.unwrap();
        let want: Vec<u8> = batch.iter().flat_map(|word| word.bytes().chain([0])).collect();
        assert!(output.stdout == want, "some word of {batch:?} was changed");
        arrived += batch.len();
    }
    assert_eq!(arrived, WORDS);
}

#[tokio::test]
async fn a_command_has_both_outputs_a_status_and_a_folder() {
    let (_world, _server, host) = one_server().await;
    let output = host.run(sh("cat; pwd; echo no >&2; exit 3").stdin("yes ").dir("/usr/lib")).await.unwrap();
    assert_eq!((output.status, output.text()), (3, "yes /usr/lib".into()));
    assert_eq!(output.stderr, b"no\n");
    assert_eq!(host.run(sh("kill -9 $$")).await.unwrap().status, 137);
    assert_eq!(host.run(Command::new(["no-such-program"])).await.unwrap().status, 127);
    let mut endless = sh("yes");
    endless.cap = 100_000;
    assert!(matches!(host.run(endless).await, Err(HostError::Refused(_))));
}

#[tokio::test]
async fn what_is_not_read_blocks_nobody() {
    let (world, _server, host) = one_server().await;
    let mut unread = Vec::new();
    for _ in 0..2 {
        unread.push(host.spawn(sh("yes").deadline(Duration::from_secs(60))).await.unwrap());
    }
    let socket = world.path("flood");
    flood(&socket);
    let mut flooded = host.dial(socket.to_str().unwrap()).await.unwrap();
    let late = host.dial_bulk(socket.to_str().unwrap()).await.unwrap();
    let limit = Duration::from_secs(30);
    for _ in 0..20 {
        let run = host.run(Command::new(["true"]));
        assert!(tokio::time::timeout(limit, run).await.expect("blocked").unwrap().success());
    }
    let large = host.run(sh("head -c 5000000 /dev/zero").bulk());
    assert_eq!(tokio::time::timeout(limit, large).await.expect("blocked").unwrap().stdout.len(), 5_000_000);
    let mut sink = vec![0; 1 << 20];
    let cut = loop {
        if let Err(error) = flooded.read(&mut sink).await {
            break error;
        }
    };
    assert!(cut.to_string().contains("wait to be read"), "{cut}");
    let mut late = late;
    for _ in 0..64 {
        late.read_exact(&mut sink).await.unwrap();
    }
    for running in &mut unread {
        running.stdout.read_exact(&mut sink).await.unwrap();
    }
}

/// A socket that sends zeros to everyone, as fast as they are taken.
fn flood(path: &std::path::Path) {
    let listener = tokio::net::UnixListener::bind(path).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move { while stream.write_all(&[0; 65536]).await.is_ok() {} });
        }
    });
}

#[tokio::test]
async fn what_is_dropped_or_late_ends_over_there_too() {
    let (_world, _server, host) = one_server().await;
    let mut running = host.spawn(sh("echo $$; sleep 1000 & wait")).await.unwrap();
    let mut text = [0; 16];
    let n = running.stdout.read(&mut text).await.unwrap();
    drop(running);
    gone(String::from_utf8_lossy(&text[..n]).trim()).await;
    let mut late = host.spawn(sh("echo $$; exec sleep 1000").deadline(Duration::from_secs(5))).await.unwrap();
    let n = late.stdout.read(&mut text).await.unwrap();
    assert!(matches!(late.status.await, Err(HostError::TimedOut { .. })));
    gone(String::from_utf8_lossy(&text[..n]).trim()).await;
}

/// The server is this machine: its processes are seen in /proc.
async fn gone(pid: &str) {
    assert!(pid.parse::<u32>().is_ok(), "{pid:?}");
    let stat = format!("/proc/{pid}/stat");
    while fs::read_to_string(&stat).is_ok_and(|s| !s.contains(") Z ")) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn sshd_killed_in_mid_command_is_lost_contact_and_the_next_call_works() {
    let (_world, mut server, host) = one_server().await;
    let mut running = host.spawn(sh("echo up; exec sleep 1000")).await.unwrap();
    running.stdout.read_exact(&mut [0; 3]).await.unwrap();
    server.kill();
    assert!(matches!(running.status.await, Err(HostError::ContactLost { .. })));
    let cut = running.stdout.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert!(cut.to_string().contains("contact"), "a cut stream must not look complete: {cut}");
    assert!(host.run(Command::new(["true"])).await.is_err());
    server.start().unwrap();
    assert!(host.run(Command::new(["true"])).await.unwrap().success());
}

#[tokio::test]
async fn files_travel_whole() {
    let (world, _server, host) = one_server().await;
    let path = world.path("new/$(id)/a 'b'");
    let path = path.to_str().unwrap();
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    assert_eq!(host.get(path, 10).await.unwrap(), None);
    host.put(path, b"", 0o600).await.unwrap();
    host.put(path, &content, 0o640).await.unwrap();
    assert!(host.get(path, 3_000_000).await.unwrap().is_some_and(|got| got == content));
    assert!(matches!(host.get(path, 2_999_999).await, Err(HostError::Refused(_))));
    let facts = host.run(Command::new(["stat", "-c", "%a", path])).await.unwrap();
    assert_eq!(facts.text(), "640");
    let parent = std::path::Path::new(path).parent().unwrap();
    assert_eq!(fs::read_dir(parent).unwrap().count(), 1, "a temporary file was left");
    assert!(matches!(host.put(parent.to_str().unwrap(), b"x", 0o600).await, Err(HostError::Failed { .. })));
}

#[tokio::test]
async fn a_full_disk_over_there_is_named_and_leaves_the_old_file() {
    let (world, _server, host) = one_server().await;
    let small = Tmpfs::mount(&world.path("small"));
    let path = small.0.join("file");
    let path = path.to_str().unwrap();
    host.put(path, b"old", 0o600).await.unwrap();
    let result = host.put(path, &vec![1; 500_000], 0o600).await;
    assert!(matches!(result, Err(HostError::NoSpace { .. })), "{result:?}");
    assert_eq!(host.get(path, 10).await.unwrap().as_deref(), Some(&b"old"[..]));
    assert_eq!(fs::read_dir(&small.0).unwrap().count(), 1);
}

struct Tmpfs(std::path::PathBuf);

impl Tmpfs {
    fn mount(path: &std::path::Path) -> Self {
        fs::create_dir(path).unwrap();
        let mut command = std::process::Command::new("mount");
        assert!(command.args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(path).status().unwrap().success());
        Self(path.to_owned())
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_missing_socket_and_forbidden_forwarding_are_told_apart() {
    let world = SshWorld::new().unwrap();
    let server = world.server("server", "ed25519", "key", "AllowStreamLocalForwarding no").unwrap();
    world.entry("web", &server, "key", "").unwrap();
    let host = trusting("web", &options(&world)).await;
    let (socket, missing) = (world.path("socket"), world.path("missing"));
    flood(&socket);
    for (path, state) in [(&socket, SocketState::Usable), (&missing, SocketState::Missing)] {
        let path = path.to_str().unwrap();
        assert!(matches!(host.dial(path).await, Err(HostError::Failed { .. })));
        assert_eq!(socket_state(host.as_ref(), path).await.unwrap(), state);
    }
}

#[tokio::test]
async fn a_server_that_talks_without_end_or_not_at_all_is_given_up_and_cut_off() {
    let floods = [&b"hello\r\n"[..], b"xxxxxxxxxxxxxxxx", b"SSH-2.0-evil\r\n\x7f\xff\xff\xff", b""];
    let tried = floods.map(|flood| tokio::spawn(given_up(flood)));
    for one in tried {
        one.await.unwrap();
    }
}

async fn given_up(flood: &'static [u8]) {
    let world = SshWorld::new().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while !flood.is_empty() && stream.write_all(flood).await.is_ok() {}
        // Reads what came until the other side has closed.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    world.configure(&format!("Host evil\n HostName 127.0.0.1\n Port {port}\n User root\n")).unwrap();
    assert!(matches!(error("evil", &options(&world)).await, HostError::Unreachable { .. }));
    server.await.unwrap();
}

#[tokio::test]
async fn a_server_with_few_sessions_still_runs_many_commands() {
    let world = SshWorld::new().unwrap();
    let server = world.server("server", "ed25519", "key", "MaxSessions 1").unwrap();
    world.entry("web", &server, "key", "").unwrap();
    let host = trusting("web", &options(&world)).await;
    let runs = (0..5).map(|n| host.run(sh(&format!("echo {n}; sleep 0.2"))));
    for (n, output) in futures_util::future::join_all(runs).await.into_iter().enumerate() {
        assert_eq!(output.unwrap().text(), n.to_string());
    }
}
