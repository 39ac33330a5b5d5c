// The stage: what the whole room sees, large. It holds no key, and nothing can be pressed but full screen.

import { counted } from "./figures.js";
import {
  LANGUAGES, bubble, button, changes, draw, first, follow, h, letter, p, paragraphs, portrait, reason, results,
  root, sentence, setClock, speak, t, timeLeft,
} from "./live.js";
import { debrief } from "./looking_back.js";
import { changed, lookedBack, trio } from "./trio_stage.js";

const code = decodeURI(location.pathname).split("/").pop().toUpperCase();
const at = { linked: true };
const LONG = 180; // signs of what the parent says
const PHASES = ["open", "explore", "plan", "close"];

export async function see(name, view) {
  if (name === "about") at.about = view;
  if (name !== "room") return;
  const before = at.room;
  at.room = { ...at.about, ...view };
  setClock(view);
  await speakAs(view.language);
  document.getElementById("news").textContent = `${changes(before, at.room)} ${changed(before, at.room)}`;
  show();
}

async function speakAs(language) {
  const known = language in LANGUAGES ? language : "en";
  if (at.language !== known) await speak(known, ["", "trio.", "after.", "lead."]);
  at.language = known;
}

function link(linked) {
  at.linked = linked;
  show();
}

function refused(error) {
  at.notice = reason(error);
  show();
}

async function start() {
  await speakAs(navigator.language.slice(0, 2));
  show();
  follow(code, null, { frame: see, link, refused });
}

// --- the screen

function show() {
  const { room } = at;
  const notice = at.notice || (!at.linked && t("link.off")) || (room?.paused && t("paused"));
  draw(
    document.getElementById("page"),
    h("div", { id: "page", class: room?.phase },
      h("header", {}, ...(room ? head(room) : [h("h1", {}, "Partners")])),
      h("main", {}, ...(room ? screen(room) : [])),
      h("footer", {}, notice ? p("notice", notice) : p("count", ...status(room)), full())),
  );
  fit();
}

function head(room) {
  return [
    h("h1", { lang: room.words }, room.title),
    room.beat?.phase && steps(room.beat.phase),
    room.timer && h("p", { class: "clock", role: "timer", "aria-label": t("time") }, timeLeft(room.timer)),
    room.phase !== "lobby" && room.phase !== "over" && p("join", `${address(room)} `, h("b", {}, room.code)),
  ];
}

function steps(phase) {
  const step = (name) => h("li", { "aria-current": name === phase && "step" }, t(name));
  return h("ol", { class: "steps" }, ...PHASES.map(step));
}

// Of a machine in several networks: the address under which the stage was opened, or else the first.
function way({ links }) {
  const opened = links.findIndex((link) => new URL(link).host === location.host);
  return Math.max(0, opened);
}

const address = (room) => (room.links[way(room)] ?? root.href + room.code).replace(/^https?:\/\/|\/\w+$/g, "");

function full() {
  const inside = Boolean(document.fullscreenElement);
  const change = () => (inside ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  return document.fullscreenEnabled && button(t(inside ? "stage.window" : "stage.full"), change);
}

// What everybody does now, or what came out: always in the same place.
function status(room) {
  const { beat, trio: round } = room ?? {};
  if (round) return [t("trio.next", { step: t(`step.${round.next}`) })];
  if (!beat?.replies.length) return [];
  if (beat.tally) return [sentence(beat)];
  if (beat.vote === "waiting") return [isFirst(beat) ? "" : t("stage.talk")];
  return [t(beat.vote === "open" ? "stage.vote" : "next.closed"), " ", h("b", {}, t("votes", { n: beat.votes }))];
}

// Before anybody has said anything, the stage tells the situation.
const isFirst = ({ n, vote }) => n === 1 && vote === "waiting";

// As large as the screen holds, in few steps, so that little jumps; where somebody has zoomed in, or the
// window is narrow, the page scrolls.
function fit() {
  const { style } = document.documentElement;
  style.fontSize = "";
  for (let size = innerWidth / 45; innerWidth > 899 && size > 16; size *= 0.945) {
    style.fontSize = `${size}px`;
    if (document.getElementById("page").scrollHeight <= innerHeight) break;
  }
}

function screen(room) {
  if (room.phase === "talk") return room.mode === "trio" ? trio(room) : talk(room);
  if (room.seen) return lookedBack(room);
  return { lobby, debrief, ticket, over }[room.phase](room);
}

function lobby(room) {
  return [
    h("section", { class: "way" },
      p("", t("stage.go")),
      p("address", address(room)),
      p("", t("stage.code")),
      p("code", ...[...room.code].map((sign) => h("span", {}, sign))),
      p("count", t("here", { n: room.here })),
      room.locked && p("notice", t("why.locked"))),
    h("img", { src: new URL(`${room.code}/qr.svg?link=${way(room)}`, root).href, alt: t("stage.qr") }),
  ];
}

function talk(room) {
  const { beat } = room;
  const name = first(room);
  const { mood } = beat.answer ?? beat.says;
  const { line } = beat.says;
  return [
    h("section", { class: line.length > LONG ? "who long" : "who" },
      h("div", { class: "face" },
        portrait(room, mood ?? "plain", show),
        isFirst(beat) && h("p", {}, h("b", {}, room.parent.name), ", ", room.parent.who)),
      bubble(room, name, line, beat.chosen ? "parent" : "parent now"),
      !beat.chosen && texts(beat)),
    h("section", { class: "what" }, ...what(room, beat)),
  ];
}

function what(room, beat) {
  if (beat.ending) return [h("h2", {}, beat.ending.title), ...paragraphs(beat.ending.text)];
  if (beat.chosen) return said(room, beat);
  if (beat.tally) return [table(room, beat)];
  if (isFirst(beat)) return setting(room);
  return [h("ol", { class: "replies", lang: room.words }, ...beat.replies.map(reply))];
}

const reply = ({ say }, i) => h("li", {}, h("b", {}, letter(i)), h("span", {}, say));

function said(room, { chosen, replies, answer }) {
  const { say } = replies.find(({ key }) => key === chosen);
  return [
    bubble(room, t("teacher"), say, "teacher now"),
    answer && bubble(room, first(room), answer.line, "parent now"),
  ];
}

function setting(room) {
  return [
    h("div", { lang: room.words }, ...paragraphs(room.setting)),
    h("p", {}, h("b", {}, t("goal")), " ", h("span", { lang: room.words }, room.goal)),
  ];
}

function table(room, beat) {
  const most = Math.max(...results(beat).map(({ n }) => n));
  const row = ({ n, percent, ...more }) => ({
    ...more,
    share: percent,
    numbers: [String(n), t("percent", { percent })],
    look: n && n === most ? "most" : "",
  });
  const columns = ["stage.reply", "back.share", "stage.votes", "stage.share"].map((key) => t(key));
  return counted(room, "", columns, results(beat).map(row));
}

function texts({ texts: all }) {
  const quotes = all.map(({ text }) => h("blockquote", {}, text));
  return quotes.length > 0 && h("div", { class: "texts" }, h("h2", {}, t("texts")), ...quotes);
}

// --- at the end

function ticket({ ticket: handed }) {
  return [h("section", { class: "last" },
    h("h2", {}, t("ticket.prompt")),
    p("", t("stage.vote.ticket"), " ", t("ticket.next")),
    p("count", t("stage.tickets", { n: handed.count })))];
}

function over() {
  return [h("section", { class: "last" }, h("h2", {}, t("over")), p("", t("stage.over")))];
}

addEventListener("resize", fit);
document.addEventListener("fullscreenchange", show);
setInterval(() => at.room?.timer && show(), 1000);
if (!document.documentElement.classList.contains("replay")) start();
