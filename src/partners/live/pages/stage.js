// The stage: what the whole room sees, large. It holds no key, and nothing can be pressed but full screen.

import { exchange, instead } from "./exchange.js";
import {
  LANGUAGES, bubble, button, changes, draw, first, follow, h, letter, p, paragraphs, portrait, reason, results, root,
  sentence, setClock, speak, t, timeLeft,
} from "./live.js";

const code = decodeURI(location.pathname).split("/").pop().toUpperCase();
const at = { linked: true };
const PHASES = ["open", "explore", "plan", "close"];

async function see(name, view) {
  if (name === "about") at.about = view;
  if (name !== "room") return;
  const before = at.room;
  at.room = { ...at.about, ...view };
  setClock(view);
  await speakAs(view.language);
  document.getElementById("news").textContent = changes(before, at.room);
  show();
}

async function speakAs(language) {
  const known = language in LANGUAGES ? language : "en";
  if (at.language !== known) await speak(known, true);
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
      h("main", { class: room?.debrief && !room.debrief.exchange && "whole" }, ...(room ? screen(room) : [])),
      h("footer", {}, notice ? p("notice", notice) : h("span", {}), full())),
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

// As large as the screen holds; where somebody has zoomed in, or the window is narrow, the page scrolls.
function fit() {
  const { style } = document.documentElement;
  style.fontSize = "";
  for (let size = innerWidth / 45; innerWidth > 899 && size > 16; size -= 0.5) {
    style.fontSize = `${size}px`;
    if (document.getElementById("page").scrollHeight <= innerHeight) break;
  }
}

function screen(room) {
  if (room.phase === "talk") return room.mode === "trio" ? trio(room) : talk(room);
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
  const before = beat.vote === "waiting" && beat.before?.answer;
  return [
    h("section", { class: "who" },
      h("div", { class: "face" },
        portrait(room, mood ?? "plain", show),
        h("p", {}, h("b", {}, room.parent.name), ", ", room.parent.who)),
      before && bubble(room, name, before, "parent"),
      bubble(room, name, beat.says.line, beat.chosen ? "parent" : "parent now"),
      texts(beat)),
    h("section", { class: "what" }, ...what(room, beat)),
  ];
}

function what(room, beat) {
  if (beat.ending) return [h("h2", {}, beat.ending.title), ...paragraphs(beat.ending.text)];
  if (beat.chosen) return [...said(room, beat), beat.tally && p("hint", sentence(beat))];
  if (beat.vote === "revealed") return [table(room, beat), p("count", sentence(beat))];
  if (beat.vote === "waiting" && beat.n === 1) return setting(room);
  const doing = { waiting: "stage.talk", open: "stage.vote", closed: "next.closed" }[beat.vote];
  return [
    h("ol", { class: "replies", lang: room.words }, ...beat.replies.map(({ say }, i) => h("li", {}, h("b", {}, letter(i)), say))),
    p("count", t(doing), " ", beat.vote !== "waiting" && h("b", {}, t("votes", { n: beat.votes }))),
  ];
}

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

const svg = (tag, ...more) => h(document.createElementNS("http://www.w3.org/2000/svg", tag), ...more);

const bar = (percent) =>
  svg("svg", { class: "bar", "aria-hidden": "true" }, svg("rect", { width: `${percent}%`, height: "100%" }));

function table(room, beat) {
  const most = Math.max(...results(beat).map(({ n }) => n));
  const row = ({ letter: sign, say, n, percent }) =>
    h("tr", { class: n && n === most ? "most" : "" },
      h("th", { scope: "row" }, h("b", {}, sign)),
      h("td", {}, h("span", { lang: room.words }, say), bar(percent)),
      h("td", {}, String(n)),
      h("td", {}, t("percent", { percent })));
  const column = (key) => h("th", { scope: "col" }, t(key));
  return h("table", {},
    h("thead", {}, h("tr", {}, h("td", {}), ...["stage.reply", "stage.votes", "stage.share"].map(column))),
    h("tbody", {}, ...results(beat).map(row)));
}

function texts({ texts: all }) {
  return all.length > 0 && h("div", { class: "texts" }, h("h2", {}, t("texts")), ...all.map(({ text }) => h("blockquote", {}, text)));
}

function trio({ trio: round }) {
  if (!round) return [h("section", { class: "last" }, h("h2", {}, t("trio.wait")))];
  const person = ({ name, role }) => h("li", {}, name, " ", h("span", {}, t(`role.${role}`)));
  const group = ({ n, people }) => h("section", {}, h("h3", {}, t("trio", { n })), h("ul", {}, ...people.map(person)));
  const right = ({ n, right: some, of }) => h("li", {}, t("trio", { n }), ": ", t("stage.right", { right: some, of }));
  return [
    h("section", {},
      p("hint", t("stage.round", round)),
      h("h2", {}, t(`trio.${round.step}`)),
      round.understood && h("div", {}, h("h3", {}, t("stage.understood")), h("ul", {}, ...round.understood.map(right)))),
    h("div", { class: "trios" }, ...round.trios.map(group)),
  ];
}

// --- afterwards

function debrief(room) {
  const { trust, exchange: looked } = room.debrief;
  return looked ? exchanged(room, trust, looked) : whole(room, room.debrief);
}

function exchanged(room, trust, looked) {
  const { turn } = looked;
  return [
    h("section", {}, h("h2", {}, t("stage.look", { turn })), curve(room, trust, turn), ...instead(room, looked)),
    h("section", { class: "what" }, ...exchange(room, looked)),
  ];
}

function whole(room, { trust, hidden, prompts, ending }) {
  const name = first(room);
  return [
    h("section", {},
      h("h2", { lang: ending && room.words }, ending ?? t("debrief")),
      curve(room, trust),
      p("hint", t("trust.was", { name, steps: trust.join(" → ") })),
      bubble(room, t("hidden", { name }), hidden, "thought")),
    h("section", {},
      h("h2", {}, t("stage.prompts")),
      h("ol", { class: "prompts", lang: room.words }, ...prompts.map((prompt) => h("li", {}, prompt)))),
  ];
}

function curve(room, trust, turn) {
  const [low, high] = room.trust;
  const x = (i) => 20 + (360 * i) / Math.max(1, trust.length - 1);
  const y = (value) => 150 - (130 * (value - low)) / (high - low);
  const label = t("trust.was", { name: first(room), steps: trust.join(", ") });
  return svg("svg", { class: "curve", viewBox: "0 0 400 180", role: "img", "aria-label": label },
    ...[low, high].map((value) => svg("line", { x1: 0, x2: 400, y1: y(value), y2: y(value) })),
    svg("text", { x: 0, y: 174 }, t("stage.low", { low })),
    svg("text", { x: 0, y: 12 }, t("stage.high", { high })),
    svg("polyline", { points: trust.map((value, i) => `${x(i)},${y(value)}`).join(" ") }),
    ...trust.map((value, i) => svg("circle", { cx: x(i), cy: y(value), r: i === turn ? 9 : 4 })));
}

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
start();
