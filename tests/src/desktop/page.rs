//! The app's page, used as a person does: by what is written on it.
//!
//! Owns: finding and waiting. Must never know: what a page should say.

use std::{path::Path, time::Duration};

use serde_json::Value;

use super::{
    Outcome,
    webdriver::{Element, WebDriver},
};
use crate::lab::until;

/// For what the page itself does; whoever waits for a machine says how long.
const SOON: Duration = Duration::from_secs(20);

/// The page in the window.
pub struct Page(WebDriver);

impl Page {
    pub(super) fn new(driver: WebDriver) -> Self {
        Self(driver)
    }

    /// Presses the button or follows the link with this label.
    ///
    /// # Errors
    /// When it is not there, or cannot be pressed, for too long.
    pub async fn press(&self, label: &str) -> Outcome<()> {
        self.click(&format!("//{}", pressable(label))).await
    }

    /// [`Page::press`], until the page says something: a page that moves in that moment makes a press miss.
    ///
    /// # Errors
    /// When it does not say so however often it is pressed.
    pub async fn press_until(&self, label: &str, text: &str, within: Duration) -> Outcome<()> {
        const ANSWER: Duration = Duration::from_secs(5);
        let press = async || {
            let missed = self.press(label).await.err();
            let answer = self.says(text, ANSWER).await.map_err(|error| error.to_string());
            answer.map_err(|error| missed.map_or(error, |missed| missed.to_string()))
        };
        Ok(until(&format!("“{text}” after pressing “{label}”"), within, press).await?)
    }

    /// [`Page::press`] in the open dialog.
    ///
    /// # Errors
    /// When it is not there, or cannot be pressed, for too long.
    pub async fn confirm(&self, label: &str) -> Outcome<()> {
        self.click(&format!("//*[@role='dialog' or @role='alertdialog']//{}", pressable(label))).await
    }

    /// Chooses one of a few, a tick box or a switch by its label.
    ///
    /// # Errors
    /// When there is none.
    pub async fn choose(&self, label: &str) -> Outcome<()> {
        let label = quoted(label);
        self.click(&format!("//label[normalize-space()={label} or bdi[normalize-space()={label}]]//input")).await
    }

    /// Chooses the entry of a list that begins with this text.
    ///
    /// # Errors
    /// When there is none.
    pub async fn pick(&self, text: &str) -> Outcome<()> {
        self.click(&format!("//option[starts-with(normalize-space(), {})]", quoted(text))).await
    }

    /// Types into the field with this label, in place of what is there.
    ///
    /// # Errors
    /// When there is none.
    pub async fn fill(&self, label: &str, text: &str) -> Outcome<()> {
        let xpath = format!("//label[normalize-space()={}]/following::input[1]", quoted(label));
        let fill = async || self.try_fill(&xpath, text).await.map_err(|error| error.to_string());
        Ok(until(&format!("the field “{label}”"), SOON, fill).await?)
    }

    /// Waits until the page says this.
    ///
    /// # Errors
    /// When it does not in time; the error carries what it says instead.
    pub async fn says(&self, text: &str, within: Duration) -> Outcome<()> {
        let look = async || {
            let all = self.text().await.map_err(|error| error.to_string())?;
            if all.contains(text) { Ok(()) } else { Err(all) }
        };
        Ok(until(&format!("“{text}” on the page"), within, look).await?)
    }

    /// [`Page::says`] for what the page itself does.
    ///
    /// # Errors
    /// When it does not soon.
    pub async fn shows(&self, text: &str) -> Outcome<()> {
        self.says(text, SOON).await
    }

    /// What the page says.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn text(&self) -> Outcome<String> {
        Ok(self.0.run("return document.body.innerText").await?.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until an XPath finds something.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn has(&self, xpath: &str, within: Duration) -> Outcome<()> {
        let look = async || self.0.find(xpath).await.map(|_| ()).map_err(|error| error.to_string());
        match until(xpath, within, look).await {
            Ok(()) => Ok(()),
            Err(error) => Err(format!("{error}\n{}", self.text().await.unwrap_or_default()).into()),
        }
    }

    /// Runs the body of a function in the page.
    ///
    /// # Errors
    /// When it throws.
    pub async fn run(&self, script: &str) -> Outcome<Value> {
        self.0.run(script).await
    }

    /// [`Page::run`] for one that calls its first argument with the answer.
    ///
    /// # Errors
    /// When it throws or never calls.
    pub async fn run_async(&self, script: &str) -> Outcome<Value> {
        self.0.run_async(script).await
    }

    /// Presses keys at an element.
    ///
    /// # Errors
    /// When there is none.
    pub async fn keys(&self, xpath: &str, keys: &str) -> Outcome<()> {
        let element = self.0.find(xpath).await?;
        self.0.keys(&element, keys).await
    }

    /// Writes what is seen as PNG.
    ///
    /// # Errors
    /// When the page cannot be drawn or the file not be written.
    pub async fn photograph(&self, file: &Path) -> Outcome<()> {
        // The first picture of a new window may be taken before anything was drawn: one colour makes a small file.
        const BLANK: usize = 6000;
        let take = async || {
            self.0.run(STIR).await.map_err(|error| error.to_string())?;
            let png = self.0.picture().await.map_err(|error| error.to_string())?;
            if png.len() < BLANK { Err("it is blank".to_owned()) } else { std::fs::write(file, png).map_err(|e| e.to_string()) }
        };
        Ok(until(&format!("a picture for {}", file.display()), SOON, take).await?)
    }

    async fn click(&self, xpath: &str) -> Outcome<()> {
        let click = async || self.try_click(xpath).await.map_err(|error| error.to_string());
        match until(&format!("a click at {xpath}"), SOON, click).await {
            Ok(()) => Ok(()),
            Err(error) => Err(format!("{error}\n{}", self.text().await.unwrap_or_default()).into()),
        }
    }

    async fn try_click(&self, xpath: &str) -> Outcome<()> {
        let element = self.0.find(xpath).await?;
        self.0.click(&element).await
    }

    async fn try_fill(&self, xpath: &str, text: &str) -> Outcome<()> {
        let element: Element = self.0.find(xpath).await?;
        self.0.fill(&element, text).await
    }
}

/// The driver takes the next picture that the page draws, and one that rests draws none: for two seconds a point in a corner
/// changes.
const STIR: &str = "const point = document.createElement('i');
  point.style.cssText = 'position:fixed;left:0;bottom:0;width:1px;height:1px;background:#777777';
  document.body.append(point);
  let left = 40;
  const stir = setInterval(() => {
    point.style.background = left % 2 ? '#777777' : '#787878';
    if (--left === 0) { clearInterval(stir); point.remove(); }
  }, 50);";

/// A button or link as an XPath. A shortcut may stand beside its label; one that is busy or barred is passed over.
fn pressable(label: &str) -> String {
    let label = quoted(label);
    let own_text = "normalize-space(text()[normalize-space()])";
    let called = format!("normalize-space()={label} or {own_text}={label} or @aria-label={label}");
    format!("*[self::button or self::a][({called}) and not(@aria-disabled='true') and not(@aria-busy='true')]")
}

/// A text within an XPath, which knows no escapes.
fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}
