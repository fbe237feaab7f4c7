//! The clipboard of a display.
//!
//! Owns: asking whoever holds it for its text. Must never know: who that is.

use std::time::Duration;

use x11rb::{
    CURRENT_TIME,
    connection::Connection as _,
    protocol::{
        Event,
        xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, Window, WindowClass},
    },
};

use super::{Outcome, Screen};
use crate::lab::until;

const PATIENCE: Duration = Duration::from_secs(10);

impl Screen {
    /// The text on the clipboard.
    ///
    /// # Errors
    /// When there is none, or its holder does not answer.
    pub async fn clipboard(&self) -> Outcome<String> {
        let asking = self.connection.generate_id()?;
        let (class, more) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
        self.connection.create_window(0, asking, self.root, 0, 0, 1, 1, 0, class, 0, &more)?.check()?;
        let text = self.ask(asking).await;
        self.connection.destroy_window(asking)?.check()?;
        text
    }

    async fn ask(&self, asking: Window) -> Outcome<String> {
        let (clipboard, utf8) = (self.atom("CLIPBOARD")?, self.atom("UTF8_STRING")?);
        let place = self.atom("PLIMSOLL_CLIPBOARD")?;
        self.connection.convert_selection(asking, clipboard, utf8, place, CURRENT_TIME)?.check()?;
        let answered = async || match self.connection.poll_for_event() {
            Ok(Some(Event::SelectionNotify(answer))) if answer.property == place => Ok(()),
            Ok(other) => Err(format!("{other:?}")),
            Err(error) => Err(error.to_string()),
        };
        until("the text on the clipboard", PATIENCE, answered).await?;
        let found = self.connection.get_property(true, asking, place, AtomEnum::ANY, 0, u32::MAX)?.reply()?;
        Ok(String::from_utf8(found.value)?)
    }
}
