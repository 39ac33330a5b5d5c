// The remote of whoever leads the room. The key is all it takes: any number of remotes show the same.

import {
  LANGUAGES, ask, button, changes, draw, first, follow, h, outbox, p, persist, reason, recall, remember,
  results, root, setClock, speak, t, timeLeft,
} from "./live.js";
import { round, usual } from "./trio_lead.js";

const STEPS = ["began", "vote_opened", "vote_closed", "revealed", "went_on", "round_began", "step"];
const LATER = ["debriefed", "ticketed", "ended"];
const ALL = [...STEPS, ...LATER, "chosen", "looked", "resumed"];
const MINUTES = [1, 2, 3, 4, 5, 8];
const KEPT = "partners-live:key";
const at = { linked: true };
let out;

// The key stands behind the # of the link, and does not stay where a projector would show it.
function keyOf(text) {
  const key = text.split("#").pop().trim();
  if (key) remember("key", (sessionStorage[KEPT] = key));
  return key;
}

async function start() {
  await speakAs(navigator.language.slice(0, 2));
  const key = keyOf(location.hash) || sessionStorage[KEPT] || recall("key");
  history.replaceState(null, "", location.pathname);
  show();
  if (key) await enter(key);
}

async function enter(key) {
  try {
    const { code } = await persist("lead/session", key);
    Object.assign(at, { key, code, notice: "" });
    out = outbox(`${code}/lead`, key, [], done);
    follow(code, key, { frame: see, link, refused });
  } catch (error) {
    refused(error);
  }
}

function refused(error) {
  at.key = null;
  failed(error);
}

function failed(error) {
  at.notice = reason(error);
  news(at.notice);
  show();
}

async function speakAs(language) {
  const known = language in LANGUAGES ? language : "en";
  if (at.language !== known) await speak(known, ["", "trio.", "after.", "lead."]);
  at.language = known;
}

function link(linked) {
  if (linked !== at.linked) news(t(linked ? "link.on" : "link.off"));
  at.linked = linked;
  show();
}

async function see(name, view) {
  const before = at.room;
  if (name === "room") {
    at.room = { ...at.about, ...view };
    setClock(view);
    await speakAs(view.language);
    news(changes(before, at.room));
  } else at[name] = view;
  show();
}

function news(words) {
  if (words) document.getElementById("news").textContent = words;
}

// Not while something is on its way: a second tap would fall on what the first puts under the finger.
function act(kind, body) {
  if (at.sending) return;
  Object.assign(at, { sending: true, asked: null, notice: "" });
  out(kind, body);
  show();
}

function done(_, error) {
  setTimeout(() => {
    at.sending = false;
    show();
  }, 400);
  if (error) failed(error);
}

// Asks once more before what cannot be taken back.
function sure(asked) {
  at.asked = asked;
  show();
  document.querySelector(".asked button").focus();
}

async function save(name) {
  try {
    const file = await (await ask(`${at.code}/${name}`, at.key)).blob();
    const href = URL.createObjectURL(file);
    h("a", { href, download: `${at.code}.${name}` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  } catch (error) {
    failed(error);
  }
}

const can = (kind) => at.back.can.includes(kind);
const brief = (text) => (text.length > 60 ? `${text.slice(0, 60).replace(/\s+\S*$/, "")}…` : text);

// What a kind does now, [words, body]; null where there is nothing to do.
function step(kind) {
  const { room, back } = at;
  if (kind === "chosen") {
    const rows = results({ ...room.beat, tally: back.tally });
    const { key, letter, say, n } = rows.find((row) => row.key === back.leading);
    return n ? [t("do.chosen", { letter, say: brief(say) }), { reply: key }] : null;
  }
  if (kind === "looked") {
    const turn = room.debrief.turn + 1;
    const what = stops(room)[turn];
    return what ? [t("do.looked", { what }), { turn }] : null;
  }
  if (kind === "step") return [t("do.step", { step: t(`step.${room.trio.next}`) }), { step: room.trio.next }];
  if (kind === "began" && room.mode === "trio") return [t("do.began.trio")];
  const again = (kind === "vote_opened" && room.beat.vote !== "waiting") || (kind === "round_began" && room.trio);
  return [t(again ? `do.${kind}.again` : `do.${kind}`)];
}

const suggested = () => at.back.can.find((kind) => ALL.includes(kind) && step(kind));

function doing(kind, look) {
  const [words, body] = step(kind);
  const go = () => (kind === "ended" ? sure({ kind, label: words, words: t("lead.ended") }) : act(kind, body));
  return button(words, go, look, { "aria-disabled": at.sending && "true" });
}

// --- the screen

function show() {
  const { room, back, key, linked } = at;
  if (room && back && back.v < room.v) return; // the other half is on its way
  const ready = key && room && back;
  const state = h("span", { class: linked ? "hint" : "lost" }, t(linked ? "link.on" : "link.off"));
  const inside = ready ? desk(room, back) : key ? [] : door();
  draw(
    document.getElementById("page"),
    h("div", { id: "page" },
      h("header", {}, h("b", {}, t("lead"), " ", at.code), ready && state),
      h("main", {}, h("div", {}, at.notice && p("notice", at.notice)), ...inside),
      ready && (at.asked ? question(at.asked) : ahead())),
  );
}

function door() {
  const onsubmit = (event) => {
    event.preventDefault();
    enter(keyOf(event.target.elements.key.value));
  };
  return [
    h("form", { onsubmit },
      h("h1", {}, h("label", { for: "key" }, t("lead.key"))),
      h("input", { id: "key", name: "key", autocomplete: "off", required: true }),
      h("button", { class: "main" }, t("code.go"))),
  ];
}

// Under the thumb: what comes next, and the way back.
function ahead() {
  const next = suggested();
  const waits = { "aria-disabled": (!can("back") || at.sending) && "true" };
  return h("nav", { "aria-label": t("lead.next") },
    button(t("do.back"), () => can("back") && act("back"), "quiet", waits),
    next && doing(next, "main"));
}

function question({ words, label, kind, body }) {
  const no = () => {
    at.asked = null;
    show();
    document.querySelector("nav button").focus();
  };
  return h("nav", { class: "asked", "aria-label": label },
    p("", words),
    button(t("lead.no"), no),
    button(label, () => act(kind, body), "main"));
}

function desk(room, back) {
  return [
    now(room, back),
    others(room),
    room.beat && replies(room.beat, back),
    room.beat && texts(back),
    room.debrief && looking(room),
    can("timer") && time(room),
    room.phase === "over" && h("section", {}, ...files()),
    people(back),
    about(room),
    later(),
  ];
}

function heading({ phase, beat, trio }) {
  if (beat) return [t("lead.beat", beat), beat.phase && t(beat.phase)].filter(Boolean).join(" · ");
  return trio ? t("stage.round", trio) : t(`lead.${phase}`);
}

function now(room, back) {
  const { phase, here, beat, paused, ticket, links } = room;
  const { connected, guesses, reflections } = back;
  const voted = beat && !beat.ending && h("b", {}, t("lead.voted", { n: beat.votes, here }));
  return h("section", { class: "now" },
    h("h1", {}, heading(room)),
    paused && p("notice", t("lead.paused")),
    ...(phase === "talk" && room.mode === "trio" ? round(room, back) : []),
    beat && p("", t("says", { name: first(room), line: (beat.answer ?? beat.says).line })),
    voted && p("", voted, " ", beat.guess && t("lead.guessed", { n: guesses })),
    phase === "debrief" && p("", t("lead.reflected", { n: reflections })),
    ticket && p("", t("stage.tickets", { n: ticket.count })),
    p("hint", t("here", { n: here }), " ", t("lead.phones", { n: connected })),
    phase === "lobby" && links.map((join) => p("hint", join)));
}

function replies(beat, { tally }) {
  if (!beat.replies.length) return null;
  const row = ({ key, say, letter, n, percent }) => {
    const won = beat.chosen === key;
    return h("li", { class: won && "won" },
      p("", h("b", {}, letter), " ", say),
      p("", h("b", {}, t("votes", { n })), ` ${t("percent", { percent })} `, won && t("vote.won")),
      can("chosen") && button(t("lead.pick", { letter }), () => act("chosen", { reply: key })));
  };
  return h("section", {},
    h("h2", {}, t("ask")),
    beat.vote !== "revealed" && p("hint", t("lead.hidden")),
    h("ol", {}, ...results({ ...beat, tally }).map(row)));
}

function texts({ texts: all, unlisted }) {
  const row = ({ id, text, shown }) => {
    const words = t(shown ? "lead.hide" : "lead.show");
    const change = () => act(shown ? "hidden" : "shown", { text: id });
    return h("li", {},
      h("blockquote", {}, text),
      button(words, change, "quiet", { "aria-label": `${words}: ${text}` }));
  };
  return h("section", {},
    h("h2", {}, t("lead.texts")),
    all.length ? h("ul", {}, ...all.map(row)) : p("hint", t("lead.none")),
    unlisted > 0 && p("hint", t("lead.unlisted", { n: unlisted })));
}

// In words; what there is of each exchange stands in a pair.
const stops = ({ debrief: back, seen }) =>
  (seen ?? back).stops.map((stop, turn) => t(`look.${stop}`, { n: Math.ceil(turn / 2) }));

function looking(room) {
  const look = (words, turn) =>
    button(words, () => act("looked", { turn }), "quiet", { "aria-pressed": String(turn === room.debrief.turn) });
  return h("section", {}, h("h2", {}, t("lead.look")), row(stops(room).map(look)));
}

const row = (buttons) => h("div", { class: "row" }, ...buttons);
const rest = (some) =>
  at.back.can.filter((kind) => some.includes(kind) && kind !== suggested() && step(kind)).map((kind) => doing(kind));

function others({ paused }) {
  const hold = paused ? "resumed" : "paused";
  const buttons = [can(hold) && hold !== suggested() && doing(hold), ...rest(STEPS)].filter(Boolean);
  return buttons.length > 0 && h("section", {}, row(buttons));
}

function later() {
  const steps = rest(LATER);
  return steps.length > 0 && h("section", {}, h("h2", {}, t("lead.later")), row(steps));
}

function time(room) {
  const { timer } = room;
  const begin = (n) => button(t("lead.minutes", { n }), () => act("timer", { seconds: 60 * n }));
  const more = button(t("do.extended"), () => act("extended", { seconds: 60 }));
  const off = button(t("do.timer_off"), () => act("timer_off"));
  return h("section", {},
    h("h2", {}, t("lead.time")),
    usual(room),
    timer && h("p", { class: "clock", role: "timer" }, timeLeft(timer)),
    row(timer ? [more, off] : MINUTES.map(begin)));
}

function people({ seats }) {
  const person = ({ seat, name }) => {
    const label = t("lead.remove", { name });
    const go = () => sure({ kind: "removed", body: { seat }, label, words: t("lead.removed", { name }) });
    return h("li", {}, h("span", {}, name), button(t("lead.out"), go, "quiet", { "aria-label": label }));
  };
  return h("details", {},
    h("summary", {}, `${t("lead.people")} (${at.room.here})`),
    h("ul", {}, ...seats.map(person)));
}

function files() {
  const report = (kind) => button(t("lead.report", { kind: kind.toUpperCase() }), () => save(`report.${kind}`));
  return [
    p("", t("lead.keep")),
    row([...["html", "csv", "json"].map(report), button(t("lead.replay"), () => save("replay.json"))]),
  ];
}

function about({ language, locked, code, phase }) {
  const stage = { class: "quiet", href: new URL(`stage/${code}`, root).href, target: "_blank", rel: "noopener" };
  const speaks = ([lang, name]) => button(name, () => act("language", { language: lang }), "quiet", { lang });
  return h("details", {},
    h("summary", {}, t("lead.room")),
    row([h("a", stage, t("lead.stage")), phase !== "over" && doing(locked ? "unlocked" : "locked")].filter(Boolean)),
    ...(phase === "over" ? [] : files()),
    p("", t("lead.language")),
    row(Object.entries(LANGUAGES).filter(([name]) => name !== language).map(speaks)));
}

addEventListener("hashchange", start);
setInterval(() => at.room?.timer && show(), 1000);
start();
