// What scripted programs print.
// Owns: those texts. Must never know: when they are printed.

const CRATES =
  "proc-macro2 unicode-ident quote syn libc memchr serde serde_core tokio-macros bytes mio socket2 parking_lot tokio http httparse hyper tower axum-core axum sqlx-core sqlx-postgres sqlx uuid jiff tracing-core tracing".split(
    " ",
  );
const green = (text: string) => `\u001b[1m\u001b[32m${text}\u001b[0m`;

/** A second of a Rust build. */
export function apiBuilt(second: number, fails: boolean): string[] {
  if (fails) {
    return [
      "\u001b[1m\u001b[38;5;9merror[E0425]\u001b[0m\u001b[1m: cannot find value `currency` in this scope\u001b[0m",
      "  \u001b[1m\u001b[34m--> \u001b[0msrc/cart.rs:88:31",
      "   |",
      "88 |     total.rounded(currency.digits())",
      "   |                   \u001b[1m\u001b[31m^^^^^^^^\u001b[0m not found in this scope",
      "",
      '\u001b[1m\u001b[31merror\u001b[0m\u001b[1m: could not compile `shop-api` (bin "shop-api") due to 1 previous error\u001b[0m',
    ];
  }
  const crate = CRATES[second % CRATES.length] ?? "shop-api";
  return [`   ${green("Compiling")} ${crate} v${1 + (second % 3)}.${second % 40}.${second % 7}`];
}

/** The steps of a front end's build that print. */
export function webBuilt(step: number): string[] {
  if (step === 4) return ["\u001b[36mvite v8.3.8\u001b[0m building for production..."];
  if (step === 5) {
    return [
      "transforming...\rtransforming (120) src/main.ts\r\u001b[32m✓\u001b[0m 412 modules transformed.",
      "dist/assets/index-BxQ1.js   \u001b[1m184.20 kB\u001b[0m │ gzip: 61.70 kB",
      "dist/assets/index-C0aa.css   \u001b[1m22.41 kB\u001b[0m │ gzip:  5.02 kB",
      "\u001b[33mWARN\u001b[0m  some chunks are larger than 150 kB after minification",
    ];
  }
  return ["\u001b[32m✓ built in 3.61s\u001b[0m"];
}

export const APP_STARTS = [
  "starting shop-api 0.4.0",
  "\u001b[36mINFO\u001b[0m  config from the environment",
  "\u001b[36mINFO\u001b[0m  listening on 0.0.0.0:8080",
  "GET /healthz 200 0.4 ms",
];

export const APP_WITHOUT_URL = [
  "starting shop-api 0.4.0",
  "\u001b[36mINFO\u001b[0m  config from the environment",
  "\u001b[36mINFO\u001b[0m  listening on 0.0.0.0:8080",
  "\u001b[33mWARN\u001b[0m  pool: no url, retry in 5 s",
  "\u001b[31mERROR\u001b[0m DATABASE_URL is not set",
  ...Array.from({ length: 6 }, (_, at) => `\u001b[90mGET /healthz 503 0.${at + 3} ms\u001b[0m`),
  "\u001b[31mERROR\u001b[0m gave up after 6 tries",
];

/** Output that wants to do harm or cannot be read. */
export const HOSTILE = [
  "<img src=x onerror=\"globalThis.ran = 'img'\"> <script>globalThis.ran = 'script'</script>",
  "<a href=\"javascript:globalThis.ran='link'\">click</a> &lt;b&gt; {@html '<b>bold</b>'}",
  "\u001b]8;;javascript:globalThis.ran='osc8'\u0007a link\u001b]8;;\u0007 that is none",
  "\u001b]0;a title\u0007\u001b[2J\u001b[1;1Hcleared the screen?",
  "\u001b[38;2;255;0;0mtruecolor \u001b[48;5;22m on green \u001b[7mreversed\u001b[0m",
  "user\u202Etxt.exe is not what it seems, אבגד هذا نص",
  "漢字とカタカナ、한글, 🚀🚀🚀 and e\u0301 combined ".repeat(8),
  Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join(""),
  "\ufffd\ufffd\u0000\u0001\u0002 half a picture \u007f\u0080\u009f".repeat(20),
  "x".repeat(1 << 20),
  `{"json": "${"deep ".repeat(2000)}"}`,
  "",
];
