// The phone after the conversation: looking back, the last question, the end.

import { exchange, instead } from "./exchange.js";
import { bubble, button, first, h, p, t } from "./live.js";
import { at, leave, mine, say, title, writing } from "./phone.js";

export function debrief(room) {
  const { prompts, hidden, trust, ending, exchange: looked } = room.debrief;
  const name = first(room);
  const whole = () => [
    bubble(room, t("hidden", { name }), hidden, "thought"),
    p("", t("trust.was", { name, steps: trust.join(" → ") })),
  ];
  const prompt = (words, i) =>
    writing(`prompt-${i}`, words, mine().reflections?.[i], (text) => say("reflected", { prompt: i, text }));
  return [
    title(ending ?? t("debrief"), ending && room.words),
    h("section", {}, ...(looked ? [...exchange(room, looked), ...instead(room, looked)] : whole())),
    ...prompts.map(prompt),
  ];
}

export function ticket() {
  const write = (text) => say("ticket", { text });
  return [title(t("ticket")), writing("ticket", t("ticket.prompt"), mine().ticket, write), p("hint", t("ticket.next"))];
}

export function over() {
  return [title(t("over")), p("", t("over.say")), at.seat.token && button(t("over.forget"), () => leave())];
}
