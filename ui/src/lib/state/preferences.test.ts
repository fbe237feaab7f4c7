import { beforeEach, expect, test, vi } from "vitest";
import { fakeHost } from "$lib/host/fake";
import { Preferences } from "./preferences.svelte";

beforeEach(() => localStorage.clear());

async function stored(zoom: number) {
  const host = fakeHost("calm");
  await host.appSettingsWrite({ ...(await host.appSettingsRead()), zoom });
  const set = vi.spyOn(host, "setZoom");
  const preferences = new Preferences(host);
  await preferences.read();
  return { host, preferences, set };
}

test.each([
  [10, 80],
  [5000, 200],
  [-1, 80],
])("a stored zoom of %s %% is %s %%", async (kept, used) => {
  const { preferences, set } = await stored(kept);
  expect(preferences.zoom).toBe(used);
  expect(set.mock.calls).toEqual([[used]]);
});

test("neither steps nor words lead past 80 and 200 %", async () => {
  const { host, preferences, set } = await stored(200);
  await preferences.zoomBy(1);
  await preferences.change({ zoom: 100_000 });
  expect((await host.appSettingsRead()).zoom).toBe(200);
  for (let step = 0; step < 12; step += 1) await preferences.zoomBy(-1);
  expect([preferences.zoom, (await host.appSettingsRead()).zoom]).toEqual([80, 80]);
  expect(set.mock.calls.flat().every((zoom) => zoom >= 80 && zoom <= 200)).toBe(true);
});
