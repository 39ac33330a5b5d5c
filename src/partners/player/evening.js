// A conference evening as it is planned: what of it cannot be kept, and a picture of it.
// `eveningPlan` finds the same as timetable.py does, on purpose; tests/player compares them.

import { h } from "./dom.js";

const MIDNIGHT = 24 * 60; // before Friday, in minutes from the one before Thursday

function minuteOf(text) {
  const found = /(?:^|[^0-9])([0-9]{1,2})[:.]([0-5][0-9])(?![0-9])/.exec(text);
  if (!found) return null;
  const [hour, minute] = [Number(found[1]), Number(found[2])];
  if (/\bfri(day)?\b/.test(text.toLowerCase())) return MIDNIGHT + 60 * hour + minute;
  return 60 * (hour >= 12 ? hour : hour + 12) + minute;
}

// The spans of text such as “Thu 7:10-7:30; Fri 7:10-7:30”, each as its first and its last minute.
const spansOf = (text) =>
  text.split("; ").filter(Boolean).map((part) => {
    const [day, times] = part.split(" ");
    return times.split("-").map((time) => minuteOf(`${day} ${time}`));
  });

const contains = (span, other) => span[0] <= other[0] && other[1] <= span[1];
const meets = (span, other) => span[0] < other[1] && other[0] < span[1];
const touches = (span, other) => span[0] === other[1] || other[0] === span[1];
const earlier = (span, other) => span[0] - other[0] || span[1] - other[1];

const clockOf = (minute) => {
  const [hour, rest] = [Math.floor((minute % MIDNIGHT) / 60), minute % 60];
  return `${((hour + 11) % 12) + 1}:${String(rest).padStart(2, "0")}`;
};
const inClock = ([start, end]) => `${start >= MIDNIGHT ? "Fri" : "Thu"} ${clockOf(start)}-${clockOf(end)}`;

// What has a time, in order; what has none that can be read; what breaks each rule, in words.
export function eveningPlan(plan, check) {
  const booked = Object.fromEntries(check.booked.map((row) => [row.what, row]));
  const saidOf = (name) => String(plan[name] ?? "").toLowerCase();
  const place = (name, { minutes }) => {
    const start = minuteOf(saidOf(name));
    return start === null ? null : [start, start + Number(minutes)];
  };
  const talks = check.talks
    .map((needs) => ({ name: needs.talk, needs, at: place(needs.talk, needs), said: saidOf(needs.talk) }))
    .filter(({ at }) => at)
    .sort((one, other) => earlier(one.at, other.at));
  const extra = {};
  for (const name of ["break", "corner"]) {
    const at = place(name, booked[name]);
    if (at) extra[name] = at;
  }
  const found = { talks, extra, booked, apart: check.apart };
  const conflicts = Object.keys(check.rules).map((rule) => [rule, [...BROKEN[rule](found)]]);
  const names = [...check.talks.map(({ talk }) => talk), "break", "corner"];
  const placed = [...talks.map(({ name }) => name), ...Object.keys(extra)];
  const missing = names.filter((name) => !placed.includes(name));
  return { ...found, missing, conflicts: Object.fromEntries(conflicts) };
}

const canBeHad = (booked, what, at) => spansOf(booked[what].when).some((span) => contains(span, at));

const BROKEN = {
  *times({ talks, extra, booked }) {
    for (const { name, at } of talks)
      if (!canBeHad(booked, "Thursday", at) && !canBeHad(booked, "Friday", at))
        yield `${name}: ${inClock(at)} is outside the school’s hours for talks.`;
    for (const [n, first] of talks.entries())
      for (const second of talks.slice(n + 1))
        if (meets(first.at, second.at)) yield `${first.name} and ${second.name} overlap.`;
    const pause = extra.break;
    if (!pause) return;
    if (!canBeHad(booked, "break", pause)) yield `The break: it has to lie somewhere in ${booked.break.when}.`;
    for (const { name, at } of talks) if (meets(at, pause)) yield `The break: ${name} is with you then.`;
  },
  *hours({ talks }) {
    for (const { name, needs, at } of talks) {
      const [can, busy, beside] = [needs.can, needs.busy, needs.next_to].map(spansOf);
      if (!can.some((span) => contains(span, at)))
        yield `${name}: ${inClock(at)} is not in the hours they gave (${needs.can}).`;
      if (busy.some((span) => meets(span, at)))
        yield `${name}: ${inClock(at)} runs into their other talk (${needs.busy}).`;
      if (!beside.every((span) => touches(span, at)))
        yield `${name}: ${inClock(at)} is not right beside their other talk (${needs.next_to}).`;
    }
  },
  *languages({ talks, booked }) {
    for (const { name, needs: { interpreter: who }, at, said } of talks) {
      if (who && !said.includes(who.toLowerCase()))
        yield `${name}: no booked interpreter for their language is named.`;
      else if (who && !canBeHad(booked, who, at))
        yield `${name}: ${who} is booked ${booked[who].when}, the talk is ${inClock(at)}.`;
    }
  },
  *homes({ talks, apart }) {
    for (const { name, needs, at } of talks) {
      const other = talks.find((talk) => talk.name === needs.apart_from);
      if (!other) continue;
      const [first, second] = [at, other.at].sort(earlier);
      if (second[0] - first[1] < apart)
        yield `${other.name} and ${name}: fewer than ${apart} minutes between them.`;
    }
  },
  *corner({ talks, extra: { corner }, booked }) {
    if (!corner) return;
    if (!canBeHad(booked, "corner", corner)) yield `The corner: ${inClock(corner)} is outside ${booked.corner.when}.`;
    for (const { name, needs, at } of talks)
      if (needs.corner && !contains(corner, at))
        yield `${name}: small children come along, and the corner is open ${inClock(corner)}.`;
  },
  *rooms({ talks, booked }) {
    for (const { name, needs, at, said } of talks) {
      if (needs.room && !said.includes(needs.room)) yield `${name}: room 12 is up the stairs.`;
      if (said.includes("library") && !canBeHad(booked, "library", at))
        yield `${name}: the library is free ${booked.library.when} only.`;
    }
  },
};

// What the reader sees: a picture of each day, then what cannot be kept.
export function evening({ evening: plan = {} }, check) {
  const found = eveningPlan(plan, check);
  const unread = found.missing.filter((name) => String(plan[name] ?? "").trim());
  const broken = Object.entries(found.conflicts).filter(([, lines]) => lines.length);
  if (found.missing.length === check.talks.length + 2 && !unread.length) return [];
  const troubled = broken.flatMap(([, lines]) => lines).join(" ");
  const days = ["Thursday", "Friday"].flatMap((name) => spansOf(found.booked[name].when).map((day) => [name, day]));
  return [
    unread.length ? `Write the time as in 5:10. It cannot be read for: ${unread.join("; ")}.` : "",
    ...days.map(([name, day]) => dayDrawn(name, day, found, troubled)),
    ...broken.map(([rule, lines]) =>
      h("div", {}, h("p", {}, h("b", {}, check.rules[rule])), h("ul", {}, lines.map((line) => h("li", {}, line)))),
    ),
    found.missing.length || broken.length ? "" : "Nothing collides. Every family on the list fits in.",
  ];
}

// Those of the blocks that lie within a day, in order, each with a lane of its own where they overlap.
function inLanes(blocks, day) {
  const ends = []; // of each lane, when its last block ends
  const shown = blocks.filter(({ at }) => meets(at, day)).sort((one, other) => earlier(one.at, other.at));
  return shown.map((block) => {
    const free = ends.findIndex((end) => end <= block.at[0]);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = block.at[1];
    return { ...block, lane };
  });
}

// One day from top to bottom, a row for each minute: talks that overlap lie side by side, and beside
// them stands what can be had when. Read aloud it is a list in the order of the clock.
function dayDrawn(name, day, { talks, extra, booked }, troubled) {
  const [first, last] = day;
  const rowOf = (minute) => Math.min(Math.max(minute, first), last) - first + 1;
  const placed = ({ at: [start, end] }, column) => `grid-row: ${rowOf(start)} / ${rowOf(end)}; grid-column: ${column}`;
  const mine = talks.map((talk) => ({ name: talk.name, at: talk.at, odd: troubled.includes(talk.name) }));
  if (extra.break) mine.push({ name: "your break", at: extra.break, odd: troubled.includes("The break") });
  const others = Object.values(booked)
    .filter(({ what }) => !["Thursday", "Friday", "corner", "break"].includes(what))
    .flatMap(({ what, when }) => spansOf(when).map((at) => ({ name: what, at })));
  if (extra.corner) others.push({ name: "corner", at: extra.corner });
  const [blocks, strips] = [inLanes(mine, day), inLanes(others, day)];
  const columns = (lanes) => Math.max(1, ...lanes.map(({ lane }) => lane + 1));
  const beside = 2 + columns(blocks);
  const hours = [];
  for (let minute = first; minute < last; minute += 30) hours.push(minute);
  const style = `--minutes: ${last - first}; --lanes: ${beside - 2}; --strips: ${columns(strips)}`;
  return h(
    "div",
    {},
    h("p", {}, h("b", {}, `${name}, ${clockOf(first)} to ${clockOf(last)}`)),
    h(
      "ol",
      { class: "ws-day", style },
      hours.map((minute) =>
        h("li", { class: "ws-hour", "aria-hidden": "true", style: `grid-row: ${rowOf(minute)} / span 10` }, clockOf(minute)),
      ),
      blocks.map((block) =>
        h("li", { class: block.odd ? "ws-block ws-odd" : "ws-block", style: placed(block, block.lane + 2) }, `${clockOf(block.at[0])} ${block.name}`),
      ),
      strips.map((strip) =>
        h("li", { class: "ws-strip", style: placed(strip, strip.lane + beside) }, `${strip.name} ${strip.at.map(clockOf).join("–")}`),
      ),
    ),
  );
}
