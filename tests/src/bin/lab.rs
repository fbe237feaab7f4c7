//! `lab`: brings a lab up, lists labs, takes one down.
//!
//! Owns: the command line. Must never know: how any of it is done.

use std::{
    io::{Read as _, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use plimsoll_lab::lab::{self, DockerAccess, Lab, LabError, LabOptions, MachineOptions, Owner};
use serde_json::{Value, json};

#[derive(Parser)]
#[command(name = "lab", about = "A server, a build VM, a registry and ECR on this machine")]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Bring a lab up
    Up(Up),
    /// Take a lab down
    Down {
        /// Its name
        #[arg(long, default_value = "dev")]
        name: String,
    },
    /// List the labs of this machine
    List,
    /// Show what a running lab consists of, as JSON
    Show {
        /// Its name
        #[arg(long, default_value = "dev")]
        name: String,
    },
    /// Run a command as root on a machine of a running lab
    Exec {
        /// The lab's name
        #[arg(long, default_value = "dev")]
        name: String,
        /// The machine's name
        machine: String,
        /// The command
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

#[derive(clap::Args)]
struct Up {
    /// Its name
    #[arg(long, default_value = "dev")]
    name: String,
    /// Print destinations, keys, addresses and credentials as JSON
    #[arg(long)]
    json: bool,
    /// Size of the server's disk in MiB
    #[arg(long, default_value_t = 8192, value_name = "MIB")]
    server_disk: u64,
    /// Size of the build VM's disk in MiB
    #[arg(long, default_value_t = 8192, value_name = "MIB")]
    vm_disk: u64,
    /// The login of the server reaches Docker only through sudo
    #[arg(long)]
    sudo: bool,
    /// No ECR
    #[arg(long)]
    no_ecr: bool,
    /// Stay, and take the lab down when standard input ends
    #[arg(long)]
    hold: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match act(Arguments::parse().action).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "lab: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn act(action: Action) -> Result<(), LabError> {
    match action {
        Action::Up(up) => bring_up(up).await,
        Action::Down { name } => lab::take_down(&name).await,
        Action::List => {
            for record in lab::labs() {
                let state = if record.is_abandoned() { "abandoned" } else { "up" };
                say(&format!("{}\t10.77.{}.0/24\t{state}", record.name, record.subnet.0));
            }
            Ok(())
        }
        Action::Show { name } => {
            say(&describe(&Lab::attach(&name)?).await?.to_string());
            Ok(())
        }
        Action::Exec { name, machine, command } => {
            let argv: Vec<&str> = command.iter().map(String::as_str).collect();
            let said = Lab::attach(&name)?.machine(&machine)?.exec(&argv).await?;
            say(said.trim_end());
            Ok(())
        }
    }
}

async fn bring_up(up: Up) -> Result<(), LabError> {
    let mut server = MachineOptions { disk_mib: up.server_disk, ..MachineOptions::named("server") };
    if up.sudo {
        server.access = DockerAccess::Sudo;
    }
    let vm = MachineOptions { disk_mib: up.vm_disk, ..MachineOptions::named("vm") };
    let owner = if up.hold { Owner::ThisProcess } else { Owner::Nobody };
    let lab = Lab::up(LabOptions { name: up.name, machines: vec![server, vm], ecr: !up.no_ecr, owner }).await?;
    let description = describe(&lab).await?;
    if up.json {
        say(&description.to_string());
    } else {
        say(&format!("lab `{}` is up; ssh -F {} {}-server", lab.name, lab.ssh_config.display(), lab.name));
    }
    if up.hold {
        wait_for_end_of_input().await;
        lab.down().await?;
    }
    Ok(())
}

async fn describe(lab: &Lab) -> Result<Value, LabError> {
    let mut machines = Vec::new();
    for machine in &lab.machines {
        machines.push(json!({
            "name": machine.name,
            "destination": machine.destination(),
            "ssh_alias": format!("{}-{}", lab.name, machine.name),
            "ip": machine.ip,
            "ssh_port": machine.ssh_port,
            "user": machine.user,
            "key": machine.key,
            "host_key": machine.host_key("ed25519").await?,
        }));
    }
    let images: serde_json::Map<_, _> =
        lab::base_image_names().map(|name| (name.to_owned(), lab.registry.base(name).into())).collect();
    Ok(json!({
        "name": lab.name,
        "machines": machines,
        "key": lab.key,
        "ssh_config": lab.ssh_config,
        "laptop": lab.subnet.laptop(),
        "registry": {
            "address": lab.registry.address,
            "url": format!("http://{}", lab.registry.address),
            "user": lab.registry.user,
            "password": lab.registry.password,
        },
        "ecr": lab.ecr,
        "images": images,
    }))
}

async fn wait_for_end_of_input() {
    let read = tokio::task::spawn_blocking(|| {
        let mut rest = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut rest);
    });
    let _ = read.await;
}

fn say(line: &str) {
    // A closed standard output is the reader's choice.
    let _ = writeln!(std::io::stdout(), "{line}");
}
