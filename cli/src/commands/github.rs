//! `plimsoll github …`
//!
//! Owns: those acts' calls. Must never know: GitHub's protocols.

use plimsoll_core::api::{
    Session,
    github::{self, Connected, DeviceCode},
};

use super::{App, Stop, workflow};
use crate::{
    args::GithubCommand,
    exit::Exit,
    input,
    render::{github as words, neutral::neutral},
};

/// Does what is asked for.
pub(crate) async fn run(command: GithubCommand, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    match command {
        GithubCommand::Connect { token_stdin: true, .. } => {
            let token = input::stdin(input::LastLineEnd::Dropped)?;
            connected(&github::connect(&session, token).await?, app)
        }
        GithubCommand::Connect { client_id, .. } => by_code(client_id, &session, app).await,
        GithubCommand::Status => app.answer(&github::status(&session).await?, words::status),
        GithubCommand::Workflow(args) => workflow::workflow(args, &session, app).await,
        GithubCommand::Trust(args) => workflow::trust(args, &session, app).await,
        GithubCommand::Disconnect { .. } => {
            let disconnected = github::disconnect(&session).await?;
            app.answer(&disconnected, |d| {
                ["GitHub is not connected any more.".to_owned()].into_iter().chain(d.note.clone()).collect()
            })
        }
    }
}

async fn by_code(client_id: Option<String>, session: &Session, app: &App) -> Result<Exit, Stop> {
    let code = github::connect_begin(client_id).await?;
    for line in invitation(&code) {
        app.terminal.tell(&line);
    }
    connected(&github::connect_wait(session, code).await?, app)
}

fn invitation(code: &DeviceCode) -> [String; 2] {
    let minutes = code.expires_in.as_secs() / 60;
    [
        format!("Open {} and type this code: {}", neutral(&code.verification_uri), neutral(&code.user_code)),
        format!("Waiting for you, {minutes} min at most…"),
    ]
}

fn connected(connected: &Connected, app: &App) -> Result<Exit, Stop> {
    app.answer(connected, |c| {
        let first = format!("Connected to GitHub as {}.", neutral(&c.login));
        [first].into_iter().chain(c.note.clone()).collect()
    })
}
