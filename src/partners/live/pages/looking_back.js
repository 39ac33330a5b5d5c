// The stage in the debrief of a talk that the whole room had: one thing at a time, as the facilitator turns.

import { change, choices, exchange, guesses, principles, tried, trustLine } from "./exchange.js";
import { curve } from "./figures.js";
import { bubble, first, h, t } from "./live.js";

export const debrief = (room) => LOOKS[room.debrief.stop](room, room.debrief);

const LOOKS = { whole, turn, change: smallest, principles: by, questions };

const heading = (back) => h("h2", {}, t(`look.${back.stop}`, back));

function whole(room, back) {
  const name = first(room);
  return [
    h("section", {},
      back.ending ? h("h2", { lang: room.words }, back.ending) : h("h2", {}, t("debrief")),
      ...trustLine(room, back)),
    h("section", { class: "what" }, bubble(room, t("hidden", { name }), back.hidden, "thought")),
  ];
}

function turn(room, back) {
  const { exchange: looked, trust } = back;
  return [
    h("section", { class: "turn" },
      heading(back),
      curve(room, trust, { turn: looked.turn }),
      ...choices(room, looked)),
    h("section", { class: "what" }, ...exchange(room, looked), ...guesses(room, looked), ...tried(room, looked)),
  ];
}

function smallest(room, back) {
  return [
    h("section", {}, heading(back), ...trustLine(room, back)),
    h("section", { class: "what" }, ...change(room, back.change)),
  ];
}

function by(room, back) {
  return [h("section", { class: "wide" }, heading(back), ...principles(back.principles))];
}

function questions(room, back) {
  const prompts = back.prompts.map((prompt) => h("li", {}, prompt));
  return [h("section", { class: "wide" }, heading(back), h("ol", { class: "prompts", lang: room.words }, ...prompts))];
}
