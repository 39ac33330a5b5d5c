// The remote while trios talk: what to say, how far people are, how long a step usually takes.

import { p, t } from "./live.js";
import { summary } from "./seen.js";

const USUAL = { find: 2, talk: 4, words: 3, statements: 2, compare: 3 };

export function round({ trio }, { trio: people }) {
  if (!trio) return [p("", t("lead.roles"))];
  const { observers, rated, noted, asked, answered, guests } = people;
  const watching = ["talk", "words"].includes(trio.step) && observers > 0;
  return [
    p("", t(`trio.${trio.step}`)),
    watching && p("", t("lead.rated", { n: rated, of: observers }), " ", t("lead.noted", { n: noted })),
    trio.step === "statements" && p("", t("lead.answered", { n: answered, of: asked })),
    trio.understood && p("", summary(trio.understood)),
    guests > 0 && p("", t("lead.guests", { n: guests })),
  ];
}

export const usual = ({ trio }) => trio && p("hint", t("lead.usual", { n: USUAL[trio.step] }));
