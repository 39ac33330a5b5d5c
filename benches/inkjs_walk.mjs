// Explores an ink story breadth first, by its own choices and saved state; see checker.py.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Compiler } = createRequire(`${process.cwd()}/`)("inkjs/full");
const story = new Compiler(readFileSync(process.argv[2], "utf-8")).Compile();
const names = [...story.variablesState._globalVariables.keys()].sort();

// Where the story stands, and the value of every variable.
const place = () => {
  const at = story.currentChoices.length
    ? story.currentChoices[0].sourcePath.split(".")[0]
    : `end:${story.currentTags.join()}`;
  return [at, ...names.map((name) => story.variablesState[name])].join(" ");
};

const begun = performance.now();
story.ContinueMaximally();
const seen = new Set([place()]);
const ahead = [story.state.ToJson()];
let moves = 0;
for (let i = 0; i < ahead.length; i++) {
  story.state.LoadJson(ahead[i]);
  const choices = story.currentChoices.length;
  for (let choice = 0; choice < choices; choice++) {
    story.state.LoadJson(ahead[i]);
    story.ChooseChoiceIndex(choice);
    story.ContinueMaximally();
    moves++;
    const now = place();
    if (!seen.has(now)) {
      seen.add(now);
      ahead.push(story.state.ToJson());
    }
  }
  ahead[i] = null;
}
console.log(JSON.stringify({ states: seen.size, moves, seconds: (performance.now() - begun) / 1000 }));
