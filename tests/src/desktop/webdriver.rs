//! The WebDriver protocol, as far as it is needed.
//!
//! Owns: requests and their answers. Must never know: what is looked for on a page.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Outcome;

/// The key under which the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Longer than any single act takes on a busy machine; the first one starts the app.
const PATIENCE: Duration = Duration::from_mins(2);

/// An element of the page, as the driver calls it.
pub(super) struct Element(String);

/// A session: one running app.
pub(super) struct WebDriver {
    http: reqwest::Client,
    url: String,
}

impl WebDriver {
    /// Has the driver at this port start a program, or take the one that it was started for.
    pub(super) async fn begin(port: u16, program: Option<&str>) -> Outcome<Self> {
        plimsoll_core::tls::install();
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        let options = match program {
            Some(program) => json!({ "webkitgtk:browserOptions": { "binary": program, "args": [] } }),
            None => json!({}),
        };
        let asked = json!({ "capabilities": { "alwaysMatch": options } });
        let base = format!("http://127.0.0.1:{port}/session");
        let answer = value(http.post(&base).json(&asked).send().await?).await?;
        let id = answer["sessionId"].as_str().ok_or("the driver names no session")?;
        Ok(Self { url: format!("{base}/{id}"), http })
    }

    /// The first element that an XPath finds.
    pub(super) async fn find(&self, xpath: &str) -> Outcome<Element> {
        let found = self.post("element", json!({ "using": "xpath", "value": xpath })).await?;
        Ok(Element(found[ELEMENT].as_str().ok_or("no element")?.to_owned()))
    }

    pub(super) async fn click(&self, element: &Element) -> Outcome<()> {
        self.post(&format!("element/{}/click", element.0), json!({})).await.map(|_| ())
    }

    /// Replaces what is in a field by typing.
    pub(super) async fn fill(&self, element: &Element, text: &str) -> Outcome<()> {
        self.post(&format!("element/{}/clear", element.0), json!({})).await?;
        self.post(&format!("element/{}/value", element.0), json!({ "text": text })).await.map(|_| ())
    }

    /// Types where the focus is, or at an element.
    pub(super) async fn keys(&self, element: &Element, text: &str) -> Outcome<()> {
        self.post(&format!("element/{}/value", element.0), json!({ "text": text })).await.map(|_| ())
    }

    /// Runs the body of a function in the page.
    pub(super) async fn run(&self, script: &str) -> Outcome<Value> {
        self.post("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// Runs one that calls its first argument with the answer.
    pub(super) async fn run_async(&self, script: &str) -> Outcome<Value> {
        self.post("execute/async", json!({ "script": script, "args": [] })).await
    }

    /// The page as PNG.
    pub(super) async fn picture(&self) -> Outcome<Vec<u8>> {
        let png = value(self.http.get(format!("{}/screenshot", self.url)).send().await?).await?;
        Ok(STANDARD.decode(png.as_str().ok_or("no picture")?)?)
    }

    /// Turns to the window that is there: one that the driver did not open itself.
    pub(super) async fn take_window(&self) -> Outcome<()> {
        let handles = value(self.http.get(format!("{}/window/handles", self.url)).send().await?).await?;
        let window = handles.as_array().and_then(|handles| handles.last()).ok_or("there is no window")?;
        self.post("window", json!({ "handle": window })).await.map(|_| ())
    }

    async fn post(&self, what: &str, body: Value) -> Outcome<Value> {
        value(self.http.post(format!("{}/{what}", self.url)).json(&body).send().await?).await
    }
}

async fn value(answer: reqwest::Response) -> Outcome<Value> {
    let failed = !answer.status().is_success();
    let mut body: Value = answer.json().await?;
    let value = body["value"].take();
    if failed {
        return Err(format!("{}: {}", value["error"], value["message"]).into());
    }
    Ok(value)
}
