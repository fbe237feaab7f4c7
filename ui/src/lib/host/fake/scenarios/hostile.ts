// Names and output that want to do harm, or cannot be read: all of it has to stay text.
import { HOSTILE } from "../output";
import { calmWorld, type World } from "../world";

export const MARKUP = "<img src=x onerror=\"globalThis.ran='name'\"><b>bold</b>";
export const ESCAPES = "\u001b[31mred\u001b[0m\u001b]0;title\u0007";
export const TURNED = "\u202Egnp.exe\u202C";

export function hostileWorld(): World {
  const world = calmWorld();
  const all = `${MARKUP} ${ESCAPES} ${TURNED}`;
  const status = world.status[0]!;
  if (status.commit) Object.assign(status.commit, { branch: all, subject: all, author: all });
  for (const commit of status.ahead) Object.assign(commit, { branch: all, subject: all, author: all });
  for (const row of world.history.shop ?? []) {
    if (row.commit) row.commit = { ...row.commit, subject: all, branch: all };
  }
  for (const container of world.containers["hull-1"] ?? []) {
    container.name = `${container.service} ${all}`;
    container.image = `${container.image} ${all}`;
    container.stack = all;
    container.owner = null;
  }
  world.printed["c-web"] = HOSTILE;
  return world;
}
