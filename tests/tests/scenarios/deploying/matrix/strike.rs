//! A deployment whose victim is hit at its place.
//!
//! Owns: holding the deployment there, the blow, letting it go on. Must never know: what comes of it.

use std::{fs, path::PathBuf, time::Duration};

use plimsoll_lab::lab::{Machine, until};

use super::{
    super::{
        app::App,
        cli::{Cli, Finished, Started},
    },
    lanes::Named as _,
    points::{Kill, Moment, Place, Victim},
    seed,
};

/// Longer than any place is away.
const ON_THE_WAY: Duration = Duration::from_secs(180);
/// A moment is at most so long, in milliseconds.
const MOMENT: u64 = 600;

/// A place where the deployment stands until it may go on.
pub(super) enum Gate {
    /// The program makes this file, and goes on when it is gone.
    Program(PathBuf),
    /// The runner stands in the environment's folder on its server.
    Runner(Machine, String),
}

/// Deploys, and hits the victim. What the program itself came to: no exit status if it was the victim.
pub(super) async fn strike(kill: &Kill, app: &App) -> Finished {
    let (mut deploying, gate) = start(kill.place, app).await;
    gate.is_reached(&mut deploying).await;
    if kill.moment == Moment::SoonAfter {
        gate.open().await;
        tokio::time::sleep(Duration::from_millis(seed::below(MOMENT, &kill.name()))).await;
    }
    hit(kill, app, &deploying, &gate).await;
    tokio::select! {
        ended = deploying.end() => ended,
        () = gate.stay_open() => unreachable!("it stays open"),
    }
}

async fn start(place: Place, app: &App) -> (Started, Gate) {
    match place {
        Place::Program(name) => {
            let gate = Gate::of(&app.cli);
            (app.start(&[], &gate.variables(name)), gate)
        }
        Place::Forward(name) | Place::Back(name) => {
            let gate = Gate::runner(app, name).await;
            (app.start(&[], &[]), gate)
        }
    }
}

async fn hit(kill: &Kill, app: &App, deploying: &Started, gate: &Gate) {
    let server = &app.server;
    match kill.victim {
        Victim::App => deploying.signal("KILL"),
        Victim::Ssh => server.kill_sshd_connections().await.expect("sshd runs"),
        Victim::Runner => kill_runner(app).await,
        Victim::Engine => {
            server.stop_docker().await.expect("it stops");
            // It finds no engine for a while.
            gate.open().await;
            server.start_docker().await.expect("it starts");
        }
        Victim::Server => server.reboot().await.expect("it boots"),
    }
    gate.open().await;
}

/// One that is at work; the number of one that has ended may be somebody else's by now.
pub(super) async fn kill_runner(app: &App) {
    let line = "pid=$(cat \"$1/runner.pid\") && grep -q runner- \"/proc/$pid/cmdline\" && kill -KILL \"$pid\" || true";
    app.server.exec(&["sh", "-c", line, "kill", &app.stack()]).await.expect("the server is up");
}

impl Gate {
    /// One of a laptop's program.
    pub(super) fn of(laptop: &Cli) -> Self {
        Self::Program(PathBuf::from(laptop.variable("PLIMSOLL_HOME")).join("held"))
    }

    /// Arms it for the next deployment.
    pub(super) async fn runner(app: &App, place: &str) -> Self {
        let line = "rm -f \"$1\"/failpoint* && printf '%s pause\\n' \"$2\" >\"$1/failpoint\" && chmod 644 \"$1/failpoint\"";
        app.server.exec(&["sh", "-c", line, "arm", &app.stack(), place]).await.expect("a stack");
        Self::Runner(app.server.clone(), app.stack())
    }

    /// What the program must be given to stand at its place.
    pub(super) fn variables<'a>(&'a self, place: &'a str) -> Vec<(&'static str, &'a str)> {
        match self {
            Self::Program(file) => {
                vec![("PLIMSOLL_FAILPOINT", place), ("PLIMSOLL_FAILPOINT_HOLD", file.to_str().expect("a plain path"))]
            }
            Self::Runner(..) => Vec::new(),
        }
    }

    pub(super) async fn is_reached(&self, deploying: &mut Started) {
        let look = async || {
            if self.is_shut().await {
                Ok(())
            } else {
                assert!(!deploying.is_over(), "it ended before its place");
                Err("it is on the way".to_owned())
            }
        };
        until("the place", ON_THE_WAY, look).await.unwrap();
    }

    async fn is_shut(&self) -> bool {
        match self {
            Self::Program(file) => file.exists(),
            Self::Runner(machine, stack) => {
                let hit = format!("{stack}/failpoint.hit");
                machine.exec_with(&["test", "-e", &hit], b"").await.is_ok_and(|output| output.status.success())
            }
        }
    }

    pub(super) async fn open(&self) {
        match self {
            // It may not be there, or not any more.
            Self::Program(file) => drop(fs::remove_file(file)),
            Self::Runner(machine, stack) => {
                machine.exec(&["touch", &format!("{stack}/failpoint.go")]).await.expect("the server is up");
            }
        }
    }

    /// A place that is passed several times holds nobody any more.
    async fn stay_open(&self) {
        loop {
            if let Self::Program(_) = self {
                self.open().await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
