import { expect, test } from "vitest";
import {
  bytes,
  bytesExactly,
  clock,
  count,
  duration,
  grouped,
  middle,
  shortHash,
  when,
  whenExactly,
} from ".";

test("bytes have three significant digits", () => {
  expect([999, 1000, 999_600, 41_200_000_000, 700_000_000].map(bytes)).toEqual([
    "999 B",
    "1.00 kB",
    "1.00 MB",
    "41.2 GB",
    "700 MB",
  ]);
  expect(bytesExactly(41_200_000_000)).toBe("41,200,000,000 bytes (38.4 GiB)");
});

test("durations", () => {
  expect([400, 9_960, 12_000, 84_000, 59_600, 4_020_000, -5].map(duration)).toEqual([
    "0.4 s",
    "10 s",
    "12 s",
    "1 m 24 s",
    "1 m 00 s",
    "1 h 07 m",
    "0.0 s",
  ]);
  expect([48_900, 81_000, 4_029_000].map(clock)).toEqual(["0:48", "1:21", "1:07:09"]);
});

test("moments are told from now", () => {
  const now = new Date(2026, 10, 20, 14, 14).getTime();
  const at = (...given: [number, number, number, number, number]) => when(new Date(...given).getTime(), now);
  expect(when(now - 44_000, now)).toBe("just now");
  expect(when(now + 20_000, now)).toBe("just now");
  expect(when(now - 46_000, now)).toBe("1 min ago");
  expect(at(2026, 10, 20, 12, 4)).toBe("2 h ago");
  expect(at(2026, 10, 19, 16, 20)).toBe("yesterday 16:20");
  expect(at(2026, 10, 17, 9, 12)).toBe("17 Nov 09:12");
  expect(at(2025, 10, 17, 9, 12)).toBe("17 Nov 2025 09:12");
});

test("words", () => {
  expect([count(0, "service"), count(1, "service"), count(12_000, "line")]).toEqual([
    "no services",
    "1 service",
    "12,000 lines",
  ]);
  expect(grouped(9999)).toBe("9999");
  expect(shortHash("sha256:3f9ab12c41de")).toBe("3f9ab12");
  expect(middle("registry.example.com/shop/api:3f9ab12", 15)).toBe("registr…3f9ab12");
});

test("a clock that jumps back, or a moment that is none, is never shown as one", () => {
  const now = new Date(2026, 10, 20, 14, 14).getTime();
  expect([NaN, -Infinity, Infinity, -3000].map(duration)).toEqual(["0.0 s", "0.0 s", "0.0 s", "0.0 s"]);
  expect([NaN, -3000].map(clock)).toEqual(["0:00", "0:00"]);
  expect(when("not a date", now)).toBe("at an unknown time");
  expect(whenExactly("not a date")).toBe("unknown");
  expect(when(now + 3000, now)).toBe("just now");
  expect(when(now + 3_600_000, now)).toBe("20 Nov 15:14");
  expect(when(now - 3_599_000, now)).toBe("59 min ago");
});
