// GitHub's expressions, as far as names of runs and jobs need them: contexts, literals, ! && || == !=, format, contains, startsWith.
// Knows no workflow.
const TOKEN = /\s*(?:('(?:[^']|'')*')|(\d+(?:\.\d+)?)|([A-Za-z_][\w-]*)|(&&|\|\||==|!=|[!().,[\]]))/y;

const FUNCTIONS = {
  format: (text, ...values) => text.replace(/\{\{|\}\}|\{(\d+)\}/g, (all, at) => (at === undefined ? all[0] : String(values[at] ?? ""))),
  contains: (whole, part) =>
    Array.isArray(whole) ? whole.includes(part) : String(whole).toLowerCase().includes(String(part).toLowerCase()),
  startsWith: (whole, part) =>
    String(whole ?? "")
      .toLowerCase()
      .startsWith(String(part).toLowerCase()),
};

export function fill(text, contexts) {
  return String(text).replace(/\$\{\{(.*?)\}\}/gs, (_, expression) => String(evaluate(expression, contexts) ?? ""));
}

export function evaluate(text, contexts) {
  const tokens = split(text);
  const value = either(tokens, contexts);
  if (tokens.length) throw new Error(`not understood in an expression: ${text}`);
  return value;
}

function split(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(trimmed);
    if (!found) throw new Error(`not understood in an expression: ${trimmed.slice(at)}`);
    const [, string, number, name, sign] = found;
    tokens.push(
      string !== undefined
        ? { value: string.slice(1, -1).replaceAll("''", "'") }
        : number !== undefined
          ? { value: Number(number) }
          : name !== undefined
            ? { name }
            : { sign },
    );
  }
  return tokens;
}

function take(tokens, sign) {
  if (tokens[0]?.sign !== sign) return false;
  return Boolean(tokens.shift());
}

function either(tokens, contexts) {
  let value = both(tokens, contexts);
  while (take(tokens, "||")) {
    const other = both(tokens, contexts);
    value = value || other;
  }
  return value;
}

function both(tokens, contexts) {
  let value = equal(tokens, contexts);
  while (take(tokens, "&&")) {
    const other = equal(tokens, contexts);
    value = value && other;
  }
  return value;
}

function equal(tokens, contexts) {
  const value = unary(tokens, contexts);
  if (take(tokens, "==")) return value === unary(tokens, contexts);
  if (take(tokens, "!=")) return value !== unary(tokens, contexts);
  return value;
}

function unary(tokens, contexts) {
  if (take(tokens, "!")) return !unary(tokens, contexts);
  if (take(tokens, "(")) {
    const value = either(tokens, contexts);
    take(tokens, ")");
    return value;
  }
  const token = tokens.shift();
  if (!token || token.sign) throw new Error("an expression ends too early");
  if ("value" in token) return token.value;
  if (take(tokens, "(")) return FUNCTIONS[token.name](...values(tokens, contexts));
  if (token.name === "true" || token.name === "false") return token.name === "true";
  return path(contexts[token.name], tokens);
}

function values(tokens, contexts) {
  const found = [];
  while (!take(tokens, ")")) {
    found.push(either(tokens, contexts));
    take(tokens, ",");
  }
  return found;
}

function path(value, tokens) {
  while (take(tokens, ".")) value = value?.[tokens.shift().name];
  return value;
}
