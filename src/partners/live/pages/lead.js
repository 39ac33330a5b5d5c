// The remote of whoever leads the room. The key is all it takes: any number of remotes show the same.

import {
  LANGUAGES, ask, button, changes, draw, first, follow, h, letter, outbox, p, persist, reason, recall, remember, results,
  root, setClock, speak, t, timeLeft,
} from "./live.js";

const STEPS = ["began", "vote_opened", "vote_closed", "revealed", "went_on", "round_began", "step"];
const LATER = ["debriefed", "ticketed", "ended"];
const ALL = [...STEPS, ...LATER, "chosen", "looked", "resumed"];
const TRIO = ["talk", "words", "statements", "compare"];
const MINUTES = [1, 2, 3, 5, 8];
const at = { linked: true, sending: 0 };
let out;

// --- coming in: the key stands behind the # of the link, and does not stay where a projector shows it

function keyOf(text) {
  const key = text.split("#").pop().trim();
  if (key) remember("key", (sessionStorage[`partners-live:key`] = key));
  return key;
}

async function start() {
  await speakAs(navigator.language.slice(0, 2));
  const key = keyOf(location.hash) || sessionStorage["partners-live:key"] || recall("key");
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
  at.notice = reason(error);
  news(at.notice);
  show();
}

async function speakAs(language) {
  const known = language in LANGUAGES ? language : "en";
  if (at.language !== known) await speak(known, true);
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

// --- doing

// A second tap would fall on what the first has put under the finger.
function act(kind, body) {
  if (at.sending) return;
  at.sending = 1;
  at.asked = null;
  at.notice = "";
  out(kind, body);
  show();
}

function done(body, error) {
  at.notice = error ? reason(error) : "";
  news(at.notice);
  setTimeout(() => {
    at.sending = 0;
    show();
  }, 400);
  show();
}

function sure(words, label, kind, body) {
  at.asked = { words, label, kind, body };
  show();
  document.querySelector(".asked button").focus();
}

async function save(kind) {
  try {
    const file = await (await ask(`${at.code}/report.${kind}`, at.key)).blob();
    const href = URL.createObjectURL(file);
    h("a", { href, download: `${at.code}.${kind}` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  } catch (error) {
    at.notice = reason(error);
    show();
  }
}

const can = (kind) => at.back.can.includes(kind);

// What a kind does now: the words for it and what it needs to know. Null where there is nothing to do.
function step(kind) {
  const { room, back } = at;
  if (kind === "chosen") {
    const i = room.beat.replies.findIndex(({ key }) => key === back.leading);
    return i < 0 ? null : [t("do.chosen", { letter: letter(i), say: room.beat.replies[i].say }), { reply: back.leading }];
  }
  if (kind === "looked") {
    const turn = (room.debrief.exchange?.turn ?? 0) + 1;
    return turn < room.debrief.trust.length ? [t("do.looked", { turn }), { turn }] : null;
  }
  if (kind === "step") {
    const next = TRIO[TRIO.indexOf(room.trio?.step) + 1];
    return next ? [t("do.step", { step: t(`step.${next}`) }), { step: next }] : null;
  }
  const again = kind === "vote_opened" && room.beat.vote !== "waiting";
  return [t(again ? "do.vote_opened.again" : `do.${kind}`)];
}

function doing(kind, look) {
  const [words, body] = step(kind);
  const go = () => (kind === "ended" ? sure(t("lead.ended"), words, kind) : act(kind, body));
  return button(words, go, look, { "aria-disabled": at.sending > 0 && "true" });
}

// --- the screen

function show() {
  const { room, back, key, linked } = at;
  const ready = key && room && back;
  draw(
    document.getElementById("page"),
    h("div", { id: "page" },
      h("header", {}, h("b", {}, t("lead"), " ", at.code), ready && h("span", { class: linked ? "" : "lost" }, t(linked ? "link.on" : "link.off"))),
      h("main", {}, h("div", {}, at.notice && p("notice", at.notice)), ...(ready ? desk(room, back) : key ? [] : door())),
      ready && (at.asked ? question(at.asked) : steps(back))),
  );
}

function door() {
  const onsubmit = (event) => {
    event.preventDefault();
    enter(keyOf(event.target.elements.key.value));
  };
  return [h("form", { onsubmit },
    h("label", { for: "key" }, t("lead.key")),
    h("input", { id: "key", name: "key", autocomplete: "off", required: true }),
    h("button", { class: "main" }, t("code.go")))];
}

// Under the thumb: what comes next, and the way back.
function steps({ can: kinds }) {
  const next = kinds.find((kind) => ALL.includes(kind) && step(kind));
  const wait = { "aria-disabled": (!can("back") || at.sending > 0) && "true" };
  return h("nav", { "aria-label": t("lead.next") },
    button(t("do.back"), () => can("back") && act("back"), "quiet", wait),
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
    others(room, back),
    room.beat && replies(room.beat, back),
    room.beat && texts(back),
    room.debrief && looks(room.debrief),
    time(room),
    people(back),
    about(room),
    later(back),
  ];
}

function now({ phase, here, beat, paused, ticket, trio, ...room }, { connected, guesses, reflections }) {
  const name = first(room);
  return h("section", { class: "now" },
    h("h1", {}, beat ? [t("lead.beat", beat), beat.phase && t(beat.phase)].filter(Boolean).join(" · ") : trio ? t("stage.round", trio) : t(`lead.${phase}`)),
    paused && p("notice", t("lead.paused")),
    trio && p("", t(`trio.${trio.step}`)),
    beat && p("", t("says", { name, line: (beat.answer ?? beat.says).line })),
    beat && !beat.ending && p("", h("b", {}, t("lead.voted", { n: beat.votes, here })), " ", beat.guess && t("lead.guessed", { n: guesses })),
    phase === "debrief" && p("", t("lead.reflected", { n: reflections })),
    ticket && p("", t("stage.tickets", { n: ticket.count })),
    p("hint", t("here", { n: here }), " ", t("lead.phones", { n: connected })),
    phase === "lobby" && room.links.map((join) => p("hint", join)));
}

function replies(beat, { tally }) {
  if (!beat.replies.length) return null;
  const row = ({ key, say, letter: sign, n, percent }) =>
    h("li", { class: beat.chosen === key ? "won" : "" },
      h("p", {}, h("b", {}, sign), " ", say),
      h("p", {}, h("b", {}, t("votes", { n })), ` ${t("percent", { percent })} `, beat.chosen === key && t("vote.won")),
      can("chosen") && button(t("lead.pick", { letter: sign }), () => act("chosen", { reply: key })));
  return h("section", {},
    h("h2", {}, t("ask")),
    beat.vote !== "revealed" && p("hint", t("lead.hidden")),
    h("ol", {}, ...results({ ...beat, tally }).map(row)));
}

function texts({ texts: all }) {
  const row = ({ id, text, shown }) =>
    h("li", {},
      h("blockquote", {}, text),
      button(t(shown ? "lead.hide" : "lead.show"), () => act(shown ? "hidden" : "shown", { text: id }), "quiet", {
        "aria-label": `${t(shown ? "lead.hide" : "lead.show")}: ${text}`,
      }));
  return h("section", {},
    h("h2", {}, t("lead.texts")),
    all.length ? h("ul", {}, ...all.map(row)) : p("hint", t("lead.none")));
}

function looks({ trust, exchange }) {
  const now = exchange?.turn ?? 0;
  const look = (_, turn) =>
    button(turn ? t("lead.turn", { turn }) : t("lead.whole"), () => act("looked", { turn }), "quiet", { "aria-pressed": String(turn === now) });
  return h("section", {}, h("h2", {}, t("lead.look")), h("div", { class: "row" }, ...trust.map(look)));
}

const rest = (kinds, some) => kinds.slice(1).filter((kind) => some.includes(kind) && step(kind)).map((kind) => doing(kind));

function others({ paused }, { can: kinds }) {
  const hold = paused ? "resumed" : "paused";
  return h("section", {}, h("div", { class: "row" }, ...rest(kinds, STEPS), can(hold) && kinds[0] !== hold && doing(hold)));
}

function later({ can: kinds }) {
  const steps = rest(kinds, LATER);
  return steps.length > 0 && h("section", {}, h("h2", {}, t("lead.later")), h("div", { class: "row" }, ...steps));
}

function time({ timer }) {
  const start = (n) => button(t("lead.minutes", { n }), () => act("timer", { seconds: 60 * n }));
  return h("section", {},
    h("h2", {}, t("lead.time")),
    timer && h("p", { class: "clock", role: "timer" }, timeLeft(timer)),
    h("div", { class: "row" },
      ...(timer
        ? [button(t("do.extended"), () => act("extended", { seconds: 60 })), button(t("do.timer_off"), () => act("timer_off"))]
        : MINUTES.map(start))));
}

function people({ seats }) {
  const remove = ({ seat, name }) => sure(t("lead.removed", { name }), t("lead.remove", { name }), "removed", { seat });
  const row = (person) =>
    h("li", {}, h("span", {}, person.name),
      button(t("lead.out"), () => remove(person), "quiet", { "aria-label": t("lead.remove", person) }));
  return h("details", {},
    h("summary", {}, `${t("lead.people")} (${at.room.here})`),
    h("ul", {}, ...seats.map(row)));
}

function about({ language, locked, code }) {
  const others = Object.entries(LANGUAGES).filter(([name]) => name !== language);
  const speaks = ([lang, name]) => button(name, () => act("language", { language: lang }), "quiet", { lang });
  return h("details", {},
    h("summary", {}, t("lead.room")),
    h("div", { class: "row" },
      h("a", { class: "quiet", href: new URL(`stage/${code}`, root).href, target: "_blank", rel: "noopener" }, t("lead.stage")),
      doing(locked ? "unlocked" : "locked"),
      ...["html", "csv", "json"].map((kind) => button(t("lead.report", { kind: kind.toUpperCase() }), () => save(kind)))),
    p("", t("lead.language")),
    h("div", { class: "row" }, ...others.map(speaks)));
}

addEventListener("hashchange", start);
setInterval(() => at.room?.timer && show(), 1000);
start();
