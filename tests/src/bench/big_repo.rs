//! A repository of the size of a real one.
//!
//! Owns: its content and its one-line commits. Must never know: who builds it.

use std::path::PathBuf;

use super::{Outcome, checkout::Checkout};

const FILES: usize = 1400;
const LINES: usize = 90;
const WORDS: [&str; 12] = [
    "let order",
    "return total",
    "await send(",
    "if (user.id",
    "else retry",
    "price * count",
    "import { api }",
    "const limit",
    "export default",
    "try { parse(",
    "throw new Error(",
    "while (open)",
];

pub(super) struct BigRepo {
    pub(super) checkout: Checkout,
    random: u64,
}

impl BigRepo {
    /// About 1,400 files of source, committed, and a Dockerfile that takes them all.
    pub(super) async fn new(folder: PathBuf, base: &str) -> Outcome<Self> {
        let mut repo = Self { checkout: Checkout::new(folder).await?, random: 1 };
        for number in 0..FILES {
            let content: String = (0..LINES).map(|_| repo.line()).collect();
            repo.checkout.write(&file(number), &content)?;
        }
        repo.checkout.write("Dockerfile", &format!("FROM {base}\nCOPY . /app\n"))?;
        repo.checkout.write(".dockerignore", ".git\n")?;
        repo.checkout.commit().await?;
        Ok(repo)
    }

    /// Another line in one file, committed.
    pub(super) async fn change_one_line(&mut self, number: usize) -> Outcome<()> {
        let text = self.checkout.read(&file(number))?;
        let mut lines: Vec<&str> = text.lines().collect();
        let line = self.line();
        lines[LINES / 2] = line.trim_end();
        self.checkout.write(&file(number), &format!("{}\n", lines.join("\n")))?;
        self.checkout.commit().await
    }

    /// A line that packs about as well as source does; the same in every run.
    fn line(&mut self) -> String {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = self.random >> 33;
        let words = WORDS.len() as u64;
        let word = |n: u64| WORDS[usize::try_from(n % words).unwrap_or_default()];
        format!("    {} {} {:x}; // {}\n", word(high), word(high / words), high % 65_536, word(high / 7))
    }
}

fn file(number: usize) -> String {
    format!("src/part-{}/file-{number}.ts", number / 40)
}
