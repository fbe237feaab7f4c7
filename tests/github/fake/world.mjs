// What this GitHub remembers: repositories, tokens, runs, the clock. Nothing here answers a request.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bare, gitAt, tell } from "./git.mjs";
import { Refusal } from "./http.mjs";

export const EVERYTHING = {
  metadata: "read",
  contents: "write",
  workflows: "write",
  actions: "write",
  pull_requests: "write",
  secrets: "write",
  environments: "write",
  administration: "read",
  plan: "read",
  checks: "read",
};

export class World {
  constructor(dir) {
    this.dir = dir;
    this.repositories = new Map();
    this.renamed = new Map();
    this.tokens = new Map();
    this.runs = new Map();
    this.devices = new Map();
    this.refreshes = new Map();
    this.requests = [];
    this.faults = [];
    this.violations = [];
    this.roles = new Map();
    this.usage = [];
    this.offset = 0;
    this.last = 17_000_000_000;
    this.device = { interval: 5, expires_in: 900, token_seconds: 0, client: "Iv1.plimsolltest" };
    this.bases = { api: "", login: "", blob: "", runner: "" };
  }

  id() {
    this.last += 1 + Math.floor(Math.random() * 50);
    return this.last;
  }

  now() {
    return new Date(Date.now() + this.offset);
  }

  stamp() {
    return this.now()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
  }

  token(access, login, more = {}) {
    const token = { access, login, name: `${login}-${this.tokens.size + 1}`, kind: "fine-grained", permissions: EVERYTHING, ...more };
    this.tokens.set(access, { limit: 5000, used: 0, reset: 0, ...token });
    return this.tokens.get(access);
  }

  async repository(owner, name, more = {}) {
    const id = this.id() % 1_000_000_000;
    const path = more.path ?? join(this.dir, "git", `${id}.git`);
    mkdirSync(path, { recursive: true });
    const repository = {
      id,
      owner,
      name,
      git: gitAt(path),
      private: true,
      default_branch: "main",
      environments: ["production", "staging"],
      created_at: this.stamp(),
      workflows: new Map(),
      disabled: new Set(),
      pulls: [],
      rules: [],
      secrets: new Map(),
      lag: 0,
      player: { kind: "script" },
      immutable_subject: true,
      ...more,
    };
    await bare(path);
    tell(path, `${this.bases.api}/lab/pushed/${id}`);
    this.repositories.set(id, repository);
    return repository;
  }

  find(owner, name) {
    const same = (a, b) => a.toLowerCase() === b.toLowerCase();
    return [...this.repositories.values()].find((one) => same(one.owner, owner) && same(one.name, name));
  }

  // A former name leads on; a new repository under that name takes it over.
  movedTo(owner, name) {
    return this.repositories.get(this.renamed.get(`${owner}/${name}`.toLowerCase()));
  }

  run(repository, id) {
    const run = this.runs.get(Number(id));
    if (!run || run.repository !== repository) throw new Refusal(404, "Not Found");
    return run;
  }
}
