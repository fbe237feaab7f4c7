//! What scenarios share.
//!
//! Owns: the one lab of this test process, real ssh to its machines. Must never know: what is tested.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
    time::Duration,
};

use plimsoll_lab::lab::{Lab, Machine};

/// The lab of this test process. Machines that a test breaks are its own: see [`Lab::add`].
///
/// A keeper process holds it and takes it down when this process is gone, however it ended: the pipe to it closes.
pub(crate) fn shared_lab() -> &'static Lab {
    static LAB: OnceLock<(Lab, Child)> = OnceLock::new();
    &LAB.get_or_init(|| {
        let name = format!("tests-{}", std::process::id());
        let keeper = hold(&name);
        (Lab::attach(&name).expect("the lab is up"), keeper)
    })
    .0
}

/// Starts a keeper with a lab of this name; the lab goes when the keeper's standard input ends.
pub(crate) fn hold(name: &str) -> Child {
    let mut keeper = Command::new("setsid")
        .args([env!("CARGO_BIN_EXE_lab"), "up", "--hold", "--json", "--name", name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("setsid starts");
    let mut first = String::new();
    let stdout = keeper.stdout.take().expect("it is piped");
    BufReader::new(stdout).read_line(&mut first).expect("the keeper speaks");
    assert!(first.starts_with('{'), "the lab did not come up: {first}");
    keeper
}

/// Runs a line on a machine with the system's ssh client, trusting the machine's key only as the lab states it.
pub(crate) async fn ssh(machine: &Machine, line: &str) -> Output {
    ssh_with(machine, &[], line).await
}

/// [`ssh`] with further `-o` options.
pub(crate) async fn ssh_with(machine: &Machine, options: &[&str], line: &str) -> Output {
    let known = tempfile::NamedTempFile::new().expect("a temporary file");
    let keys = machine.sh("cat /etc/ssh/ssh_host_*_key.pub").await.expect("host keys");
    let lines: String = keys.lines().map(|key| format!("{} {key}\n", machine.ip)).collect();
    std::fs::write(known.path(), lines).expect("known hosts");
    let mut command = tokio::process::Command::new("ssh");
    command.args(["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=5"]);
    command.arg("-o").arg(format!("UserKnownHostsFile={}", known.path().display())).arg("-i").arg(&machine.key);
    for option in options {
        command.args(["-o", option]);
    }
    command.arg(machine.destination()).arg(line).kill_on_drop(true);
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, command.output()).await.expect("ssh ends").expect("ssh starts")
}

/// Logs the machine's login in to the lab's registry.
pub(crate) async fn log_in(lab: &Lab, machine: &Machine) {
    let registry = &lab.registry;
    let words =
        ["su", "-", &machine.user, "-c", "docker login -u \"$0\" --password-stdin \"$1\"", &registry.user, &registry.address];
    let output = machine.exec_with(&words, registry.password.as_bytes()).await.expect("the machine is up");
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}
