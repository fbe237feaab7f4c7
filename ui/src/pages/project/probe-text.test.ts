import { expect, test } from "vitest";
import { newProbe, probeKind, probeText, withText, type ProbeKind } from "./probe-text";

test("a probe goes to its text and back", () => {
  for (const kind of ["http", "tcp", "command"] satisfies ProbeKind[]) {
    const probe = newProbe(kind, "api")!;
    expect(probeKind(probe)).toBe(kind);
    expect(withText(probe, probeText(probe))).toEqual(probe);
  }
});

test("what cannot be read is said, not guessed", () => {
  const http = newProbe("http", "api")!;
  const tcp = newProbe("tcp", "db")!;
  for (const [probe, text] of [
    [http, "8000/health"],
    [http, ":0/health"],
    [http, ":99999/x"],
    [http, ":80"],
    [tcp, ":80/x"],
    [newProbe("command", "api")!, "  "],
  ] as const) {
    expect(typeof withText(probe, text), text).toBe("string");
  }
});
