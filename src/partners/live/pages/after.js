// The phone after the conversation: looking back, the last question, the end.

import { change, choices, guesses, principles, told, tried, trustLine, why } from "./exchange.js";
import { bubble, button, first, h, p, t } from "./live.js";
import { SAYS, at, leave, mine, say, title, writing } from "./phone.js";

Object.assign(SAYS, {
  ticket: ["ticket", "text"],
  reflected: ["reflections", "text", "prompt"],
});

const LOOKS = {
  whole: (room, back) => [
    ...trustLine(room, back),
    bubble(room, t("hidden", { name: first(room) }), back.hidden, "thought"),
  ],
  turn: (room, back) => [told, why, guesses].flatMap((part) => part(room, back.exchange)),
  votes: (room, back) => [choices, tried].flatMap((part) => part(room, back.exchange)),
  change: (room, back) => change(room, back.change),
  principles: (_, back) => principles(back.principles),
  questions: () => [],
};

export function debrief(room) {
  const { debrief: back } = room;
  const prompt = (words, i) =>
    writing(`prompt-${i}`, words, mine().reflections?.[i], (text) => say("reflected", { prompt: i, text }));
  return [
    title(t(`look.${back.stop}`, back)),
    h("section", {}, ...LOOKS[back.stop](room, back)),
    p("hint", t("back.kept")),
    ...back.prompts.map(prompt),
  ];
}

export function ticket() {
  const write = (text) => say("ticket", { text });
  return [
    title(t("ticket")),
    writing("ticket", t("ticket.prompt"), mine().ticket, write),
    p("hint", t("back.kept")),
    p("hint", t("ticket.next")),
  ];
}

export function over() {
  return [title(t("over")), p("", t("over.say")), at.seat.token && button(t("over.forget"), () => leave())];
}
