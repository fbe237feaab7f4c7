//! The clients are honest: what a server does wrong is counted, no more and no less.

use std::{net::SocketAddr, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    super::app::{App, Fault},
    Kind, Lasting, Load, Mix, PATIENCE, Taken,
    request::{Connection, Loss, once},
};

struct Server {
    at: SocketAddr,
    end: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(app: App) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), app).await
    }

    async fn start_at(at: SocketAddr, app: App) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let (at, end) = (listener.local_addr().unwrap(), CancellationToken::new());
        Self { at, serving: tokio::spawn(app.serve(listener, end.clone())), end }
    }

    /// Drains and is gone.
    async fn stop(self) {
        self.end.cancel();
        self.serving.await.unwrap();
    }
}

fn app(version: u32) -> App {
    App { version: version.to_string(), work: Duration::from_millis(20), ..App::default() }
}

/// Loads it until so many pages were asked for.
async fn pages(at: SocketAddr, mix: Mix, pages: usize) -> Taken {
    let load = Load::start(at, &mix);
    while load.clients.taken().asked(Kind::Get) < pages {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    load.stop().await
}

#[tokio::test]
async fn of_a_server_that_fails_exactly_so_many_exactly_so_many_are_lost() {
    let mut faults = vec![None; 300];
    for (fault, number) in [(Fault::Drop, 17), (Fault::Unavailable, 9), (Fault::Truncate, 5)] {
        let free: Vec<_> = faults.iter().enumerate().filter(|(_, at)| at.is_none()).map(|(at, _)| at).collect();
        free.iter().step_by(7).take(number).for_each(|at| faults[*at] = Some(fault));
    }
    let server = Server::start(App { faults, ..app(1) }).await;
    let taken = pages(server.at, Mix { gets: 200, ..Mix::default() }, 310).await;
    assert_eq!(taken.lost(Kind::Get), 31);
    let reasons = taken.reasons();
    let count = |loss: Loss| reasons.get(&format!("Get: {loss}")).copied().unwrap_or_default();
    assert_eq!((count(Loss::Cut), count(Loss::Status(503)), count(Loss::Short)), (17, 9, 5), "{reasons:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_is_well_loses_nothing_also_while_it_drains() {
    let server = Server::start(app(1)).await;
    let mix = Mix { slow: 0, uploads: 0, ..Mix::of_everything(200) };
    let taken = pages(server.at, mix, 200).await;
    assert_eq!(taken.reasons(), [].into());
    assert_eq!((taken.cuts(), taken.went_back(super::Direction::Up, Duration::ZERO, Duration::MAX)), (0, 0));
    for kind in [Lasting::Events, Lasting::WebSocket] {
        assert_eq!((taken.opened(kind), taken.broken(kind, Duration::ZERO)), (5, 0), "{kind:?}");
    }
    assert!(taken.asked(Kind::Post) > 0 && taken.asked(Kind::KeptAlive) > 10);
    let draining = tokio::spawn(once(server.at, Kind::Slow));
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop().await;
    assert!(draining.await.unwrap().is_ok(), "it was asked before it was asked to end");
}

#[tokio::test]
async fn what_comes_after_its_time_is_lost() {
    let faults = vec![Some(Fault::Late(PATIENCE))];
    let server = Server::start(App { faults, ..app(1) }).await;
    let taken = pages(server.at, Mix { gets: 20, ..Mix::default() }, 5).await;
    assert_eq!((taken.lost(Kind::Get), taken.reasons().into_keys().collect()), (1, vec!["Get: too late".to_owned()]));
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_loses_what_is_asked_meanwhile_and_breaks_what_was_open() {
    let server = Server::start(app(1)).await;
    let at = server.at;
    let load = Load::start(at, &Mix { gets: 100, kept_alive: 3, sockets: 2, events: 2, ..Mix::default() });
    load.answered_by(1, Duration::ZERO, Duration::from_secs(5)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let away = load.now();
    server.stop().await;
    let gone = load.now();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let back = load.now();
    let server = Server::start_at(at, app(2)).await;
    load.answered_by(2, away, Duration::from_secs(5)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let taken = load.stop().await;
    let due = |from, to| taken.of(Kind::Get).filter(|sample| sample.sent >= from && sample.sent < to).count();
    let (least, most, lost) = (due(gone, back), due(away, back) + 1, taken.lost(Kind::Get));
    assert!(least > 30 && (least..=most).contains(&lost), "{lost} of {least} to {most}: {:?}", taken.reasons());
    assert!(taken.longest_gap() >= Duration::from_millis(450), "{:?}", taken.longest_gap());
    assert_eq!(taken.cuts(), 3);
    for kind in [Lasting::Events, Lasting::WebSocket] {
        // Each of the two ended, and then could not be opened again.
        assert_eq!(taken.broken(kind, Duration::from_secs(1)), 4, "{kind:?}");
    }
    assert_eq!(taken.went_back(super::Direction::Up, Duration::ZERO, Duration::MAX), 0);
    server.stop().await;
}

#[tokio::test]
async fn an_answer_of_somebody_else_is_lost() {
    let server = Server::start(App { version: "one".to_owned(), ..app(1) }).await;
    assert_eq!(once(server.at, Kind::Get).await.map(|a| a.version), Err(Loss::Wrong), "no version");
    server.stop().await;
    let server = Server::start(app(1)).await;
    let mut connection = Connection::open(server.at).await.unwrap();
    for kind in [Kind::KeptAlive, Kind::Post, Kind::Upload] {
        assert_eq!(connection.ask(kind, false).await.map(|a| a.version), Ok(1), "{kind:?}");
    }
    server.stop().await;
}
