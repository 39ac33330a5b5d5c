// Figures of the stage and of the debrief. Each stands beside a table and a sentence that say the same.

import { first, h, root, t } from "./live.js";

// Phones need it only now; the stage has it from the beginning.
if (!document.querySelector("[href$='figures.css']"))
  document.head.append(h("link", { rel: "stylesheet", href: new URL("pages/figures.css", root).href }));

export const svg = (tag, ...more) => h(document.createElementNS("http://www.w3.org/2000/svg", tag), ...more);

export const bar = (percent, kind) =>
  svg("svg", { class: "bar", "aria-hidden": "true" }, svg("rect", { class: kind, width: `${percent}%`, height: "100%" }));

export const signed = (by) => (by > 0 ? `+${by}` : by < 0 ? `−${-by}` : "±0");

// Rows of cells; the first of each names it.
export function table(columns, rows, kind = "") {
  const column = (words) => (words ? h("th", { scope: "col" }, words) : h("td", {}));
  const row = ([name, ...cells]) =>
    h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((cell) => h("td", {}, ...[cell].flat())));
  return h("table", { class: kind },
    h("thead", {}, h("tr", {}, ...columns.map(column))),
    h("tbody", {}, ...rows.map(row)));
}

// Replies, each over its bar and its numbers. The style sheet lays the rows out its own way, hence the roles.
export function counted(room, kind, columns, rows) {
  const cell = (...content) => h("td", { role: "cell" }, ...content);
  const row = ({ letter, say, share, numbers, look }) =>
    h("tr", { role: "row", class: look },
      h("th", { role: "rowheader", scope: "row" }, h("b", {}, letter)),
      cell(h("span", { lang: room.words }, say)),
      cell(bar(share)),
      ...numbers.map((words) => cell(words)));
  const column = (words) => h("th", { role: "columnheader", scope: "col" }, words);
  return h("table", { class: `replies ${kind}`, role: "table" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, cell(), ...columns.map(column))),
    h("tbody", { role: "rowgroup" }, ...rows.map(row)));
}

// Trust from the start: the room's, and dashed the other conversation's. `turn` is the one looked at.
export function curve(room, trust, { turn, other = [] } = {}) {
  const [low, high] = room.trust;
  const steps = Math.max(1, trust.length - 1, other.length - 1);
  const x = (i) => 20 + (360 * i) / steps;
  const y = (value) => 150 - (130 * (value - low)) / (high - low);
  const line = (values, kind) =>
    svg("polyline", { class: kind, points: values.map((value, i) => `${x(i)},${y(value)}`).join(" ") });
  const label = t("trust.was", { name: first(room), steps: trust.join(", ") });
  return svg("svg", { class: "curve", viewBox: "0 0 400 180", role: "img", "aria-label": label },
    ...[low, high].map((value) => svg("line", { x1: 0, x2: 400, y1: y(value), y2: y(value) })),
    svg("text", { x: 0, y: 174 }, t("stage.low", { low })),
    svg("text", { x: 0, y: 12 }, t("stage.high", { high })),
    other.length > 0 && line(other, "other"),
    line(trust),
    ...trust.map((value, i) => svg("circle", { cx: x(i), cy: y(value), r: i === turn ? 9 : 4 })));
}
