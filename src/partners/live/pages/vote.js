// The phone while the whole room talks with one parent.

import { bubble, first, h, letter, p, paragraphs, portrait, results, sentence, t } from "./live.js";
import { mine, say, show, situation, title, writing } from "./phone.js";

export function talk(room) {
  const { beat } = room;
  const name = first(room);
  const mood = (beat.answer ?? beat.says).mood ?? "plain";
  return [
    title(room.title, room.words),
    beat.before && bubble(room, t("teacher"), beat.before.said, "teacher"),
    beat.before?.answer && bubble(room, name, beat.before.answer, "parent"),
    h("div", { class: "face" }, portrait(room, mood, show), p("", t(`mood.${mood}`, { name }))),
    bubble(room, name, beat.says.line, "parent now"),
    ...middle(room, beat, p("next", next(beat, name))),
    beat.replies.length > 0 && ownWords(beat),
    beat.guess && beat.vote !== "waiting" && !beat.chosen && guess(room, beat),
    beat.texts.length > 0 &&
      h("section", {}, h("h2", {}, t("texts")), ...beat.texts.map(({ text }) => h("blockquote", {}, text))),
    situation(room),
  ];
}

function middle(room, beat, next) {
  const { ending, replies, chosen, answer } = beat;
  const tally = beat.tally && p("hint", sentence(beat));
  if (ending) {
    return [h("section", { lang: room.words }, h("h2", {}, ending.title), ...paragraphs(ending.text)), next];
  }
  if (!chosen) return [next, options(room, beat), tally];
  const said = replies.find(({ key }) => key === chosen).say;
  return [
    bubble(room, t("teacher"), said, "teacher now"),
    answer && bubble(room, first(room), answer.line, "parent now"),
    next,
    tally,
  ];
}

function next(beat, name) {
  if (beat.ending) return t("next.ending");
  if (beat.chosen) return t("next.chosen", { name });
  const i = beat.replies.findIndex(({ key }) => key === mine(beat.n).vote);
  return t(`next.${beat.vote === "open" && i >= 0 ? "in" : beat.vote}`, { letter: letter(i) });
}

function options(room, beat) {
  const open = beat.vote === "open" && !room.paused;
  const rows = beat.tally ? results(beat) : [];
  const { vote } = mine(beat.n);
  const card = ({ key, say: words }, i) => {
    const notes = [key === vote && t("vote.mine"), rows[i] && t("votes", rows[i])].filter(Boolean);
    // Not `disabled`: that would throw the focus off it when the vote closes.
    const input = {
      type: "radio", name: "reply", value: key, checked: key === vote, "aria-disabled": !open && "true",
      onclick: open ? null : (event) => event.preventDefault(),
      onchange: open ? () => say("voted", { beat: beat.n, reply: key }) : null,
    };
    return h("label", { class: "reply" },
      h("input", input),
      h("b", {}, letter(i)),
      h("span", {}, h("span", { lang: room.words }, words), h("small", {}, notes.join(" · "))));
  };
  return h("fieldset", {}, h("legend", {}, t("ask")), ...beat.replies.map(card));
}

function ownWords({ n, vote, own_words: prompt }) {
  const { text } = mine(n);
  if (vote !== "open") return text && h("blockquote", {}, text);
  const write = (words) => say("wrote", { beat: n, text: words });
  return writing(`words-${n}`, prompt ?? t("words"), text, write, t("words.hint"));
}

function guess(room, { n }) {
  const [low, high] = room.trust;
  const { guess: given } = mine(n);
  const ends = { [low]: t("guess.low", { low }), [high]: t("guess.high", { high }) };
  const option = (_, i) => h("option", { value: low + i, selected: low + i === given }, ends[low + i] ?? `${low + i}`);
  const onchange = ({ target }) => say("guessed", { beat: n, trust: Number(target.value) });
  return h("section", {},
    h("label", { for: `guess-${n}` }, t("guess", { name: first(room) })),
    h("select", { id: `guess-${n}`, onchange }, h("option", {}), ...Array.from({ length: high - low + 1 }, option)));
}
