// What a room of trios looks back at: the stage and the phones put the same parts together.

import { bar, svg, table } from "./figures.js";
import { first, h, p, root, t } from "./live.js";

document.head.append(h("link", { rel: "stylesheet", href: new URL("pages/trio.css", root).href }));

export const looking = (room) => LOOKS[room.seen.stop](room);

const LOOKS = {
  ratings: ({ seen }) => ratings(seen.dimensions),
  hidden: (room) => [h("div", { class: "line thought", lang: room.words }, h("p", {}, room.debrief.hidden))],
  understood: (room) => understood(room, room.seen.understood),
  questions: () => [],
};

// A table, and where it would be too wide a list with the same words.
function rows(columns, all, kind) {
  if (innerWidth > 599) return table(columns, all, kind);
  const cell = (content, i) => p("hint", `${columns[i + 1]}: `, ...[content].flat());
  const row = ([name, ...cells]) => h("li", {}, name, ...cells.map(cell));
  return h("ul", { class: kind }, ...all.map(row));
}

// --- what observers saw

const span = ({ low, high }) => (low === high ? String(low) : `${low}–${high}`);

function ratings(dimensions) {
  const columns = ["look", "points", "ratings", "median"].map((key) => t(`seen.${key}`));
  return [rows(columns, dimensions.map(dimension), "seen"), p("count", most(dimensions))];
}

function dimension({ name, two, ratings: n, median, points }) {
  const falling = points.toReversed();
  const counts = falling.map((some) => t("seen.group", { points: span(some), n: some.ratings })).join(" · ");
  return [
    h("span", { lang: "en" }, name, " ", h("small", {}, t("seen.two", { two }))), // as the course map has it
    n ? [spread(falling, n), counts] : t("seen.few"),
    String(n ?? "–"),
    String(median ?? "–"),
  ];
}

function spread(groups, n) {
  let x = 0;
  const part = ({ low, high, ratings: some }) => {
    const width = (100 * some) / n;
    x += width;
    return svg("rect", { class: `of${low}${high}`, x: `${x - width}%`, width: `${width}%`, height: "100%" });
  };
  return svg("svg", { class: "bar spread", "aria-hidden": "true" }, ...groups.map(part));
}

function most(dimensions) {
  const rated = dimensions.filter(({ median }) => median !== null);
  const medians = rated.map(({ median }) => median);
  const [high, low] = [Math.max(...medians), Math.min(...medians)];
  const named = (key, median) => {
    const names = rated.filter((row) => row.median === median).map(({ name }) => name);
    return t(key, { median, names: names.join(", ") });
  };
  if (!rated.length) return t("seen.none");
  if (high === low) return t("seen.all", { median: high });
  return `${named("seen.most", high)} ${named("seen.least", low)}`;
}

// --- what teachers understood

const percent = ({ right, of }) => Math.round((100 * right) / of);
const count = (share) => (share ? t("understood.of", share) : "–");
const counted = (share) => (share ? [bar(percent(share)), count(share)] : count(share));
const when = (row) => t(row.first === row.last ? "understood.round" : "understood.rounds", row);
const clean = (row) => t(row.clean ? "understood.clean" : "understood.unclean");

export function understood(room, { shown, statements, rounds }) {
  const said = ({ say, true: is, teachers, parents }) => {
    const about = [h("span", { lang: room.words }, say), t(`${is}`)];
    return shown ? [...about, counted(teachers), count(parents)] : about;
  };
  const round = (row) => [`${when(row)}. ${clean(row)}`, counted(row.teachers), count(row.parents)];
  const sides = [t("understood.teachers"), t("understood.parents")];
  const columns = [t("understood.about", { name: first(room) }), t("understood.is"), ...sides];
  return [
    rows(columns.slice(0, shown ? 4 : 2), statements.map(said), "understood"),
    rounds.length > 1 && rows(["", ...sides], rounds.map(round), "rounds"),
    p("count", summary({ shown })),
  ];
}

export function summary({ shown }) {
  if (!shown) return t("understood.few");
  const right = t("understood.in", { ...shown.teachers, percent: percent(shown.teachers) });
  return `${when(shown)}. ${right} ${clean(shown)}`;
}
