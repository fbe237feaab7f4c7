//! Services that are not one container which runs: several of them, or one that ends.

use super::app::App;

/// The worker twice, and before the web a service that runs once and leaves a line each time.
fn in_parts(app: &App) -> String {
    let seed = "  seed:
    image: IMAGE
    command: ['sh', '-c', 'echo ran >> /data/ledger']
    volumes: ['data:/data']
  db:
";
    let image = super::super::shared::shared_lab().registry.base("busybox");
    let waits = "depends_on: { db: { condition: service_started }, seed: { condition: service_completed_successfully } }";
    app.compose()
        .replace("depends_on: [db]", waits)
        .replace("  worker:\n", "  worker:\n    deploy: { replicas: 2 }\n")
        .replace("  db:\n", &seed.replace("IMAGE", &image))
}

/// Name and start of the running containers.
async fn running(app: &App) -> Vec<(String, String)> {
    let line =
        "docker ps -q --filter label=com.docker.compose.project=$0 | xargs docker inspect -f '{{.Name}} {{.State.StartedAt}}'";
    let table = app.server.exec(&["sh", "-c", line, &app.name]).await.expect("containers");
    let mut rows: Vec<_> =
        table.lines().filter_map(|row| row.split_once(' ')).map(|(n, s)| (n.to_owned(), s.to_owned())).collect();
    rows.sort();
    rows
}

async fn ledger(app: &App) -> String {
    app.server.exec(&["docker", "exec", "parts-db-1", "cat", "/data/ledger"]).await.expect("a ledger")
}

#[tokio::test]
async fn every_replica_has_to_run_and_what_runs_once_is_not_run_again() {
    let app = App::new("parts").await;
    app.write("compose.yaml", &in_parts(&app));
    app.commit("in parts");
    app.deploy(&[]).await.is(0, "live");
    let first = running(&app).await;
    let names = |rows: &[(String, String)]| rows.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), ["/parts-db-1", "/parts-web-1", "/parts-worker-1", "/parts-worker-2"]);
    app.deploy(&[]).await.is(0, "nothing_to_do");

    app.server.exec(&["docker", "rm", "-f", "parts-worker-2"]).await.expect("docker rm");
    let again = app.deploy(&[]).await.is(0, "live");
    assert!(again.events.iter().any(|event| event["text"].to_string().contains("worker has 1 containers, not 2")), "{again:#?}");
    let second = running(&app).await;
    assert_eq!(names(&second), names(&first));
    assert_eq!(second[..2], first[..2], "the others were not touched");

    app.cli.run(&["restart", &app.name, "--yes", "--json"]).await.ok();
    let third = running(&app).await;
    assert_eq!(names(&third), names(&second));
    for (before, after) in second.iter().zip(&third) {
        assert_ne!(before, after, "it was restarted");
    }
    assert_eq!(ledger(&app).await, "ran\n");
    app.is_tidy().await;
    app.remove().await;
}
