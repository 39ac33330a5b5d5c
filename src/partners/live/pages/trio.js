// The phone in a trio: the card of a role, and what is asked of it.
//
// room.trio: { round, step }; you.role: "teacher" | "parent" | "observer", you.trio: { n, people: [{ name, role }] },
// you.card: { title, parts: [{ heading, text, items }] }, you.rubric: [{ id, name, points: [0, 1, 2 in words] }]
// (observer), you.ratings: { id: points }, you.note, you.statements: [text], you.answers: { index: true or false }.

import { h, p, paragraphs, t } from "./live.js";
import { at, mine, say, title, writing } from "./phone.js";

export function talk(room) {
  const { role, card, trio: group } = mine();
  if (!role || !room.trio) return [title(room.title, room.words), p("next", t("trio.wait"))];
  const { round, step } = room.trio;
  const people = group.people.map((person) => `${person.name} (${t(`role.${person.role}`)})`).join(", ");
  const answers = role !== "observer" && (step === "statements" || step === "compare");
  return [
    title(t(`role.${role}`)),
    p("", h("b", {}, t("trio", group)), ": ", people),
    p("next", t(`trio.${step}`)),
    answers && statements(round, step === "statements"),
    h("section", { class: "card", lang: room.words }, h("h2", {}, card.title), ...card.parts.map(part)),
    role === "observer" && observing(round),
  ];
}

function part({ heading, text, items = [] }) {
  return h("div", {},
    heading && h("h3", {}, heading),
    text && h("div", {}, ...paragraphs(text)),
    items.length > 0 && h("ul", {}, ...items.map((item) => h("li", {}, item))));
}

function options(name, legend, choices, chosen, choose) {
  const option = ([value, sign, words]) =>
    h("label", { class: "reply" },
      h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => choose(value) }),
      h("b", {}, sign),
      h("span", {}, words));
  return h("fieldset", {}, h("legend", {}, legend), ...choices.map(option));
}

function observing(round) {
  const { rubric, ratings = {}, note } = mine();
  const rate = ({ id, name, points }) =>
    options(id, name, points.map((words, n) => [n, String(n), words]), ratings[id],
      (value) => say("rated", { round, dimension: id, points: value }));
  return h("section", {},
    writing(`note-${round}`, t("notes"), note, (text) => say("noted", { round, text })),
    h("h2", {}, t("rate")),
    ...rubric.map(rate));
}

function statements(round, open) {
  const { statements: all, answers = {} } = mine();
  const choices = [true, false].map((value) => [value, t(`${value}`)[0], t(`${value}`)]);
  const ask = (words, i) =>
    options(`statement-${i}`, words, choices, answers[i], (value) => say("answered", { round, statement: i, true: value }));
  const answered = (words, i) => h("li", {}, words, " ", h("b", {}, i in answers ? t(String(answers[i])) : "–"));
  return h("section", { lang: at.room.words }, open ? all.map(ask) : h("ul", {}, ...all.map(answered)));
}
