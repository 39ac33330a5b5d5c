// What comes after the end: the debrief, the nearest way to a partnership, the map, the script.
// A page loads it once somebody plays; `later` tells the conversation that it is there.

import {
  answer, choose, ending, offers, played, said, score, start, trustLine,
} from "./engine.js";
import { h, paragraphs } from "./dom.js";
import { WORDS, later } from "./talk.js";

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const inWords = (n) => NUMBERS[n] ?? String(n);
const capital = (text) => text[0].toUpperCase() + text.slice(1);
const off = (by) => (by ? `${inWords(Math.abs(by))} ${by > 0 ? "less" : "more"}` : "as you said");
const replies = (n) => (n === 1 ? "one reply" : `${inWords(n)} replies`);

Object.assign(WORDS, {
  hidden: (name) => `What you could not know about ${name}`,
  trust: (name) => `How far ${name} trusted you`,
  trustText: (line) => `Trust from 0 to 10: began at ${line[0]}, then ${line.slice(1).join(", ")}.`,
  trustAfter: (trust) => `(Trust: ${trust})`,
  hollow: "The hollow marks are your guesses.",
  guessed: (reply, guess, was) =>
    `Before reply ${reply} you guessed ${guess}; it was ${was}, ${off(guess - was)}.`,
  reading: {
    close: (name) => `You read ${name} closely; what you heard is worth acting on.`,
    high: (name) => `You took ${name} for more trusting than was so; politeness can sound like trust.`,
    low: (name) => `${name} trusted you more than you thought; some of what you said had arrived.`,
    mixed: (name) => `You missed in both directions; next time, guess by what ${name} offers unasked.`,
  },
  turns: "Reply by reply",
  thought: (name) => `${name} thought`,
  change: (by) => (by > 0 ? `▲ trust +${by}` : by < 0 ? `▼ trust −${-by}` : "= trust unchanged"),
  coding: "Your own words, looked at again",
  codingHow:
    "Beside what you wrote stand three answers, for 2, 1 and 0 points. Which is yours nearest to? " +
    "Your choice is kept and never marked.",
  wrote: "You wrote",
  nearest: "The smallest change",
  nothingToChange: "Nothing needs changing: this way ends in a partnership.",
  enough: (changed) => `${capital(replies(changed))} would have changed it`,
  further: (n) => `From there it leads through scenes you did not see: ${replies(n)} more, shown below.`,
  yourReply: "You said",
  otherReply: "This would have done it",
  notThere: "You did not come here.",
  scores: "What you practiced",
  points: (earned, possible) => `${earned} of ${possible} points`,
  next: "One thing for the next attempt",
  reflect: "Before you go on",
  attempts: "Your attempts",
  attempt: "Attempt",
  ending: "Ending",
  trustEnd: "Trust at the end",
  total: "Points",
  dimension: "Practised",
  firstToLatest: "Change",
  share: { up: "▲ more", down: "▼ less", same: "= same", none: "not met" },
  parts: "Where the latest way leaves the first",
  sameWay: "Both attempts gave the same replies wherever they met.",
  first: "First",
  latest: "Latest",
  map: "A map of the conversation",
  mapLabel:
    "Every scene as a box, from the first word down to the end, with your first and your latest way. " +
    "The map in words says the same.",
  mapNote: "Boxes without words are scenes you have not seen.",
  mapWords: "The map in words",
  firstWay: "Your first way",
  latestWay: "Your latest way",
  heardAndSaid: (name, heard, reply) => `${name}: “${heard}” You: “${reply}”`,
  scriptAttempt: (n, when) => `Attempt ${n}${when ? `, ${when}` : ""}`,
  scriptOwn: (words) => `[In your own words, before you saw the replies: ${words}]`,
  scriptCoded: (dimension, value) => `[You coded these words ${value} of 2 in “${dimension}”.]`,
  scriptGuess: (guess, was) => `[You guessed the trust here: ${guess}. It was ${was}.]`,
  scriptEnd: (title) => `It ended: ${title}.`,
  scriptOpen: "This attempt is not finished.",
});

// ---------------------------------------------------------------- the nearest way

// The reply ids of the conversation nearest to `turns` that ends in a partnership: the fewest
// replies that differ; of several such ways, one that leaves what was played as late as can be.
// Null if there is none. The same search as partners.scenario.whatif; `known` keeps the states of
// `play` and their moves from one call to the next.
export function nearest(play, turns, known = {}) {
  const given = new Set(turns.map((turn) => `${turn.before.at} ${turn.key}`));
  const place = (state) => (known[[state.at, ...Object.values(state.values)]] ??= { state });
  const moves = (here) =>
    (here.moves ??= Object.keys(offers(play, here.state)).map((key) => [
      key,
      place(choose(play, here.state, key)),
    ]));
  const cameBy = new Map();

  // A place and all that the given replies lead to from there, the furthest first.
  function along(from, move) {
    const way = [];
    const ahead = [from];
    cameBy.set(from, move);
    while (ahead.length) {
      const here = ahead.pop();
      way.unshift(here);
      for (const [key, after] of moves(here))
        if (given.has(`${here.state.at} ${key}`) && !cameBy.has(after)) {
          cameBy.set(after, [here, key]);
          ahead.push(after);
        }
    }
    return way;
  }

  function keysTo(goal) {
    const keys = [];
    for (let move = cameBy.get(goal); move; move = cameBy.get(move[0])) keys.unshift(move[1]);
    return keys;
  }

  // Each round holds the places that one change more can reach, the latest first change first.
  let round = along(place(start(play)), null);
  while (round.length) {
    const goal = round.find(({ state }) => ending(play, state)?.kind === "partnership");
    if (goal) return keysTo(goal);
    round = round.flatMap((here) =>
      moves(here).flatMap(([key, after]) => (cameBy.has(after) ? [] : along(after, [here, key]))),
    );
  }
  return null;
}

// ---------------------------------------------------------------- its parts

const part = (title, ...content) =>
  h("div", { class: "pt-part" }, h("p", { class: "pt-subtitle" }, title), ...content);

const list = (items, attributes = {}, tag = "ul") =>
  h(tag, attributes, items.map((item) => h("li", {}, item)));

// The debrief of the attempt that has just ended, as parts of the page.
later.debrief = (player, over, turns) => {
  const { play, name } = player;
  const finished = player.attempts.filter((attempt) => attempt.ended);
  const ways = finished.map((attempt) => player.played(attempt));
  const compared = ways.length > 1;
  return [
    part(WORDS.hidden(name), paragraphs(play.parent.hidden)),
    part(WORDS.trust(name), chart(play, turns), readings(name, turns)),
    part(WORDS.turns, h("ol", { class: "pt-turns" }, turns.map((turn) => review(play, name, turn)))),
    coding(player, turns),
    change(player, over, turns),
    part(WORDS.scores, bars(play, score(turns))),
    compared && part(WORDS.attempts, table(play, ways), byDimension(play, ways), parting(play, name, ways)),
    compared && map(player, ways),
    part(WORDS.next, h("p", { class: "pt-next" }, advice(play, turns))),
    part(WORDS.reflect, list(play.reflect)),
  ].filter(Boolean);
};

function review(play, name, { before, reply, after }) {
  const heard = said(play, before);
  const reaction = answer(play, after, reply);
  const by = after.values.trust - before.values.trust;
  const thought = (words) =>
    words ? h("p", { class: "pt-thought" }, h("span", {}, `${WORDS.thought(name)}: `), words) : null;
  return h(
    "li",
    {},
    h("p", { class: "pt-heard" }, `${name}: ${heard.line}`),
    thought(heard.thinks),
    h("p", { class: "pt-said" }, `${WORDS.you}: ${reply.say}`),
    thought(reaction?.thinks),
    h("p", { class: `pt-change pt-${Math.sign(by) + 1}` }, WORDS.change(by)),
    h(
      "p",
      { class: "pt-why" },
      reply.coach,
      " ",
      h("em", {}, play.principles[reply.why.principle]),
      " ",
      h("cite", {}, play.sources[reply.why.source]),
    ),
  );
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const guesses = (turns) =>
  turns
    .map(({ guess, before }, i) => ({ i, guess, was: before.values.trust }))
    .filter(({ guess }) => guess !== null);

// Trust after each reply, as a line, and each guess as a hollow mark; its label and the readings
// under it hold the same numbers.
function chart(play, turns) {
  const line = trustLine(play, turns);
  const { from, to } = play.meters.trust;
  const x = (i) => 24 + (i * 332) / Math.max(1, line.length - 1);
  const y = (value) => 110 - ((value - from) * 96) / (to - from);
  const drawn = svg("svg", {
    viewBox: "0 0 380 132",
    class: "pt-chart",
    role: "img",
    "aria-label": WORDS.trustText(line),
  });
  for (const value of [from, (from + to) / 2, to])
    drawn.append(
      svg("line", { x1: 24, x2: 356, y1: y(value), y2: y(value), class: "pt-grid" }),
      svg("text", { x: 16, y: y(value) + 4, class: "pt-axis", "text-anchor": "end" }, value),
    );
  drawn.append(svg("polyline", { points: line.map((v, i) => `${x(i)},${y(v)}`).join(" ") }));
  line.forEach((value, i) => {
    drawn.append(svg("circle", { cx: x(i), cy: y(value), r: 4.5 }));
    if (i) drawn.append(svg("text", { x: x(i), y: 128, class: "pt-axis", "text-anchor": "middle" }, i));
  });
  for (const { i, guess } of guesses(turns))
    drawn.append(svg("circle", { cx: x(i), cy: y(guess), r: 7, class: "pt-guessed" }));
  return drawn;
}

function readings(name, turns) {
  const made = guesses(turns);
  if (!made.length) return [];
  const all = (holds) => made.every(({ guess, was }) => holds(guess - was));
  const kinds = [
    ["close", all((by) => Math.abs(by) < 2)],
    ["high", all((by) => by >= 0)],
    ["low", all((by) => by <= 0)],
    ["mixed", true],
  ];
  const [kind] = kinds.find(([, held]) => held);
  return [
    list(made.map(({ i, guess, was }) => WORDS.guessed(i + 1, guess, was))),
    h("p", {}, `${WORDS.hollow} ${WORDS.reading[kind](name)}`),
  ];
}

let groups = 0;

// The learner's own words beside the model answers, to be coded; the choice is kept with the turn.
function coding(player, turns) {
  const { play } = player;
  const keep = (i, coded) => {
    const made = player.attempt.turns.map((turn, j) => (j === i ? { ...turn, coded } : turn));
    player.hold({ ...player.attempt, turns: made });
  };
  const written = turns.flatMap(({ before, own_words, coded }, i) => {
    if (!own_words) return [];
    const { dimension, ...models } = play.scenes[before.at].own_words;
    const group = `pt-code-${++groups}`;
    const choice = (value) => {
      const radio = h("input", { type: "radio", name: group, onchange: () => keep(i, value) });
      radio.checked = coded === value;
      return h("label", { class: "pt-model" }, radio, h("strong", {}, value), h("span", {}, models[value]));
    };
    return h(
      "fieldset",
      { class: "pt-coding" },
      h("legend", {}, play.rubric[dimension]),
      h("div", {}, h("p", { class: "pt-who" }, WORDS.wrote), h("p", { class: "pt-yours" }, own_words)),
      h("div", {}, [2, 1, 0].map(choice)),
    );
  });
  return written.length ? part(WORDS.coding, h("p", {}, WORDS.codingHow), ...written) : null;
}

// Reply beside reply: what was said, and what would have made it a partnership.
function change(player, over, turns) {
  if (over.kind === "partnership") return part(WORDS.nearest, h("p", {}, WORDS.nothingToChange));
  const { play, name } = player;
  const keys = nearest(play, turns, (player.known ??= {}));
  if (!keys) return null;
  const yours = Object.fromEntries(turns.map((turn) => [turn.before.at, turn]));
  const other = played(play, keys.map((reply) => ({ reply }))).turns;
  const changed = other.filter(({ before, key }) => yours[before.at]?.key !== key);
  const reached = changed.filter(({ before }) => yours[before.at]);
  const further = changed.length - reached.length;
  const back = ({ after, reply }) => (answer(play, after, reply) ?? said(play, after)).line;
  const side = (title, turn) =>
    h(
      "div",
      {},
      h("p", { class: "pt-who" }, title),
      turn
        ? [h("p", { class: "pt-said" }, turn.reply.say), h("p", {}, `${name}: ${back(turn)}`)]
        : h("p", {}, WORDS.notThere),
    );
  return part(
    WORDS.nearest,
    h("p", {}, h("strong", {}, WORDS.enough(reached.length))),
    further ? h("p", {}, WORDS.further(further)) : "",
    list(
      changed.map((turn) => [
        h("p", { class: "pt-heard" }, `${name}: ${said(play, turn.before).line}`),
        h(
          "div",
          { class: "pt-sides" },
          side(WORDS.yourReply, yours[turn.before.at]),
          side(WORDS.otherReply, turn),
        ),
      ]),
      { class: "pt-turns" },
      "ol",
    ),
  );
}

function bars(play, tally) {
  const rows = play.practises.filter((name) => tally[name]);
  return h(
    "ul",
    { class: "pt-scores" },
    rows.map((name) => {
      const [earned, possible] = tally[name];
      const bar = h("span", { class: "pt-bar" }, h("span", { style: `width:${(100 * earned) / possible}%` }));
      return h(
        "li",
        {},
        h("span", {}, play.rubric[name]),
        bar,
        h("span", { class: "pt-points" }, WORDS.points(earned, possible)),
      );
    }),
  );
}

// An unrepaired misstep first; else the dimension with the smallest share of its points.
function advice(play, turns) {
  const { values } = turns.at(-1).after;
  const slip = Object.entries(play.missteps ?? {}).find(([name]) => values[name]);
  if (slip) return `${slip[1].what} ${slip[1].instead}`;
  const tally = score(turns);
  const [weakest] = play.practises
    .filter((name) => tally[name])
    .sort((a, b) => share(tally[a]) - share(tally[b]));
  return play.coaching[weakest];
}

const share = ([earned, possible]) => earned / possible;

// ---------------------------------------------------------------- two attempts and more

function grid(label, head, rows) {
  const cells = ([first, ...rest]) => [
    h("th", { scope: "row" }, String(first)),
    ...rest.map((text) => h("td", {}, String(text))),
  ];
  return h(
    "div",
    { class: "pt-wide", tabindex: "0", role: "group", "aria-label": label },
    h(
      "table",
      { class: "pt-table" },
      h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, cells(row)))),
    ),
  );
}

function table(play, ways) {
  const rows = ways.map(({ turns, state }, i) => {
    const tallies = Object.values(score(turns));
    const sum = (index) => tallies.reduce((total, tally) => total + tally[index], 0);
    return [i + 1, play.endings[state.at].title, state.values.trust, `${sum(0)} / ${sum(1)}`];
  });
  return grid(WORDS.attempts, [WORDS.attempt, WORDS.ending, WORDS.trustEnd, WORDS.total], rows);
}

function byDimension(play, ways) {
  const tallies = ways.map(({ turns }) => score(turns));
  const attempts = ways.map((_, i) => `${WORDS.attempt} ${i + 1}`);
  const rows = play.practises
    .filter((name) => tallies.some((tally) => tally[name]))
    .map((name) => {
      const points = tallies.map((tally) => tally[name]?.join(" / ") ?? WORDS.share.none);
      return [play.rubric[name], ...points, difference(tallies[0][name], tallies.at(-1)[name])];
    });
  return grid(WORDS.scores, [WORDS.dimension, ...attempts, WORDS.firstToLatest], rows);
}

function difference(first, latest) {
  if (!first || !latest) return "";
  const by = share(latest) - share(first);
  return WORDS.share[by > 0 ? "up" : by < 0 ? "down" : "same"];
}

// The scenes that both ways met and where they gave different replies.
function parting(play, name, ways) {
  const first = Object.fromEntries(ways[0].turns.map((turn) => [turn.before.at, turn]));
  const parted = ways.at(-1).turns.filter(({ before: { at }, key }) => first[at] && first[at].key !== key);
  const line = (who, words) => h("p", {}, h("strong", {}, `${who}: `), words);
  return [
    h("p", { class: "pt-below" }, h("strong", {}, WORDS.parts)),
    parted.length
      ? list(
          parted.map(({ before, reply }) => [
            h("p", { class: "pt-heard" }, `${name}: ${said(play, before).line}`),
            line(WORDS.first, first[before.at].reply.say),
            line(WORDS.latest, reply.say),
          ]),
          { class: "pt-turns" },
          "ol",
        )
      : h("p", {}, WORDS.sameWay),
  ];
}

// ---------------------------------------------------------------- the map

const WIDE = 330;
const LEFT = 56;
const BOX = 34;
const STEP = 46;

// The scenes in rows: by phase, and within a phase by how far they are from the first word.
function rows(play) {
  const scenes = Object.entries(play.scenes);
  const depth = Object.fromEntries(scenes.map(([at]) => [at, 0]));
  for (const _ of scenes)
    for (const [at, scene] of scenes)
      for (const { to } of Object.values(scene.replies).flatMap((reply) => reply.goto))
        if (to in depth) depth[to] = Math.min(scenes.length, Math.max(depth[to], depth[at] + 1));
  const found = {};
  for (const [at, scene] of scenes) {
    const phase = Object.keys(WORDS.phases).indexOf(scene.phase);
    const row = (found[phase * 1000 + depth[at]] ??= { phase: WORDS.phases[scene.phase], ids: [] });
    row.ids.push(at);
  }
  return Object.values(found); // integer keys come in ascending order
}

const shortened = (text, length) =>
  text.length > length ? `${text.slice(0, length).replace(/\s+\S*$/, "")} …` : text;

function map(player, ways) {
  const { play, name } = player;
  const [first, latest] = [ways[0], ways.at(-1)];
  const ends = [...new Set([first.state.at, latest.state.at])];
  const all = [...rows(play), ...ends.map((at) => ({ phase: WORDS.ending, ids: [at] }))];
  const seen = words(player);
  const boxes = {};
  const drawn = svg("svg", { role: "img", "aria-label": WORDS.mapLabel, class: "pt-ways" });
  let phase;
  let y = 24;
  for (const row of all) {
    const wide = (WIDE - LEFT) / row.ids.length;
    if (row.phase !== phase) drawn.append(svg("text", { x: 0, y: y + 21, class: "pt-phase" }, row.phase));
    phase = row.phase;
    row.ids.forEach((id, i) => {
      const x = LEFT + i * wide;
      boxes[id] = { x, y: y + BOX / 2 };
      drawn.append(
        svg("rect", { x, y, width: wide - 4, height: BOX, rx: 6, class: seen[id] ? "pt-seen" : "" }),
        svg("text", { x: x + 40, y: y + 21 }, seen[id] ? shortened(seen[id], (wide - 50) / 6) : ""),
      );
    });
    y += STEP;
  }
  drawn.append(
    ...sample("pt-first", WORDS.firstWay, LEFT),
    ...sample("pt-latest", WORDS.latestWay, LEFT + 132),
    ...way(first, boxes, 12, "pt-first"),
    ...way(latest, boxes, 26, "pt-latest"),
  );
  drawn.setAttribute("viewBox", `0 0 ${WIDE} ${y}`);
  return part(
    WORDS.map,
    drawn,
    h("p", {}, WORDS.mapNote),
    h(
      "details",
      { class: "pt-details" },
      h("summary", {}, WORDS.mapWords),
      inOrder(play, name, WORDS.firstWay, first),
      inOrder(play, name, WORDS.latestWay, latest),
    ),
  );
}

// What was heard in each scene and ending that an attempt has come to.
function words(player) {
  const heard = {};
  for (const attempt of player.attempts) {
    const { turns, state } = player.played(attempt);
    for (const { before } of turns) heard[before.at] = said(player.play, before).line;
    const over = ending(player.play, state);
    if (over) heard[state.at] = over.title;
  }
  return heard;
}

function way({ turns, state }, boxes, aside, kind) {
  const stops = [...turns.map((turn) => turn.before.at), state.at].map((at) => boxes[at]);
  const points = stops.map(({ x, y }) => `${x + aside},${y}`).join(" ");
  return [
    svg("polyline", { points, class: kind }),
    ...stops.map(({ x, y }) => svg("circle", { cx: x + aside, cy: y, r: 4, class: kind })),
  ];
}

const sample = (kind, text, x) => [
  svg("polyline", { points: `${x},8 ${x + 30},8`, class: kind }),
  svg("circle", { cx: x + 15, cy: 8, r: 4, class: kind }),
  svg("text", { x: x + 38, y: 12 }, text),
];

const inOrder = (play, name, title, { turns, state }) => [
  h("p", {}, h("strong", {}, title)),
  list(
    [
      ...turns.map(({ before, reply }, i) => {
        const trust = WORDS.trustAfter(trustLine(play, turns)[i + 1]);
        return `${WORDS.heardAndSaid(name, said(play, before).line, reply.say)} ${trust}`;
      }),
      play.endings[state.at].title,
    ],
    { class: "pt-order" },
    "ol",
  ),
];

// ---------------------------------------------------------------- the script

// Everything that was said, as text that anybody can read.
later.script = (player) => {
  const { play, name } = player;
  const tried = player.attempts.filter((attempt) => attempt.turns.length);
  const parts = tried.map((attempt, i) => {
    const when = attempt.began && new Date(attempt.began).toLocaleString("en", WHEN);
    return `${WORDS.scriptAttempt(i + 1, when)}\n\n${scriptOf(play, name, player.played(attempt))}`;
  });
  return `${[play.title, ...parts].join("\n\n")}\n`;
};

const WHEN = { dateStyle: "long", timeStyle: "short" };

function scriptOf(play, name, { turns, state }) {
  const over = ending(play, state);
  const lines = turns.flatMap((turn) => spoken(play, name, turn));
  const tally = score(turns);
  const points = play.practises
    .filter((dimension) => tally[dimension])
    .map((dimension) => `${play.rubric[dimension]}: ${WORDS.points(...tally[dimension])}`);
  const closing = over
    ? [over.says.line, "", WORDS.scriptEnd(over.title), WORDS.trustText(trustLine(play, turns)), ...points]
    : [said(play, state).line, "", WORDS.scriptOpen];
  return [...lines, `${name}: ${closing[0]}`, ...closing.slice(1)].join("\n");
}

function spoken(play, name, { before, reply, after, own_words, coded, guess }) {
  const reaction = answer(play, after, reply);
  const dimension = play.scenes[before.at].own_words?.dimension;
  return [
    `${name}: ${said(play, before).line}`,
    guess === null ? null : WORDS.scriptGuess(guess, before.values.trust),
    own_words && WORDS.scriptOwn(own_words),
    coded === null ? null : WORDS.scriptCoded(play.rubric[dimension], coded),
    `${WORDS.you}: ${reply.say}`,
    reaction ? `${name}: ${reaction.line}` : null,
  ].filter(Boolean);
}
