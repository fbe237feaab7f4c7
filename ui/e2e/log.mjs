// The log pane in a real browser: a million lines, hostile output, bursts. Any finding fails.
import { withBrowser } from "./browser.mjs";

const found = [];
const expect = (what, right, seen = "") => right || found.push(`${what}${seen === "" ? "" : `: ${seen}`}`);

/** Numbers of the lines that are seen. */
const numbers = (page) =>
  page.$eval("[role=log]", (log) => {
    const { top, bottom } = log.getBoundingClientRect();
    const seen = [...log.querySelectorAll(".row")].filter((row) => {
      const box = row.getBoundingClientRect();
      return box.bottom > top + 1 && box.top < bottom - 1;
    });
    return seen.map((row) => Number(row.querySelector(".number").textContent)).filter((number) => number > 0);
  });
/** Whether the last line that is seen gets past a number; bursts come when they come. */
async function getsPast(page, number) {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    if ((await numbers(page)).at(-1) > number) return true;
    await page.waitForTimeout(50);
  }
  return false;
}
const settled = (page) =>
  page.waitForFunction(() =>
    [...document.querySelectorAll("[role=log] .text")].some((row) => row.textContent !== ""),
  );
const worst = (frames) => Math.round(Math.max(0, ...frames));

/** Milliseconds between frames while something is done. */
async function frames(page, work) {
  await page.evaluate(() => {
    globalThis.frames = [];
    let last = performance.now();
    const tick = (now) => {
      globalThis.frames.push(now - last);
      last = now;
      globalThis.ticking = requestAnimationFrame(tick);
    };
    globalThis.ticking = requestAnimationFrame(tick);
  });
  await work();
  return page.evaluate(() => {
    cancelAnimationFrame(globalThis.ticking);
    return globalThis.frames.slice(1);
  });
}

async function wheel(page, turns, by) {
  const box = await page.locator("[role=log]").boundingBox();
  await page.mouse.move(box.x + 200, box.y + 100);
  for (let turn = 0; turn < turns; turn += 1) {
    await page.mouse.wheel(0, by);
    await page.waitForTimeout(16);
  }
}

async function million(open) {
  const { page, faults, close } = await open({
    scenario: "huge",
    path: "/deployments/0199-live",
    theme: "light",
    size: [1180, 760],
  });
  const log = page.locator("[role=log]");
  await settled(page);
  const last = (await numbers(page)).at(-1);
  expect("a million lines open at their end", last > 1_000_000, last);

  await log.focus();
  await page.keyboard.press("Home");
  await page.waitForTimeout(200);
  expect("Home shows the first line", (await numbers(page))[0] === 1, (await numbers(page))[0]);
  await page.keyboard.press("End");
  await page.waitForTimeout(200);
  expect("End shows the last line", (await numbers(page)).at(-1) === last, (await numbers(page)).at(-1));

  // Past everything that wants to do harm, in both ways of showing it.
  for (let round = 0; round < 2; round += 1) {
    for (let at = 0; at < 140; at += 1) await wheel(page, 1, -400);
    await page.getByRole("button", { name: "Wrap" }).click();
    await page.waitForTimeout(50);
    await log.focus();
    await page.keyboard.press("End");
  }
  const ran = await page.evaluate(() => globalThis.ran);
  expect("nothing in the log ran", ran === undefined, ran);
  const made = await log.locator("img, script, a, iframe, b, [onerror]").count();
  expect("nothing in the log became an element", made === 0, made);
  const height = await log
    .locator(".row")
    .first()
    .evaluate((row) => row.offsetHeight);
  expect("a row is 18 px high", height === 18, height);
  const wide = await log.evaluate((box) => box.querySelectorAll(".row").length);
  expect("only the rows that are seen exist", wide < 120, wide);

  await page.keyboard.press("Control+f");
  await page.keyboard.type("line 500000 of");
  await page.getByText("1 of 1", { exact: true }).waitFor();
  await page.waitForTimeout(300);
  expect("a match is brought into view", (await numbers(page)).includes(500_000), (await numbers(page))[0]);
  expect("and is marked", (await log.locator(".found.now").count()) > 0);
  const before = await numbers(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("w");
  await page.waitForTimeout(100);
  expect(
    "wrapping keeps the line at the top",
    (await numbers(page))[0] === before[0],
    (await numbers(page))[0],
  );
  await page.keyboard.press("F8");
  await page.waitForTimeout(300);
  expect("F8 shows the next error", (await log.locator(".row.error").count()) > 0);

  const still = await frames(page, () => page.waitForTimeout(600));
  const moving = await frames(page, () => wheel(page, 60, 300));
  const jumping = await frames(page, async () => {
    for (let at = 1; at <= 12; at += 1) {
      await log.evaluate((box, share) => (box.scrollTop = box.scrollHeight * share), at / 13);
      await page.waitForTimeout(40);
    }
  });
  console.log(
    `frames at rest ${worst(still)} ms, scrolling ${worst(moving)} ms, jumping ${worst(jumping)} ms at worst`,
  );
  expect("no frame takes long while scrolling", worst(moving) < 250, worst(moving));
  expect("no frame takes long while jumping", worst(jumping) < 250, worst(jumping));
  for (const fault of faults) found.push(`console: ${fault}`);
  await close();
}

async function failed(open) {
  const { page, close } = await open({
    scenario: "rolled-back",
    path: "/deployments/0199-rolled",
    theme: "light",
  });
  await settled(page);
  const error = await page.locator("[role=log] .row.error .number").first().textContent();
  const seen = await numbers(page);
  expect(
    "a failed log opens at its error",
    seen.includes(Number(error)),
    `${error} is not in ${seen[0]}-${seen.at(-1)}`,
  );
  await close();
}

async function bursts(open) {
  const { page, faults, close } = await open({
    scenario: "burst",
    path: "/deployments/0199-running",
    theme: "light",
  });
  const log = page.locator("[role=log]");
  await settled(page);
  const coming = await frames(page, () => page.waitForTimeout(3000));
  console.log(`frames in bursts of 2,000 lines ${worst(coming)} ms at worst`);
  expect("no frame takes long in a burst", worst(coming) < 400, worst(coming));
  const first = (await numbers(page)).at(-1) ?? 0;
  expect("the end is followed", await getsPast(page, first), first);

  await wheel(page, 1, -300);
  const paused = await numbers(page);
  await page.getByText("Paused", { exact: false }).waitFor();
  await page.waitForTimeout(1200);
  expect(
    "nothing moves under the reader",
    String(await numbers(page)) === String(paused),
    await numbers(page),
  );
  await log.focus();
  await page.keyboard.press("End");
  expect("End follows again", await getsPast(page, paused.at(-1)), paused.at(-1));
  expect("and the pill goes", (await page.getByText("Paused", { exact: false }).count()) === 0);

  const box = await log.boundingBox();
  await page.mouse.move(box.x + 120, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + 300, box.y + 130);
  await page.mouse.up();
  expect("dragging selects", (await log.locator(".mark.selected").count()) > 2);
  await page.keyboard.press("Control+c");
  await page.getByText("Copied", { exact: true }).waitFor();
  for (const fault of faults) found.push(`console: ${fault}`);
  await close();
}

await withBrowser(async (open) => {
  await million(open);
  await failed(open);
  await bursts(open);
});
for (const fault of found) console.error(fault);
console.log(`log pane: ${found.length} findings`);
process.exitCode = found.length ? 1 : 0;
