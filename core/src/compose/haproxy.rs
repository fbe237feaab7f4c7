//! The switch's configuration.
//!
//! Owns: its text, and the name that follows from it. Must never know: how it gets to a server, who turns the switch.
//!
//! It says nothing of which colour serves: that is in a map beside it, which is written before the running switch is told, so that
//! a restart reads the same. Only the map is ever changed in a running switch: a reload would close idle connections, and taking
//! the only server of a backend away answers 503 at once.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::domain::{
    name::{ServiceName, StackName},
    switch::{Colour, Speech, SwitchPort},
};

/// Where the switch sees its folder.
pub const FOLDER: &str = "/switch";

/// What is the same for every service. The engine's DNS server at 127.0.0.11 says where a colour is. An address that is no longer
/// said is dropped at once, it may be another container's soon (`hold obsolete`); a server that does not answer at all says nothing
/// about addresses, so they are kept (`hold timeout`: the engine may be frozen or restarting). There are no health checks: a sick
/// app gets its requests as it would without a switch. Headers of 40 kB need a larger buffer than usual.
const HEAD: &str = "global
  maxconn 8000
  hard-stop-after 30s
  tune.bufsize 65536
  tune.http.maxhdr 1000
resolvers engine
  nameserver dns 127.0.0.11:53
  resolve_retries 2
  timeout resolve 300ms
  timeout retry 200ms
  hold valid 300ms
  hold nx 0s
  hold other 0s
  hold obsolete 0s
  hold timeout 24h
  hold refused 24h
defaults
  timeout connect 3s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 5m
  timeout http-request 60s
  timeout tunnel 24h
  timeout client-fin 30s
  retries 3
  option redispatch
  default-server resolvers engine resolve-prefer ipv4 init-addr last,libc,none
";

/// Who may open the folder may turn the switch: the login and root on the server, and the switch itself.
const ADMIN: &str = "frontend admin
  mode http
  bind unix@/switch/SERVICE.sock mode 666
  stats enable
  stats uri /stats
  stats show-legends
  http-request set-map(/switch/active.map) SERVICE blue if METH_POST { path /turn/blue }
  http-request set-map(/switch/active.map) SERVICE green if METH_POST { path /turn/green }
  http-request return status 200 content-type text/plain lf-string \"%[str(SERVICE),map(/switch/active.map,none)]\" unless { path_beg /stats }
";

/// Who a client is, where none of the user's proxies says so. What the world says of itself is not believed; a proxy on this machine
/// or its network is.
const CLIENTS: &str = "  acl near src 127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 ::1 fc00::/7
  http-request del-header X-Forwarded-For unless near
  option forwardfor if-none
";

/// What begins like a request of HTTP/1. What HAProxy would refuse as such is passed on as it comes, as it was without a switch; so
/// is HTTP/2 without TLS, which the app must get as that. No request is shorter than the words that tell the two apart.
const IS_HTTP: &str = "if HTTP !{ req.payload(0,14) -m str \"PRI * HTTP/2.0\" }";

/// How clients come to a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// Without a proxy in front, so that it has to be told who they are.
    pub first: bool,
    /// By IPv6 too. Where there is none it may not be listened on.
    pub ipv6: bool,
}

/// The text for a service.
#[must_use]
pub fn render(stack: &StackName, service: &ServiceName, ports: &[SwitchPort], reach: Reach) -> String {
    let mut text = HEAD.to_owned() + &ADMIN.replace("SERVICE", service.as_str());
    for port in ports {
        text += &passage(stack, service, *port, reach);
    }
    text
}

/// The way in by one port, and on to both colours. HTTP that is unusual and yet understood passes, in requests and in answers.
fn passage(stack: &StackName, service: &ServiceName, SwitchPort { port, speech }: SwitchPort, reach: Reach) -> String {
    let active = format!("  use_backend %[str({service}),map({FOLDER}/active.map,none)]_{port}");
    let patience = patience(speech, reach);
    let (mode, looks) = match patience {
        None => ("http", format!("  option accept-invalid-http-request\n{active}_http\n")),
        Some(delay) => {
            let looks = format!("  tcp-request inspect-delay {delay}\n  tcp-request content switch-mode http {IS_HTTP}\n");
            ("tcp", format!("{looks}{active}_http {IS_HTTP}\n{active}_raw\n"))
        }
    };
    let ipv6 = if reach.ipv6 { format!("  bind :::{port} v6only\n") } else { String::new() };
    let mut text = format!("frontend at_{port}\n  mode {mode}\n  bind :{port}\n{ipv6}{looks}");
    for colour in Colour::ALL {
        let server = format!("  server app {}:{port}\n", colour.address(stack, service));
        let clients = if reach.first { CLIENTS } else { "" };
        let lax = "  option accept-invalid-http-response\n";
        let _ = write!(text, "backend {colour}_{port}_http\n  mode http\n{lax}{clients}{server}");
        if patience.is_some() {
            let _ = write!(text, "backend {colour}_{port}_raw\n  mode tcp\n{server}");
        }
    }
    text
}

/// The configuration's name: another text has another one.
#[must_use]
pub fn name(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let hex: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.cfg")
}

/// How long a client's first words are looked at before they are passed on as they are. Where nobody knows that it is the client who
/// speaks first, each connection of a server that does waits as long. None: nothing but HTTP passes. The world's clients could else
/// say who they are by what is no proper request.
fn patience(speech: Speech, reach: Reach) -> Option<&'static str> {
    match speech {
        Speech::Http if reach.first => None,
        Speech::Http => Some("30s"),
        Speech::Unknown => Some("300ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, name, render};
    use crate::domain::switch::{Speech, SwitchPort};

    const PORTS: [SwitchPort; 2] =
        [SwitchPort { port: 8080, speech: Speech::Http }, SwitchPort { port: 5222, speech: Speech::Unknown }];

    fn text(first: bool) -> String {
        render(&"shop".parse().unwrap(), &"api".parse().unwrap(), &PORTS, Reach { first, ipv6: first })
    }

    #[test]
    fn each_port_has_a_way_to_each_colour() {
        let text = text(true);
        for line in ["app shop-api-blue:8080", "app shop-api-green:8080", "app shop-api-green:5222", "bind :5222"] {
            assert!(text.contains(line), "{line}");
        }
        assert_eq!(text.matches("inspect-delay 300ms").count(), 1, "an unknown server may speak first");
        assert!(text.contains("at_8080\n  mode http"), "who comes from the world speaks HTTP where that is known");
        assert!(text.contains("del-header X-Forwarded-For unless near"), "the world does not say who it is");
    }

    #[test]
    fn its_name_follows_from_it() {
        assert_eq!(name(&text(true)), name(&text(true)));
        assert_ne!(name(&text(true)), name(&text(false)), "behind a proxy nobody is named twice");
        assert_eq!((text(true).matches("v6only").count(), text(false).matches("v6only").count()), (2, 0));
    }

    /// The judge itself, where it is installed.
    #[test]
    fn haproxy_accepts_it() {
        let folder = tempfile::tempdir().unwrap();
        let text = text(true).replace("/switch/", &format!("{}/", folder.path().display()));
        std::fs::write(folder.path().join("active.map"), "api blue\n").unwrap();
        let file = folder.path().join("x.cfg");
        std::fs::write(&file, text).unwrap();
        let Ok(output) = std::process::Command::new("haproxy").arg("-c").arg("-f").arg(&file).output() else { return };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
