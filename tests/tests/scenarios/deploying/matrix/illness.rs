//! Releases behind switches that are ill in a way of their own: the old one serves on, and the user is told what it was.
//!
//! Owns: those releases. Must never know: who dies on the way.

use super::{
    super::{
        super::{load::Load, shared::shared_lab},
        cli::Finished,
    },
    pair::Pair,
};

const EAT: &str = "exec dd if=/dev/zero of=/dev/null bs=512M count=1\n";
/// Its page says what it is, by a program that can fail although the health page is well.
const PAGE: &str = r#"cat >/tmp/www/cgi-bin/page <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
exec cat /tmp/www/index.html
END
chmod 755 /tmp/www/cgi-bin/page
"#;
const BROKEN: &str = r#"printf '#!/bin/sh\nprintf "HTTP/1.0 500 Oh\\r\\nContent-Length: 0\\r\\n\\r\\n"\n' >/tmp/www/cgi-bin/page
"#;

async fn pair(name: &str) -> Pair {
    Pair::on(name, shared_lab().machine("server").expect("a server")).await
}

/// Undone, with this code and these words; who served before does so, wholly.
async fn is_undone(pair: &Pair, ended: Finished, code: &str, words: &str) {
    let ended = ended.is(1, "rolled_back").fails(1, code);
    assert!(ended.problem().1.contains(words), "{ended:#?}");
    assert_eq!(pair.serves().await.expect("it is whole"), "v1");
    let newest = pair.newest().await;
    assert_eq!((&newest["status"], &newest["problem"]), (&"rolled_back".into(), &ended.last()["problem"]));
    pair.app.is_tidy().await;
}

/// Killed for its memory when it starts, and when its users have been sent to it.
#[tokio::test]
async fn one_that_takes_too_much_memory_is_told_its_limit_and_nobody_misses_the_old_one() {
    let pair = pair("hungry").await;
    let limit = "  api:\n    <<: *ends\n    mem_limit: 32m\n    memswap_limit: 32m\n";
    pair.app.write("compose.yaml", &pair.compose().replace("  api:\n    <<: *ends\n", limit));
    pair.app.commit("with a limit");
    pair.app.deploy(&[]).await.is(0, "live");
    pair.app.write("plimsoll.toml", &pair.settings().replace("soak = \"1s\"", "soak = \"60s\""));
    let load = Load::start((pair.app.server.ip, pair.app.port).into(), 20);
    pair.app.write("sick", EAT);
    pair.app.next("hungry at once");
    let ended = pair.app.deploy(&[]).await;
    is_undone(&pair, ended, "out_of_memory", "its limit is 32 MiB").await;
    pair.app.write("sick", &format!("httpd -p 8080 -h /tmp/www; until [ -e /tmp/eat ]; do sleep 0.2; done; {EAT}"));
    pair.app.next("hungry later");
    let mut deploying = pair.app.start(&[], &[]);
    deploying.until_step("soak").await;
    let line = "for id in $(docker ps -q --filter \"name=^$1-api-(blue|green)-\"); do docker exec \"$id\" touch /tmp/eat; done";
    pair.app.server.exec(&["sh", "-c", line, "eat", &pair.app.name]).await.expect("they run");
    is_undone(&pair, deploying.end().await, "out_of_memory", "its limit is 32 MiB").await;
    let counted = load.end().await;
    assert_eq!(counted.lost, [""; 0], "{:?}", counted.answers);
    pair.app.remove().await;
}

/// Its health page is well, what its users ask for is not: only the question through the public port shows it.
#[tokio::test]
async fn one_whose_health_check_lies_is_found_out_at_the_public_port() {
    let pair = pair("liar").await;
    let [web, api] = ["[services.web]\nprobe = { http = \"/\"", "[services.api]\nprobe = { http = \"/\""];
    let healthy = |text: &str| text.replace("\"/\"", "\"/health\"");
    let settings = pair.settings().replace(web, &healthy(web)).replace(api, &healthy(api));
    let url = format!(":{}/\"", pair.app.port);
    pair.app.write("plimsoll.toml", &settings.replace(&url, &format!(":{}/cgi-bin/page\"", pair.app.port)));
    pair.app.write("sick", PAGE);
    pair.app.commit("asked at another page");
    pair.app.deploy(&[]).await.is(0, "live");
    pair.app.write("sick", BROKEN);
    pair.app.next("a liar");
    let ended = pair.app.deploy(&[]).await;
    is_undone(&pair, ended, "unhealthy", "answers 500").await;
    let newest = pair.newest().await;
    assert!(newest["gap_ms"].as_u64().is_some_and(|gap| gap > 0), "its users saw it: {newest}");
    pair.app.git(&["rm", "-q", "-f", "sick"]);
    pair.app.write("sick", PAGE);
    let page = pair.next();
    pair.app.deploy(&[]).await.is(0, "live");
    assert_eq!(pair.serves().await.expect("it is whole"), page);
    pair.app.remove().await;
}
