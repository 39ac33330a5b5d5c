// How a conversation goes: from a state and a reply to the next state.
// It says what src/partners/scenario/engine.py and transcript.py say; tests/player hold them together.

const END = "end";
const COMPARE = {
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  "=": (a, b) => a === b,
};

const holds = (guard = {}, values) =>
  Object.entries(guard).every(([name, wanted]) => {
    if (typeof wanted === "boolean") return Boolean(values[name]) === wanted;
    const [, operator, bound] = wanted.match(/^(>=|<=|>|<|=)\s*(-?\d+)$/);
    return COMPARE[operator](values[name], Number(bound));
  });

const firstHeld = (entries, values) => entries.find((entry) => holds(entry.if, values));

export function start(play) {
  const values = {};
  for (const [name, meter] of Object.entries(play.meters)) values[name] = meter.start;
  for (const name of [...(play.flags ?? []), ...Object.keys(play.missteps ?? {})]) values[name] = 0;
  return { at: Object.keys(play.scenes)[0], values };
}

export const ending = (play, state) => play.endings[state.at];

export const said = (play, state) =>
  ending(play, state)?.says ?? firstHeld(play.scenes[state.at].says, state.values);

export const offers = (play, state) =>
  ending(play, state)
    ? {}
    : Object.fromEntries(
        Object.entries(play.scenes[state.at].replies).filter(([, r]) => holds(r.if, state.values)),
      );

export const answer = (play, after, reply) => reply.answer && firstHeld(reply.answer, after.values);

export function choose(play, state, key) {
  const reply = offers(play, state)[key];
  if (!reply) throw new Error(`the reply "${key}" is not offered at "${state.at}"`);
  const values = { ...state.values };
  for (const [name, change] of Object.entries(reply.effects ?? {})) {
    const meter = play.meters[name];
    values[name] = meter
      ? Math.min(meter.to, Math.max(meter.from, values[name] + change))
      : Number(change);
  }
  for (const name of reply.repairs ?? []) values[name] = 0;
  if (reply.misstep) values[reply.misstep] = 1;
  return { at: next(play, values, reply), values };
}

function next(play, values, reply) {
  const endings = Object.entries(play.endings);
  const now = endings.find(([, end]) => end.at_once && holds(end.if, values));
  if (now) return now[0];
  const { to } = firstHeld(reply.goto, values);
  return to === END ? endings.find(([, end]) => holds(end.if, values))[0] : to;
}

// What a learner added to a turn, where its scene asks for it; null where there is nothing. It
// changes no state and no score.
export function notes(play, { scene, own_words, coded, guess }) {
  const { guess: guessed, own_words: asked } = play.scenes[scene];
  const { from, to } = play.meters.trust;
  const words = (asked && typeof own_words === "string" && own_words.trim().slice(0, 2000)) || null;
  return {
    own_words: words,
    coded: words && [0, 1, 2].includes(coded) ? coded : null,
    guess: guessed && Number.isInteger(guess) && guess >= from && guess <= to ? guess : null,
  };
}

// A conversation so far: its states and the turns between them, from the turns as they are kept,
// `{ scene, reply, own_words, coded, guess }`.
export function played(play, made) {
  const turns = [];
  let state = start(play);
  for (const kept of made) {
    const after = choose(play, state, kept.reply);
    const reply = play.scenes[state.at].replies[kept.reply];
    turns.push({ before: state, key: kept.reply, reply, after, ...notes(play, { ...kept, scene: state.at }) });
    state = after;
  }
  return { turns, state };
}

export function score(turns) {
  const tally = {};
  for (const { reply } of turns)
    for (const [name, points] of Object.entries(reply.scores ?? {})) {
      const [earned, possible] = tally[name] ?? [0, 0];
      tally[name] = [earned + points, possible + 2];
    }
  return tally;
}

export const trustLine = (play, turns) => [
  play.meters.trust.start,
  ...turns.map((turn) => turn.after.values.trust),
];

// The same record as partners.scenario.transcript.
export function transcript(play, attempts) {
  return {
    format: "partners-transcript/1",
    role_play: play.id,
    version: play.version,
    hash: play.hash,
    attempts: attempts.map(({ turns: made, began, ended }) => {
      const { turns, state } = played(play, made);
      const over = ending(play, state);
      return {
        began: began ?? null,
        ended: ended ?? null,
        turns: turns.map(({ before, key, reply, after, own_words, coded, guess }) => ({
          scene: before.at,
          heard: said(play, before).line,
          reply: key,
          said: reply.say,
          answer: answer(play, after, reply)?.line ?? null,
          own_words,
          coded,
          guess,
        })),
        ending: over ? { id: state.at, said: over.says.line } : null,
        trust: trustLine(play, turns),
        score: score(turns),
      };
    }),
  };
}

// The fewest and the most replies from a scene to the end, whatever the guards say.
export function remaining(play, at, known = {}) {
  if (!play.scenes[at]) return [0, 0];
  if (!known[at]) {
    known[at] = [0, 0]; // a scene that leads back to itself adds nothing
    const ways = Object.values(play.scenes[at].replies)
      .flatMap((reply) => reply.goto)
      .map(({ to }) => remaining(play, to, known));
    known[at] = [Math.min, Math.max].map((pick, i) => 1 + pick(...ways.map((way) => way[i])));
  }
  return known[at];
}
