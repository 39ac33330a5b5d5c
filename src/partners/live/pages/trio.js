// The phone in a trio: who sits there, the card of a role, and what is asked of it.

import { button, first, h, p, t } from "./live.js";
import { SAYS, mine, part, say, situation, title, writing } from "./phone.js";

Object.assign(SAYS, {
  rated: ["ratings", "points", "dimension"],
  noted: ["note", "text"],
  answered: ["answers", "true", "statement"],
});

export function talk(room) {
  const own = mine();
  if (!room.trio || !own.role) return waiting(room);
  const { next } = room.trio;
  return [
    h("section", { role: "status" },
      title(`${t("trio", own.trio)} · ${t(`role.${own.role}`)}`),
      p("", people(own))),
    p("next", task(room, own)),
    special(room, own),
    own.statements && statements(room, own),
    own.said && part("trio_after").compared?.(room, own),
    own.heard && own.role !== "observer" && heard(own),
    ...(own.role === "observer" ? observing(own) : [card(room, own)]),
    p("hint", t("trio.next", { step: t(`step.${next}`) })),
  ];
}

function waiting(room) {
  return [title(room.title, room.words), p("next", t("trio.wait")), roles(), situation(room, true)];
}

function roles() {
  const role = (name) => h("li", {}, h("b", {}, t(`role.${name}`)), ": ", t(`roles.${name}`));
  return h("section", {},
    h("h2", {}, t("roles")),
    h("ul", {}, ...["teacher", "parent", "observer"].map(role)),
    p("", t("roles.turn")));
}

function people({ trio, role, name }) {
  const others = trio.people.filter((person) => person.role !== role || person.name !== name);
  const named = others.map(({ name: who, role: as }) => t("trio.person", { name: who, role: t(`role.${as}`) }));
  return named.length ? t("trio.with", { people: named.join(", ") }) : t("trio.self");
}

function task(room, { role, trio }) {
  const { step } = room.trio;
  if (role === "guest") return t("trio.guest");
  if (trio.told === "alone") return t("trio.alone");
  if (step === "find") return t("trio.find");
  if (step === "compare") return t("ask.compare");
  if (step === "words" && trio.told === "no_observer") return t("ask.words.no_observer");
  return t(`ask.${step}.${role}`, { name: first(room) });
}

// What there is to know for those who are not three.
function special({ trio: { step } }, { role, trio: { told } }) {
  const matters = { no_observer: step !== "words", two_observers: role === "observer" };
  return matters[told] && step !== "compare" && p("hint", t(`trio.${told}`));
}

function card(room, { role, card: told }) {
  if (role === "guest") return null;
  if (role === "teacher") return situation(room, true);
  const part = (key, ...words) => h("div", {}, h("h3", {}, t(`card.${key}`)), ...words);
  const line = (words) => h("li", {}, words);
  const lang = room.words;
  return h("section", { class: "card" },
    h("h2", {}, t("card")),
    h("p", { lang }, `${room.parent.name}, ${room.parent.who}; ${told.job}.`),
    part("hidden", h("p", { lang }, told.hidden)),
    part("first", h("p", { lang }, `“${told.first}”`)),
    told.fixed.length > 0 && part("fixed", h("ul", { lang }, ...told.fixed.map(line))),
    p("", t("card.trust")));
}

function options(name, legend, choices, chosen, choose, kind) {
  const option = ([value, sign, words, lang]) =>
    h("label", { class: "reply" },
      h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => choose(value) }),
      h("b", {}, sign),
      h("span", { lang }, words));
  return h("fieldset", { class: kind }, h("legend", {}, legend), ...choices.map(option));
}

function observing({ round, rubric, ratings = {}, note, quote, heard: others }) {
  const rate = ({ id, name, points }) => {
    const choices = points.map((words, n) => [n, String(n), words, "en"]).reverse(); // the map’s language
    const choose = (value) => say("rated", { round, dimension: id, points: value });
    return options(id, h("span", { lang: "en" }, name), choices, ratings[id], choose);
  };
  const write = (text) => say("noted", { round, text, quote: Boolean(quote) });
  const allow = () => say("noted", { round, text: note, quote: !quote });
  return [
    writing(`note-${round}`, t("notes"), note, write, t("notes.who")),
    note && quote && p("hint", t("notes.quoted")),
    note && button(t(quote ? "notes.keep" : "notes.quote"), allow),
    others?.length > 0 && heard({ heard: others }),
    h("section", {}, h("h2", {}, t("rate")), ...rubric.map(rate)),
  ];
}

function heard({ heard: notes }) {
  const quotes = notes.map((text) => h("blockquote", {}, text));
  if (!quotes.length) quotes.push(p("hint", t("heard.none")));
  return h("section", {}, h("h2", {}, t("heard")), ...quotes);
}

function statements(room, { round, statements: all, answers = {} }) {
  const choices = [true, false].map((value) => [value, t(`${value}`)[0], t(`${value}`)]);
  const ask = (words, i) => {
    const choose = (value) => say("answered", { round, statement: i, true: value });
    return options(`statement-${i}`, h("span", { lang: room.words }, words), choices, answers[i], choose, "pair");
  };
  return h("section", {}, ...all.map(ask));
}
