// Loads the project's own ESLint once and lints the texts that it is sent, a JSON document a line.
//
// In:  {folder, path, text}     folder: where the project's settings are; path: what the text would be called
// Out: {messages, silenced}     as ESLint says them; {ignored: true}; or {error: "a sentence"}; in the order of requests
//
// It never touches a file: ESLint gets the text. It ends with the process that started it, whose id is its argument,
// even while a rule hangs.

import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";

// What settings and plug-ins print must not stand between our answers.
process.stdout.write = process.stderr.write.bind(process.stderr);

// Ends this program and, where it leads a group of its own, all that plug-ins have started.
const end = () => {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.kill(process.pid, "SIGKILL");
  }
};

// The parent names itself: an orphan that asks for its parent only now is told of another one.
const parent = Number(process.argv[2]);
const watch = `const end = ${end}; setInterval(() => { if (process.ppid !== ${parent}) end(); }, 500);`;
new Worker(watch, { eval: true }).unref();

const loaded = new Map();

async function load(folder) {
  const { ESLint, loadESLint } = createRequire(path.join(folder, "_.js"))("eslint");
  const Chosen = loadESLint ? await loadESLint({ cwd: folder }) : ESLint;
  return new Chosen({ cwd: folder });
}

async function lint(eslint, text, filePath) {
  const [result] = await eslint.lintText(text, { filePath, warnIgnored: false });
  return result;
}

async function answer({ folder, path: filePath, text }) {
  if (!loaded.has(folder)) loaded.set(folder, load(folder));
  const eslint = await loaded.get(folder);
  const result = await lint(eslint, text, filePath);
  if (!result) return { ignored: true };
  const silenced = result.suppressedMessages ?? [];
  const bare = withoutSettings(text);
  if (bare === text) return { messages: result.messages, silenced };
  const { messages } = await lint(eslint, bare, filePath);
  return { messages: result.messages, silenced: [...silenced, ...beyond(messages, result.messages)] };
}

// The text with blanks for each /* eslint rule: "off" */, since nothing tells what such a comment silences.
function withoutSettings(text) {
  const parts = [];
  let done = 0;
  for (let start = text.indexOf("/*"); start >= 0; start = text.indexOf("/*", done)) {
    const end = text.indexOf("*/", start + 2);
    if (end < 0) break;
    const inside = text.slice(start + 2, end);
    parts.push(text.slice(done, start + 2), /^\s*eslint\s/.test(inside) ? inside.replace(/\S/g, " ") : inside, "*/");
    done = end + 2;
  }
  return parts.join("") + text.slice(done);
}

// Those of `messages` that are not among `known`.
function beyond(messages, known) {
  const left = new Map();
  const name = ({ ruleId, message }) => `${ruleId} ${message}`;
  for (const one of known) left.set(name(one), (left.get(name(one)) ?? 0) + 1);
  return messages.filter((one) => {
    const number = left.get(name(one)) ?? 0;
    left.set(name(one), number - 1);
    return number <= 0;
  });
}

function say(document) {
  let rest = Buffer.from(`${JSON.stringify(document)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    say(await answer(JSON.parse(line)));
  } catch (error) {
    say({ error: String(error?.message ?? error) });
  }
}
end();
