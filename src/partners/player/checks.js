// Checks that look at a whole form before anybody marks it: they add up, they never say what is right.
// Each takes the answers of the exercise and what the form gives it, and returns lines for the reader:
// texts, or elements.

import { agreement } from "./agreement.js";
import { evening } from "./evening.js";
import { hundred_days } from "./hundred_days.js";

export const CHECKS = { agreement, evening, hundred_days };

// How many items have one of the choices, where there is room for so many and no more.
CHECKS.room = (answers, { question, option, room, says }) => {
  const chosen = Object.entries(answers[question] ?? {}).filter(([, value]) => value === option);
  if (chosen.length === room) return [];
  return [`${says} ${chosen.map(([item]) => item).join(", ") || "nobody"}.`];
};
