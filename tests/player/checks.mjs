// Looks at plans with the page's checks and prints what they found, for test_checks.py.
// Arguments: the worksheet as a module, the name of what finds it, pairs of answers and check.
import { readFileSync } from "node:fs";

const [module, name, file] = process.argv.slice(2);
const { engine } = (await import(module)).default;
const pairs = JSON.parse(readFileSync(file, "utf-8"));
console.log(JSON.stringify(pairs.map(([answers, check]) => engine[name](answers, check))));
