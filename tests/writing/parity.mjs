// Coaches texts with the browser's engine and prints notes and levels, for test_coach.py.
// Arguments: the coach as a module, its rules as JSON, pairs of text and channel.
import { readFileSync } from "node:fs";

const [module, ...files] = process.argv.slice(2);
const { coach, readingLevel } = await import(module);
const [rules, texts] = files.map((file) => JSON.parse(readFileSync(file, "utf-8")));
console.log(
  JSON.stringify(
    texts.map(([text, channel]) => [coach(text, channel, rules), Object.values(readingLevel(text, rules)).map(Number)]),
  ),
);
