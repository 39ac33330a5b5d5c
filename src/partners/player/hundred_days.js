// A plan for a hundred days as it is made: its minutes week by week, and who stands in which week.
// `hundredDays` finds the same as hundred_days.py does, on purpose; tests/player compares them.

import { h, toNumber } from "./dom.js";

// The amount in an answer; 0 if it is none.
const amountOf = (given) => {
  const number = toNumber(given ?? "");
  return number >= 0 && number < 1e9 ? number : 0;
};

// The week and the ways in text such as “3 CT”, or null.
function contactIn(text, ways) {
  const found = /^(?:week)?\s*([0-9]+)(.*)$/i.exec(text);
  if (!found) return null;
  const [week, letters] = [Number(found[1]), found[2].replace(/[\s,;:/+&.–-]+/g, "").toUpperCase()];
  const fits = week >= 1 && week <= 15 && letters && [...letters].every((way) => ways.includes(way));
  return fits ? [week, letters] : null;
}

export function hundredDays({ calendar = {}, minutes = {}, time = {}, look_again: days = "" }, check) {
  const each = (way) => amountOf(minutes[way]);
  const [weekly, reserve, answering, sentences, more] = check.time.map((name) => amountOf(time[name]));
  const written = Object.entries(calendar).map(([family, text]) => [family, String(text).trim()]);
  const read = written.filter(([, text]) => text).map(([family, text]) => [family, contactIn(text, check.ways)]);
  const contacts = Object.fromEntries(read.filter(([, contact]) => contact).sort());
  const unread = read.filter(([, contact]) => !contact).map(([family]) => family);
  const weeks = [...check.first, ...check.later];
  const needed = Object.fromEntries(weeks.map((week) => [week, answering]));
  for (const [week, ways] of Object.values(contacts))
    needed[week] = (needed[week] ?? 0) + [...ways].reduce((all, way) => all + each(way), 0);
  for (const week of check.later) needed[week] += sentences * each("T");
  const looks = new Set((String(days).match(/[0-9]+/g) ?? []).map(Number).filter((day) => day >= 14 && day <= 100));
  return {
    contacts,
    unread,
    byWeek: needed,
    inAll: Object.values(needed).reduce((all, one) => all + one, 0) + more + check.look * looks.size,
    thereAre: weekly * weeks.length - reserve,
    inWeek: Object.fromEntries(Object.keys(needed).map((week) => [week, weeks.includes(Number(week)) ? weekly : 0])),
  };
}

// What the reader sees: what cannot be read, then the weeks as a table with bars.
export function hundred_days(answers, check) {
  const found = hundredDays(answers, check);
  const asked = { time: check.time, minutes: [...check.ways] };
  const open = Object.entries(asked).flatMap(([name, items]) =>
    items.filter((item) => Number.isNaN(toNumber(answers[name]?.[item] ?? ""))),
  );
  const unread = found.unread.length
    ? `Write a week and a letter for each home, as in 3 CT. It cannot be read for: ${found.unread.join("; ")}.`
    : "";
  if (!Object.keys(found.contacts).length) return [unread];
  if (open.length) return [unread, `The weeks can be added up once you have a number for: ${open.join("; ")}.`];
  return [unread, weeksDrawn(found)];
}

function weeksDrawn({ contacts, byWeek, inAll, thereAre, inWeek }) {
  const whole = Math.round; // minutes, to be read
  const most = Math.max(...Object.values(byWeek), ...Object.values(inWeek), 1);
  const bar = (week, needed) => {
    const over = needed > inWeek[week];
    return h(
      "td",
      { class: over ? "ws-over-full" : null },
      `${whole(needed)} of ${whole(inWeek[week])}${over ? ", too full" : ""}`,
      h(
        "div",
        { class: "ws-minutes", "aria-hidden": "true" },
        h("i", { style: `width: ${(100 * inWeek[week]) / most}%` }),
        h("b", { style: `width: ${(100 * needed) / most}%` }),
      ),
    );
  };
  const who = (week) =>
    Object.entries(contacts)
      .filter(([, [planned]]) => planned === week)
      .map(([family, [, ways]]) => `${family} ${ways}`)
      .join(", ");
  const lines = Object.entries(byWeek).map(([week, needed]) =>
    h("tr", {}, h("th", { scope: "row" }, week), h("td", {}, who(Number(week))), bar(week, needed)),
  );
  const families = Object.keys(contacts).length;
  return h(
    "div",
    {},
    h(
      "table",
      { class: "ws-weeks" },
      h("caption", {}, `${families} ${families === 1 ? "family has" : "families have"} a week and a way. Minutes, needed and there:`),
      h("thead", {}, h("tr", {}, ["Week", "Who", "Minutes"].map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, lines),
    ),
    h("p", {}, `In all: ${whole(inAll)} minutes of ${whole(thereAre)}${inAll > thereAre ? ", which is too much" : ""}.`),
  );
}
