//! The display of a desktop.
//!
//! Owns: the X server, its windows and pictures of them. Must never know: what a window shows.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Duration,
};

use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection as _,
    protocol::{
        xproto::{
            AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, ImageFormat, InputFocus,
            KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MapState, Window, WindowClass,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

use super::{Outcome, Parts, Picture};
use crate::lab::until;

const SIZE: &str = "1280x800x24";

/// An area of a window: left, top, width, height.
pub type Area = (i16, i16, u16, u16);

/// The display.
pub struct Screen {
    number: u32,
    pub(super) connection: RustConnection,
    pub(super) root: Window,
}

impl Screen {
    pub(super) fn start(parts: &Parts<'_>) -> Outcome<Self> {
        let mut command = parts.command("Xvfb");
        // It chooses a free display itself, and says which as soon as it listens.
        command.args(["-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp", "-noreset"]);
        let mut server = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(server.stdout.take().ok_or("no pipe")?).read_line(&mut line)?;
        let number = line.trim().parse().map_err(|_| "the X server did not start")?;
        let (connection, screen) = x11rb::connect(Some(&format!(":{number}")))?;
        let root = connection.setup().roots.get(screen).ok_or("a display without a screen")?.root;
        Ok(Self { number, connection, root })
    }

    /// What `DISPLAY` is.
    #[must_use]
    pub fn display(&self) -> String {
        format!(":{}", self.number)
    }

    /// Waits for a window with this title.
    ///
    /// # Errors
    /// When none is shown in time.
    pub async fn window(&self, title: &str, within: Duration) -> Outcome<Window> {
        let mut found = None;
        let look = async || {
            found = self.find(title).map_err(|error| error.to_string())?;
            found.map(|_| ()).ok_or_else(|| "there is none".to_owned())
        };
        until(&format!("a window called “{title}”"), within, look).await?;
        found.ok_or_else(|| "the window went away".into())
    }

    /// Waits until no window has this title.
    ///
    /// # Errors
    /// When one is still there in the end.
    pub async fn no_window(&self, title: &str, within: Duration) -> Outcome<()> {
        let look = async || match self.find(title).map_err(|error| error.to_string())? {
            Some(_) => Err("it is still there".to_owned()),
            None => Ok(()),
        };
        Ok(until(&format!("the end of the window called “{title}”"), within, look).await?)
    }

    /// The window with this title, if one is shown.
    ///
    /// # Errors
    /// When the X server does not answer.
    pub fn find(&self, title: &str) -> Outcome<Option<Window>> {
        let mut below = vec![self.root];
        while let Some(window) = below.pop() {
            // A window may go away between two questions.
            let Ok(tree) = self.connection.query_tree(window)?.reply() else { continue };
            if self.title(window)?.is_some_and(|found| found == title) && self.is_shown(window)? {
                return Ok(Some(window));
            }
            below.extend(tree.children);
        }
        Ok(None)
    }

    /// Puts a window without a name before all others, until this display is let go.
    ///
    /// # Errors
    /// When the X server refuses.
    pub fn cover(&self) -> Outcome<()> {
        let size = self.connection.get_geometry(self.root)?.reply()?;
        let (window, class, more) = (self.connection.generate_id()?, WindowClass::INPUT_OUTPUT, CreateWindowAux::new());
        let (width, height) = (size.width, size.height);
        self.connection.create_window(0, window, self.root, 0, 0, width, height, 0, class, 0, &more)?.check()?;
        self.connection.map_window(window)?.check()?;
        Ok(self.connection.sync()?)
    }

    /// Whether no other window is before this one.
    ///
    /// # Errors
    /// When the X server does not answer.
    pub fn is_in_front(&self, window: Window) -> Outcome<bool> {
        // From the hindmost to the foremost; toolkits keep some that are not shown.
        for child in self.connection.query_tree(self.root)?.reply()?.children.into_iter().rev() {
            if self.is_shown(child)? {
                return Ok(child == window);
            }
        }
        Ok(false)
    }

    /// Asks a window to close, as the button in its frame does.
    ///
    /// # Errors
    /// When the X server refuses.
    pub fn close(&self, window: Window) -> Outcome<()> {
        let (protocols, delete) = (self.atom("WM_PROTOCOLS")?, self.atom("WM_DELETE_WINDOW")?);
        let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
        self.connection.send_event(false, window, EventMask::NO_EVENT, message)?.check()?;
        Ok(self.connection.sync()?)
    }

    /// Presses and releases a key in a window that takes the keyboard.
    ///
    /// # Errors
    /// When the X server refuses.
    pub fn key(&self, window: Window, keysym: u32) -> Outcome<()> {
        let code = self.code(keysym)?;
        self.connection.set_input_focus(InputFocus::PARENT, window, CURRENT_TIME)?.check()?;
        for kind in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
            self.connection.xtest_fake_input(kind, code, CURRENT_TIME, NONE, 0, 0, 0)?.check()?;
        }
        Ok(self.connection.sync()?)
    }

    /// What is seen of a window, or of an area of it.
    ///
    /// # Errors
    /// When it is not on the screen.
    pub fn picture(&self, window: Window, area: Option<Area>) -> Outcome<Picture> {
        let (left, top, width, height) = match area {
            Some(area) => area,
            None => {
                let size = self.connection.get_geometry(window)?.reply()?;
                (0, 0, size.width, size.height)
            }
        };
        let asked = self.connection.get_image(ImageFormat::Z_PIXMAP, window, left, top, width, height, !0)?;
        Ok(Picture::new(width, height, asked.reply()?.data))
    }

    /// The key of the keyboard that means this.
    fn code(&self, keysym: u32) -> Outcome<u8> {
        let (least, most) = (self.connection.setup().min_keycode, self.connection.setup().max_keycode);
        let map = self.connection.get_keyboard_mapping(least, most - least + 1)?.reply()?;
        let place = map.keysyms.iter().position(|one| *one == keysym).ok_or("the keyboard has no such key")?;
        Ok(least + u8::try_from(place / usize::from(map.keysyms_per_keycode))?)
    }

    fn title(&self, window: Window) -> Outcome<Option<String>> {
        let asked = self.connection.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 1024)?;
        Ok(asked.reply().ok().map(|title| String::from_utf8_lossy(&title.value).into_owned()))
    }

    fn is_shown(&self, window: Window) -> Outcome<bool> {
        let attributes = self.connection.get_window_attributes(window)?.reply();
        let size = self.connection.get_geometry(window)?.reply();
        // Toolkits keep small helpers under the same name.
        Ok(attributes.is_ok_and(|found| found.map_state == MapState::VIEWABLE) && size.is_ok_and(|size| size.width > 100))
    }

    pub(super) fn atom(&self, name: &str) -> Outcome<u32> {
        Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A killed X server leaves its socket.
        let _ = fs::remove_file(format!("/tmp/.X11-unix/X{}", self.number));
    }
}
