// What the room looks back at, part by part: the stage and the phones put the same parts together.

import { bar, counted, curve, signed, table } from "./figures.js";
import { bubble, first, h, letter, p, t } from "./live.js";

const words = (room, text) => h("span", { lang: room.words }, text);
const principle = (name) => h("span", { lang: "en" }, name); // the course map speaks one language
const most = (rows, of) => rows.reduce((best, row) => (of(row) > of(best) ? row : best));

// Trust at every step, as a figure, a table and a sentence.
export function trustLine(room, { trust, change }) {
  const other = change?.trust ?? [];
  const long = other.length > trust.length ? other : trust;
  const cells = (values) => long.map((_, i) => String(values[i] ?? "–"));
  const rows = [[t("back.room"), ...cells(trust)]];
  if (other.length) rows.push([t("back.other"), ...cells(other)]);
  const name = first(room);
  return [
    curve(room, trust, { other }),
    table(["", ...long.map((_, i) => (i ? String(i) : t("back.start")))], rows, "trust"),
    p("hint", t("trust.was", { name, steps: trust.join(" → ") })),
  ];
}

// What was said, and what the parent thought.
export function told(room, { heard, thinks, said, answer, took }) {
  return [
    ...parent(room, heard, thinks),
    bubble(room, t("teacher"), said, "teacher"),
    ...parent(room, answer, took),
  ];
}

// How it moved trust, and why.
export function why(room, { trust: [from, to], coach, principle: name }) {
  return [
    p("count", t("trust.moved", { name: first(room), from, to })),
    h("blockquote", {}, h("p", { lang: room.words }, coach), h("p", { class: "hint" }, principle(name))),
  ];
}

// What stood there, who voted for it, and what it would have done.
export function choices(room, { options, said, votes }) {
  const rows = options.map((option, i) => ({ ...option, letter: letter(i) }));
  const all = rows.reduce((sum, { votes: n }) => sum + n, 0) || 1;
  const row = ({ say, votes: n, moves, ...more }) => ({
    ...more,
    say,
    share: (100 * n) / all,
    numbers: [t("votes", { n }), t("back.by", { by: signed(moves) })],
    look: say === said ? "won" : "",
  });
  const chosen = rows.find(({ say }) => say === said);
  const best = most(rows, ({ moves }) => moves);
  const columns = ["stage.reply", "back.share", "stage.votes", "back.moves"].map((key) => t(key));
  return [
    counted(room, "choices", columns, rows.map(row)),
    p("count",
      t("back.said", chosen), " ",
      votes > 0 && t("chose", { n: chosen.votes, of: votes }), " ",
      best.moves > chosen.moves && t("back.best", { ...best, name: first(room), by: signed(best.moves) })),
  ];
}

// Ways that the room went and came back from.
export function tried(room, { tried: all, options }) {
  const name = first(room);
  const one = ({ said, answer, took, trust: [from, to] }) => [
    h("h2", {}, t("back.tried", { letter: letter(options.findIndex(({ say }) => say === said)) })),
    h("p", {},
      answer && words(room, t("says", { name, line: answer })), " ",
      took && h("em", { lang: room.words }, `${t("thought", { name })}: ${took}`), " ",
      t("trust.moved", { name, from, to })),
  ];
  return all.flatMap(one);
}

export function guesses(room, { guesses: made }) {
  if (!made) return [];
  const { people, was, groups } = made;
  const name = ({ low, high }) => (low === high ? String(low) : t("back.to", { low, high }));
  const row = (group) => [name(group), [bar((100 * group.people) / people)], String(group.people)];
  const counts = groups.map((group) => t("back.group", { n: group.people, trust: name(group) })).join(", ");
  const sentence = t(groups.length ? "back.guesses" : "back.guesses.few", { n: people, was, counts });
  return [
    h("h2", {}, t("guess", { name: first(room) })),
    groups.length > 0 && table([t("back.guess"), "", t("back.people")], groups.map(row), "guesses"),
    p("count", sentence),
  ];
}

// The nearest way to a partnership, where the room parted from it.
export function change(room, found) {
  if (!found) return [p("", t("back.never"))];
  const { others, further, ending } = found;
  const n = others.length;
  if (!n) return [p("", further ? t("back.on", { n: further, ending }) : t("back.done"))];
  const one = ({ turn, heard, said, would, answer, took }) =>
    h("section", { class: "other" },
      h("h2", {}, t("look.turn", { n: turn })),
      bubble(room, first(room), heard, "parent"),
      h("p", {}, h("b", {}, t("back.yours")), " ", words(room, said)),
      h("p", {}, h("b", {}, t("back.would")), " ", words(room, would)),
      ...parent(room, answer, took));
  return [
    p("", t("back.change", { n, ending }), " ", t("back.part", others[0]), " ", further > 0 && t("back.further", { n: further })),
    ...others.map(one),
  ];
}

export function principles(rows) {
  const turns = (row) => row.turns.join(", ");
  const by = ({ moved: far }) => Math.abs(far);
  const widest = Math.max(1, ...rows.map(by));
  const row = (each) => [
    principle(each.principle),
    [bar((100 * by(each)) / widest, each.moved < 0 && "down")],
    signed(each.moved),
    turns(each),
  ];
  const told = (key, each) =>
    t(key, { principle: each.principle, by: signed(each.moved), turns: turns(each) });
  const [best, worst] = [rows[0], rows.at(-1)];
  return [
    table([t("back.principle"), "", t("back.moves"), t("back.replies")], rows.map(row), "principles"),
    p("count", best?.moved > 0 && told("back.up", best), " ", worst?.moved < 0 && told("back.down", worst)),
  ];
}

function parent(room, line, thought) {
  const name = first(room);
  return [
    line && bubble(room, name, line, "parent"),
    thought && bubble(room, t("thought", { name }), thought, "thought"),
  ];
}
