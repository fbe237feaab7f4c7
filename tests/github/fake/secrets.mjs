// Secrets of a repository and of its environments: sealed by the client, opened here with libsodium. Knows not who uses them.
import { Refusal, Reply } from "./http.mjs";
import { require } from "./tools.mjs";

const sodium = require("libsodium-wrappers");
await sodium.ready;

const R = "/repos/{owner}/{repo}";
const places = [
  [`${R}/actions/secrets`, "secrets", () => ""],
  [
    `${R}/environments/{environment}/secrets`,
    "environments",
    ({ repository, params }) => {
      if (!repository.environments.includes(params.environment)) throw new Refusal(404, "Not Found");
      return params.environment;
    },
  ],
];

export const routes = places.flatMap(([path, permission, place]) => [
  [
    "GET",
    `${path}/public-key`,
    [{ [permission]: "read" }],
    (call) => {
      const { key_id, publicKey } = pair(call.repository, place(call));
      return { key_id, key: sodium.to_base64(publicKey, sodium.base64_variants.ORIGINAL) };
    },
  ],
  [
    "GET",
    path,
    [{ [permission]: "read" }],
    (call) => {
      const all = [...values(call.repository, place(call)).values()].map(shape);
      return { total_count: all.length, secrets: all };
    },
  ],
  ["GET", `${path}/{secret}`, [{ [permission]: "read" }], (call) => shape(existing(call, place(call)))],
  ["PUT", `${path}/{secret}`, [{ [permission]: "write" }], (call) => put(call, place(call))],
  [
    "DELETE",
    `${path}/{secret}`,
    [{ [permission]: "write" }],
    (call) => {
      existing(call, place(call));
      values(call.repository, place(call)).delete(call.params.secret.toUpperCase());
    },
  ],
]);

// Opened secrets, those of the environment before those of the repository.
export function opened(repository, environment) {
  const of = (place) => [...values(repository, place).values()].map(({ name, value }) => [name, value]);
  return Object.fromEntries([...of(""), ...(environment ? of(environment) : [])]);
}

function values(repository, place) {
  if (!repository.secrets.has(place)) repository.secrets.set(place, new Map());
  return repository.secrets.get(place);
}

function pair(repository, place) {
  repository.keys ??= new Map();
  if (!repository.keys.has(place))
    repository.keys.set(place, { ...sodium.crypto_box_keypair(), key_id: String(3_380_000_000 + repository.keys.size) });
  return repository.keys.get(place);
}

function put({ world, repository, params, body }, place) {
  const name = params.secret.toUpperCase();
  if (!/^[A-Z_][A-Z0-9_]*$/.test(name) || name.startsWith("GITHUB_")) throw new Refusal(422, `Secret name ${params.secret} is invalid`);
  const { key_id, publicKey, privateKey } = pair(repository, place);
  if (body.key_id !== key_id) throw new Refusal(422, "Key ID is invalid");
  const kept = values(repository, place).get(name);
  const at = world.stamp();
  values(repository, place).set(name, {
    name,
    value: open(body.encrypted_value, publicKey, privateKey),
    created_at: kept?.created_at ?? at,
    updated_at: at,
  });
  return kept ? undefined : new Reply(201, {});
}

function open(sealed, publicKey, privateKey) {
  try {
    return sodium.to_string(
      sodium.crypto_box_seal_open(sodium.from_base64(sealed, sodium.base64_variants.ORIGINAL), publicKey, privateKey),
    );
  } catch {
    throw new Refusal(422, "Secret value could not be decrypted");
  }
}

function existing({ repository, params }, place) {
  const found = values(repository, place).get(params.secret.toUpperCase());
  if (!found) throw new Refusal(404, "Not Found");
  return found;
}

function shape({ name, created_at, updated_at }) {
  return { name, created_at, updated_at };
}
