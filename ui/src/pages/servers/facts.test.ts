import { expect, test } from "vitest";
import { FACTS } from "$lib/host/fake/make";
import { factRows, machineWords } from "./facts";

const named = (facts: typeof FACTS, name: string) => factRows(facts).find((row) => row.name === name);

test("amounts have units, and the exact figure at hand", () => {
  expect(named(FACTS, "Memory")).toMatchObject({ value: "800 MB free of 2.00 GB", missing: false });
  expect(named(FACTS, "Memory")?.exactly).toContain("bytes");
  expect(named(FACTS, "Disk")?.value).toBe("31.3 GB free of 60.0 GB, under /var/lib/docker");
});

test("what was not learnt is missing, not zero", () => {
  const facts = {
    ...FACTS,
    memory_available: null,
    cores: null,
    docker: null,
    boot_hook: null,
    ec2_type: null,
  };
  expect(named(facts, "Memory")).toMatchObject({ value: "not found", missing: true });
  expect(named(facts, "Cores")).toMatchObject({ missing: true });
  expect(named(facts, "Docker Engine")?.value).toBe("28.5.1, does not answer");
  expect(named(facts, "Reboot")?.missing).toBe(true);
  expect(named(facts, "EC2")).toBeUndefined();
  expect(machineWords(facts)).toBe("linux/arm64");
});

test("a clock that is off says which way", () => {
  expect(named({ ...FACTS, clock_offset_ms: -4200 }, "Clock")?.value).toBe("4.2 s behind this machine");
});
