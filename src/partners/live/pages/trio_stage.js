// The stage while trios talk: who sits with whom, what they do now, and what the teachers understood.

import { h, p, paragraphs, t } from "./live.js";
import { looking, summary, understood } from "./seen.js";

export function trio(room) {
  const { trio: now } = room;
  if (!now) return roles(room);
  const doing = [
    p("hint", t("stage.round", now), " · ", t("stage.trios", { n: now.count })),
    h("h2", {}, t(`trio.${now.step}`)),
  ];
  if (now.understood) {
    const thisRound = { ...now.understood, rounds: [] };
    return [h("section", { class: "wide" }, ...doing, ...understood(room, thisRound))];
  }
  return [h("section", {}, ...doing), now.trios.length ? seats(now.trios) : numbers(now)];
}

function roles(room) {
  const role = (name) => h("li", {}, h("b", {}, t(`role.${name}`)), h("p", {}, t(`roles.${name}`)));
  return [
    h("section", {},
      h("h2", {}, t("roles")),
      h("ul", { class: "roles" }, ...["teacher", "parent", "observer"].map(role)),
      p("", t("roles.turn"))),
    h("section", { class: "what" },
      h("h2", {}, t("setting")),
      h("div", { lang: room.words }, ...paragraphs(room.setting)),
      h("p", {}, h("b", {}, t("goal")), " ", h("span", { lang: room.words }, room.goal))),
  ];
}

function seats(trios) {
  const person = ({ name, role }) => h("li", {}, name, " ", h("span", {}, t(`role.${role}`)));
  const group = ({ n, people }) =>
    h("section", {}, h("h3", {}, t("trio", { n })), h("ul", {}, ...people.map(person)));
  return h("div", { class: "trios" }, ...trios.map(group));
}

function numbers({ count, step }) {
  return h("section", { class: "what" },
    p("address", t("stage.trios", { n: count })),
    p("", t("stage.number")),
    step === "find" && p("", t("stage.rows")));
}

export function lookedBack(room) {
  const { stop } = room.seen;
  const prompts = room.debrief.prompts.map((prompt) => h("li", {}, prompt));
  return [
    h("section", { class: "wide" },
      h("h2", {}, t(`look.${stop}`)),
      ...looking(room),
      stop === "questions" && h("ol", { class: "prompts", lang: room.words }, ...prompts)),
  ];
}

// What is new, beside what is new in every session.
export function changed(before, now) {
  const is = now.trio?.understood;
  return is && !before?.trio?.understood ? summary(is) : "";
}
