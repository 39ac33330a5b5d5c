// The stage in the debrief of a talk that the whole room had: one thing at a time, as the facilitator turns.

import { change, choices, guesses, principles, told, tried, trustLine, why } from "./exchange.js";
import { curve } from "./figures.js";
import { bubble, first, h, p, t } from "./live.js";

export const debrief = (room) => LOOKS[room.debrief.stop](room, room.debrief);

const LOOKS = { whole, turn, votes, change: smallest, principles: by, questions };

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
  const { exchange, trust, n } = back;
  return [
    h("section", { class: "turn" },
      heading(back),
      curve(room, trust, { turn: n }),
      ...why(room, exchange),
      ...guesses(room, exchange)),
    h("section", { class: "what" }, ...told(room, exchange)),
  ];
}

function votes(room, back) {
  const { exchange } = back;
  return [h("section", { class: "wide" }, heading(back), ...choices(room, exchange), ...tried(room, exchange))];
}

// Where the two ways part; what comes after that, the phones have.
function smallest(room, back) {
  const [inShort, other] = change(room, back.change);
  return [
    h("section", {},
      heading(back),
      curve(room, back.trust, { other: back.change?.trust }),
      back.change && p("hint", t("back.other")),
      inShort),
    other,
  ];
}

function by(room, back) {
  return [h("section", { class: "wide" }, heading(back), ...principles(back.principles))];
}

function questions(room, back) {
  const prompts = back.prompts.map((prompt) => h("li", {}, prompt));
  return [h("section", { class: "wide" }, heading(back), h("ol", { class: "prompts", lang: room.words }, ...prompts))];
}
