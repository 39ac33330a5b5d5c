// Walks a role-play with the browser's engine and prints what it found, for test_parity.py.
// Arguments: the player module, the role-play as JSON, attempts to write down and to mend.
import { readFileSync } from "node:fs";

const [module, ...files] = process.argv.slice(2);
const { engine } = (await import(module)).default;
const [play, attempts] = files.map((file) => JSON.parse(readFileSync(file, "utf-8")));

const name = ({ at, values }) => [at, ...Object.values(values)].join(" ");
const found = {};
const ahead = [engine.start(play)];
while (ahead.length) {
  const state = ahead.pop();
  if (found[name(state)]) continue;
  const moves = {};
  for (const [key, reply] of Object.entries(engine.offers(play, state))) {
    const after = engine.choose(play, state, key);
    moves[key] = [name(after), engine.answer(play, after, reply)?.line ?? null];
    ahead.push(after);
  }
  found[name(state)] = [
    engine.said(play, state).line,
    engine.ending(play, state)?.title ?? null,
    moves,
  ];
}

const known = {};
const transcripts = attempts.map((turns) => engine.transcript(play, [{ turns }]));
const nearest = attempts
  .map((turns) => engine.played(play, turns))
  .filter(({ state }) => engine.ending(play, state))
  .map(({ turns }) => engine.nearest(play, turns, known));
console.log(JSON.stringify({ found, transcripts, nearest }));
