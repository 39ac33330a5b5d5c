// The phone of somebody in the room: come in, then what the room is doing.

import {
  LANGUAGES, button, changes, draw, first, follow, h, newKey, outbox, p, paragraphs, persist, reason, recall,
  remember, root, send, setClock, speak, t, timeLeft,
} from "./live.js";

const code = decodeURI(location.pathname.slice(root.pathname.length)).toUpperCase();

// The phone keeps `seat`: { token, name, unsent }, and before that the key it was asked for with.
const nobody = () => ({ unsent: [] });
export const at = { mine: {}, seat: recall(code) ?? nobody(), linked: true, words: new Set([""]) };
let out, stop;

function keep(seat) {
  remember(code, (at.seat = seat));
}

// Shows on the own phone before it has arrived: kind → field of `mine`, value, key in a list.
export const SAYS = {
  voted: ["vote", "reply"],
  wrote: ["text", "text"],
  guessed: ["guess", "trust"],
  renamed: ["name", "name"],
};
const here = (mine, beat = mine.beat) => (mine.beat === beat ? mine : { ...mine, beat, vote: null, text: null, guess: null });

function said(mine, body) {
  const [field, value, index] = SAYS[body.kind] ?? [];
  const old = mine[field];
  return { ...here(mine, body.beat), [field]: index ? { ...old, [body[index]]: body[value] } : body[value] ?? old };
}

export const mine = (beat) => here(at.seat.unsent.reduce(said, at.mine), beat);

export function say(kind, body) {
  out(kind, body);
  keep(at.seat);
  show();
}

async function start() {
  await speakAs();
  show();
  if (at.seat.token) takeSeat();
  else await persist(`${code}/poll`).then(({ about, room }) => (see("about", about), see("room", room)), failed);
}

async function join() {
  at.joining = true;
  show();
  keep({ key: newKey(), ...at.seat }); // an answer that gets lost is given again
  try {
    keep({ ...at.seat, ...(await send(`${code}/join`, { key: at.seat.key })) });
    at.notice = "";
    takeSeat();
  } catch (error) {
    failed(error);
  }
  at.joining = false;
  show();
  document.querySelector("h1").focus();
}

function takeSeat() {
  const { token, unsent, name } = at.seat;
  at.mine = { name };
  out = outbox(`${code}/say`, token, unsent, arrived);
  stop = follow(code, token, { frame: see, link, refused: leave });
}

function arrived(body, error) {
  keep(at.seat);
  if (body.kind === "left" || error?.status === 401) leave(error);
  else if (error) failed(error);
  else {
    at.mine = said(at.mine, body);
    at.notice = "";
    show();
  }
}

export function leave(error) {
  stop();
  keep(nobody());
  at.notice = "";
  if (error) failed(error);
  else show();
}

function failed(error) {
  at.notice = reason(error);
  news(at.notice);
  show();
}

function link(linked) {
  if (linked !== at.linked) news(t(linked ? "link.on" : "link.lost"));
  at.linked = linked;
  show();
}

async function see(name, view) {
  if (name === "about") at.about = view;
  if (name === "you") at.mine = view;
  if (name === "room") {
    const before = at.room;
    at.room = { ...at.about, ...view };
    setClock(view);
    await speakAs();
    news(changes(before, at.room));
    load(at.room);
    turn(at.room);
  }
  if (view.removed) leave({ why: "removed" });
  show();
}

async function speakAs(...more) {
  more.forEach((part) => at.words.add(part));
  const wanted = [recall("language"), at.room?.language, navigator.language.slice(0, 2), "en"];
  const language = wanted.find((name) => name in LANGUAGES);
  await speak(language, at.language === language ? more : at.words);
  at.language = language;
}

function news(words) {
  if (words) document.getElementById("news").textContent = words;
}

// Some browsers remember that a file did not come: another try has another name.
const parts = {};
const AFTER = { vote: "after", trio: "trio_after" };
let tries = 0;

export function part(name) {
  const come = async () => {
    if (name !== "vote") await speakAs(`${name.split("_").pop()}.`);
    parts[name] = await import(`./${name}.js?${tries}`);
    show();
  };
  parts[name] ??= come().catch(() => ((tries += 1), delete parts[name]));
  return parts[name];
}

// In time: the link may be gone when it is needed.
function load({ mode, beat, trio }) {
  part(mode);
  if (beat?.chosen || trio?.step === "talk") part(AFTER[mode]);
}

// What is new begins at the top.
function turn({ phase, beat, trio, debrief }) {
  const place = [phase, beat?.n, trio?.round, trio?.step, debrief?.turn].join();
  if (place !== at.place && document.activeElement.name !== "text") scrollTo(0, 0);
  at.place = place;
}

export function show() {
  const { room, linked, notice } = at;
  const inside = Boolean(at.seat.token);
  const state = h("span", { class: linked ? "hint" : "lost" }, t(linked ? "link.on" : "link.off"));
  const notices = [notice, !linked && t("link.lost"), room?.paused && t("paused")].filter(Boolean);
  const clock = () => h("b", { class: "clock", role: "timer", "aria-label": t("time") }, timeLeft(room.timer));
  draw(
    document.getElementById("page"),
    h("div", { id: "page" },
      h("header", {}, h("b", {}, inside ? mine().name : "Partners"), room?.timer && clock(), inside && state),
      h("main", { class: room?.phase },
        ...screen(room, inside),
        h("div", {}, ...notices.map((words) => p("notice", words)))),
      h("footer", {}, ...languages(), inside && room?.phase !== "over" && button(t("leave"), () => say("left")))),
  );
}

function screen(room, inside) {
  if (!room) return [title("Partners")];
  const { phase, mode } = room;
  if (!inside && phase !== "over") return door(room);
  if (phase === "lobby") return lobby(room);
  return part(phase === "talk" ? mode : AFTER[mode])[phase]?.(room) ?? [title(room.title, room.words)];
}

export const title = (words, lang) => h("h1", { tabindex: "-1", lang }, words);

function languages() {
  const change = async (language) => {
    remember("language", language);
    await speakAs();
    show();
  };
  const others = Object.entries(LANGUAGES).filter(([language]) => language !== at.language);
  return others.map(([lang, name]) => button(name, () => change(lang), "quiet", { lang }));
}

function door(room) {
  return [
    title(room.title, room.words),
    room.here > 0 && p("", t("here", { n: room.here })),
    room.locked && !at.notice && p("notice", t("why.locked")),
    button(t(at.joining ? "join.wait" : "join"), at.joining ? null : join, "main"),
    p("hint", t("join.say")),
  ];
}

function lobby(room) {
  const rename = ({ name }) => name.value.trim() && say("renamed", { name: name.value.trim() });
  const field = { id: "name", name: "name", maxlength: 24, autocomplete: "off" };
  return [
    title(t("you", mine())),
    p("", t("here", { n: room.here }), " ", t(`next.${room.mode}`, { name: first(room) })),
    form("rename", rename,
      button(t("name.other"), () => say("renamed")),
      h("label", { for: "name" }, t("name.own")),
      h("div", {}, h("input", field), submit(t("name.keep")))),
    situation(room, true),
  ];
}

export function situation(room, open) {
  return h("details", { open },
    h("summary", {}, t("setting")),
    h("div", { lang: room.words }, ...paragraphs(room.setting)),
    h("p", {}, h("b", {}, t("goal")), " ", h("span", { lang: room.words }, room.goal)));
}

export function form(id, done, ...content) {
  const onsubmit = (event) => {
    event.preventDefault();
    done(event.target.elements);
  };
  return h("form", { id, onsubmit }, ...content);
}

export const submit = (words) => h("button", { class: "quiet" }, words);

// A question and a field; what was sent stays there to be changed.
export function writing(id, label, written, done, hint) {
  return form(id, ({ text }) => text.value.trim() && done(text.value.trim()),
    h("label", { for: `${id}-text` }, label),
    h("textarea", { id: `${id}-text`, name: "text", rows: 3, maxlength: 400 }, written),
    p("hint", written ? t("sent") : hint),
    submit(t("send")));
}

setInterval(() => at.room?.timer && show(), 1000);
start();
