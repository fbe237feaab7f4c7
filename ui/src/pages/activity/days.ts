// Rows under the day they happened on, newest first.

export interface Day<T> {
  /** The local date, `2026-11-20`: the key of the group. */
  key: string;
  label: string;
  rows: T[];
}

/** Groups rows by local day; the order of the rows stays as it is. */
export function byDay<T>(rows: readonly T[], at: (row: T) => string, now: Date): Day<T>[] {
  const days: Day<T>[] = [];
  for (const row of rows) {
    const date = new Date(at(row));
    const key = localKey(date);
    const last = days.at(-1);
    if (last?.key === key) last.rows.push(row);
    else days.push({ key, label: dayLabel(date, now), rows: [row] });
  }
  return days;
}

/** "Today", "Yesterday", "Tue 17 Nov", with the year if it is another one. */
export function dayLabel(date: Date, now: Date): string {
  const key = localKey(date);
  if (key === localKey(now)) return "Today";
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (key === localKey(yesterday)) return "Yesterday";
  const year = date.getFullYear() === now.getFullYear() ? "" : ` ${date.getFullYear()}`;
  const weekday = date.toLocaleDateString("en-GB", { weekday: "short" });
  const month = date.toLocaleDateString("en-GB", { month: "short" });
  return `${weekday} ${date.getDate()} ${month}${year}`;
}

function localKey(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
