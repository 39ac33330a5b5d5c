// The phone in a trio when both have answered, and in the debrief.

import { h, p, t } from "./live.js";
import { mine, say, title, writing } from "./phone.js";
import { looking, summary } from "./seen.js";

export { over, ticket } from "./after.js";

export function compared(room, { said }) {
  const { understood } = room.trio;
  const answer = (value) => (value === undefined ? t("said.none") : t(`${value}`));
  const row = ({ say: words, true: is }, i) =>
    h("li", {},
      h("p", { lang: room.words }, words),
      p("hint",
        t("said.teacher", { answer: answer(said.teacher[i]) }), " · ",
        t("said.parent", { answer: answer(said.parent[i]) }), " · ",
        t("said.card", { answer: answer(is) })));
  return h("section", {},
    h("h2", {}, t("said")),
    h("ul", {}, ...understood.statements.map(row)),
    p("hint", summary(understood)));
}

export function debrief(room) {
  const prompt = (words, i) =>
    writing(`prompt-${i}`, words, mine().reflections?.[i], (text) => say("reflected", { prompt: i, text }));
  return [
    title(t(`look.${room.seen.stop}`)),
    h("section", {}, ...looking(room)),
    p("hint", t("back.kept")),
    ...room.debrief.prompts.map(prompt),
  ];
}
