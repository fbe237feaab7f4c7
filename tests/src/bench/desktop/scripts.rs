//! What is done in the page while it is measured.
//!
//! Owns: scripts that say how long something took, and what was seen meanwhile. Must never know: what is a good answer.

use plimsoll_core::domain::id::DeploymentId;

/// Frames of one scroll.
pub(super) const FRAMES: u64 = 300;

/// From another page to a log's last line.
pub(super) fn open_log(deployment: DeploymentId, last: u64) -> String {
    format!(
        "const done = arguments[arguments.length - 1];
         location.hash = '#/activity';
         const away = () => document.querySelector('[role=log]') ? requestAnimationFrame(away) : go();
         const drawn = (row) => row.querySelector('.number').textContent === '{last}' && row.querySelector('.letters')?.textContent;
         const go = () => {{
           const begun = performance.now();
           location.hash = '#/deployments/{deployment}';
           const look = () => [...document.querySelectorAll('[role=log] .row')].some(drawn)
             ? done(performance.now() - begun) : requestAnimationFrame(look);
           look();
         }};
         away();"
    )
}

pub(super) fn open_history(project: &str) -> String {
    format!(
        "const done = arguments[arguments.length - 1];
         location.hash = '#/activity';
         const rows = () => document.querySelectorAll('ul[aria-label=Deployments] [data-row]').length;
         const away = () => rows() > 0 ? requestAnimationFrame(away) : go();
         const go = () => {{
           const begun = performance.now();
           location.hash = '#/projects/{project}';
           const look = () => rows() >= 50 ? done(performance.now() - begun) : requestAnimationFrame(look);
           look();
         }};
         away();"
    )
}

/// What is scrolled.
pub(super) enum Scrolled {
    /// The open log.
    Log,
    /// As much text as a log shows, and nothing that works.
    StaticPage,
}

impl Scrolled {
    /// The box, what can be read in it now (an empty text where there is nothing), and what is done with it in the end.
    fn parts(&self) -> [&'static str; 3] {
        match self {
            Self::Log => [
                "document.querySelector('[role=log]')",
                "[0.1, 0.5, 0.9].map((part) => {
                   const { left, top, width, height } = box.getBoundingClientRect();
                   const row = document.elementFromPoint(left + width / 2, top + height * part)?.closest('.row');
                   return row?.querySelector('.letters')?.textContent ?? '';
                 })",
                "",
            ],
            Self::StaticPage => [
                "(() => {
                   const box = document.createElement('div');
                   box.style.cssText = 'position:fixed;inset:60px 0 0 320px;overflow:auto;font:12px/18px monospace;white-space:pre;z-index:9;background:Canvas';
                   box.textContent = Array.from({ length: 5000 }, (_, n) => `${n} finished in 12 ms, object number ${n}`).join('\\n');
                   document.body.append(box);
                   box.scrollTop = box.scrollHeight;
                   return box;
                 })()",
                "[String(box.scrollTop)]",
                "box.remove();",
            ],
        }
    }

    /// Scrolls upwards, ten rows a frame: the longest time between two frames, and in how many of them nothing else could be
    /// read than in the one before, or a row was empty.
    pub(super) fn script(&self) -> String {
        let [open, read, close] = self.parts();
        // A place that was gone to is drawn in the next frame and seen in the one after.
        format!(
            "const done = arguments[arguments.length - 1];
             const box = {open};
             const read = () => {read};
             const frames = [];
             let last, before = [], still = 0, empty = 0;
             const step = (now) => {{
               if (last !== undefined) frames.push(now - last);
               last = now;
               const seen = read();
               if (frames.length > 2) {{
                 still += seen.some((text, n) => text === before[n]);
                 empty += seen.some((text) => text === '');
               }}
               before = seen;
               box.scrollTop -= 180;
               if (frames.length < {FRAMES}) return requestAnimationFrame(step);
               {close}
               done({{ worst: Math.max(...frames), still, empty }});
             }};
             requestAnimationFrame(step);"
        )
    }
}

/// Types forty letters, one in 50 ms: the longest time from a letter to the next frame, what stands in the field then, and
/// the last line before and after.
pub(super) const TYPE: &str = "const done = arguments[arguments.length - 1];
  const field = document.querySelector('input[aria-label=\"Find in log\"]');
  const last = () => Math.max(0, ...[...document.querySelectorAll('[role=log] .number')].map((number) => Number(number.textContent)));
  const answers = [], before = last();
  const type = () => {
    const begun = performance.now();
    field.value += 'x';
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    requestAnimationFrame(() => setTimeout(() => {
      answers.push(performance.now() - begun);
      if (answers.length < 40) return setTimeout(type, 50);
      const typed = field.value;
      const after = last();
      field.value = '';
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      done({ worst: Math.max(...answers), typed, before, after });
    }));
  };
  type();";
