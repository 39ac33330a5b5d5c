// One exchange of the conversation, looked back at: what was said, what the parent thought, what else.

import { bubble, first, h, p, t } from "./live.js";

export function exchange(room, { heard, thinks, said, answer, took, trust, votes, of, coach, principle }) {
  return [
    ...parent(room, heard, thinks),
    bubble(room, t("teacher"), said, "teacher"),
    of && p("hint", t("chose", { n: votes, of })),
    ...parent(room, answer, took),
    moved(room, trust),
    h("blockquote", { lang: room.words }, h("p", {}, coach), p("hint", principle)),
  ];
}

// Another reply, and how the parent would have taken it.
export function instead(room, { other }) {
  if (!other) return [];
  return [
    h("h2", {}, t("other")),
    bubble(room, t("teacher"), other.said, "teacher"),
    ...parent(room, other.answer, other.took),
    moved(room, other.trust),
  ];
}

function parent(room, line, thought) {
  const name = first(room);
  return [
    line && bubble(room, name, line, "parent"),
    thought && bubble(room, t("thought", { name }), thought, "thought"),
  ];
}

const moved = (room, [from, to]) => p("hint", t("trust.moved", { name: first(room), from, to }));
