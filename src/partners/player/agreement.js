// A reader's codes beside those of a second reader. `codesCompared` finds the same as
// worksheet.codes_side_by_side does, on purpose; tests/player compares them.

import { h } from "./dom.js";

const CODES = ["0", "1", "2"];

// The moments without a code; with all of them coded, both codes of each, and how often each was given.
export function codesCompared(answers, { question, codes }) {
  const codeOf = (moment) => CODES.find((code) => code === String(answers[question]?.[moment] ?? "").trim());
  const moments = Object.keys(codes);
  const open = moments.filter((moment) => !codeOf(moment));
  const rows = moments.map((moment) => [moment, codeOf(moment), String(codes[moment])]);
  const times = CODES.map((code) => [1, 2].map((reader) => rows.filter((row) => row[reader] === code).length));
  return open.length ? { open } : { open, rows, times };
}

export function agreement(answers, check) {
  const { question, reader } = check;
  const { open, rows, times } = codesCompared(answers, check);
  if (open.length) return [`Code every moment of “${question}” first. Then you see what ${reader} gave.`];
  const lines = rows.map(([moment, mine, theirs]) =>
    h("tr", {}, h("th", { scope: "row" }, moment), [mine, theirs, mine === theirs ? "" : "★ differs"].map((cell) => h("td", {}, cell))),
  );
  return [
    `Your codes of “${question}” beside ${reader}’s. A star stands where the two of you differ.`,
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ["Moment", "You", reader].map((head) => h("th", { scope: "col" }, head)), h("td", {}))),
      h("tbody", {}, lines),
    ),
    ...times.map(([mine, theirs], code) => `Times ${code} was given: ${mine} by you, ${theirs} by ${reader}.`),
  ];
}
