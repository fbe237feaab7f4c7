// Judges workflow files: actionlint, GitHub's own parser and language service. Prints one line for each finding.
// Owns: those two judges. Must never know: how the files came about.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { validate } from "@actions/languageservice";
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from "@actions/workflow-parser";
import { TextDocument } from "vscode-languageserver-textdocument";

const judges = { parser, service };
let findings = 0;

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8");
  for (const [judge, judged] of Object.entries(judges)) {
    for (const line of await judged(basename(file), text)) {
      findings += 1;
      console.log(`${basename(file)}: ${judge}: ${line}`);
    }
  }
}
process.exit(findings === 0 ? 0 : 1);

async function parser(name, content) {
  const parsed = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  const template = parsed.value && (await convertWorkflowTemplate(parsed.context, parsed.value, undefined, { errorPolicy: 1 }));
  const told = [...parsed.context.errors.getErrors().map((e) => e.message), ...(template?.errors ?? []).map((e) => e.Message)];
  if (!template) told.push("it is no workflow");
  return new Set(told);
}

async function service(name, content) {
  const document = TextDocument.create(`file:///w/.github/workflows/${name}`, "yaml", 1, content);
  return (await validate(document, {})).map((found) => `${found.range.start.line + 1}: ${found.message}`);
}
