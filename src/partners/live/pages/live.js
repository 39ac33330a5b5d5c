// What the phone, the stage and the remote share: elements, strings, the connection, sending.

export const root = new URL("../", import.meta.url); // the rooms may live under a prefix
export const LANGUAGES = { en: "English", es: "Español" };

// Handlers and `checked` are properties, so that `draw` can renew them.
export function h(tag, attributes = {}, ...children) {
  const element = tag.append ? tag : document.createElement(tag);
  element.live = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on") || name === "checked") element.live[name] = value;
    else if ((value ?? false) !== false) element.setAttribute(name, value);
  }
  Object.assign(element, element.live);
  // What is not there keeps its place: its neighbors are not taken for it.
  element.append(...children.flat().map((child) => child || document.createComment("")));
  return element;
}

// Makes `old` what it should be, and leaves alone what is the same: a new view takes neither the focus nor
// half a sentence from anybody.
export function draw(old, fresh) {
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) return old.replaceWith(fresh);
  if (!old.attributes) return old.data === fresh.data || (old.data = fresh.data);
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  Object.assign(old, fresh.live);
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  after.forEach((child, i) => (before[i] ? draw(before[i], child) : old.append(child)));
  return before.slice(after.length).forEach((child) => child.remove());
}

export const p = (kind, ...words) => h("p", { class: kind }, ...words);
export const paragraphs = (text) => text.trim().split(/\n\s*\n/).map((part) => h("p", {}, part));
export const button = (text, onclick, kind = "quiet", more = {}) =>
  h("button", { type: "button", class: kind, onclick, ...more }, text);

// Strings: “one|many” where {n} counts. They come in parts, so that a phone has no more than it needs.
const words = {};

export async function speak(language, parts) {
  const read = async (part) => (await fetch(new URL(`strings/${part}${language}.json`, import.meta.url))).json();
  Object.assign(words, ...(await Promise.all(Array.from(parts, read))));
  document.documentElement.lang = language;
}

export function t(key, values = {}) {
  const [one, many = one] = (words[key] ?? key).split("|");
  return (values.n === 1 ? one : many).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const reason = ({ why }) => t(words[`why.${why}`] ? `why.${why}` : "why.failed");

// What this device keeps; if it may not, as long as the page.
let shelf = {};
try {
  shelf = localStorage;
} catch {}

const place = (name) => `partners-live:${root.pathname}${name}`;

export const recall = (name) => JSON.parse(shelf[place(name)] ?? null);
export const remember = (name, value) => (shelf[place(name)] = JSON.stringify(value));

// After some time a whole room that asks would keep a server from coming back.
const pause = (tries) =>
  new Promise((go) => setTimeout(go, Math.min(tries < 10 ? 2000 : 8000, 250 * 2 ** tries) * (0.5 + Math.random() / 2)));

// The error says `why` where asking again is no use.
export async function ask(path, token, options) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(new URL(path, root), { cache: "no-store", headers, ...options });
  const { ok, status } = answer;
  if (ok) return answer;
  const { why = "failed" } = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(), { status, why: status < 500 && status !== 429 && why });
}

export async function persist(path, token, options) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await (await ask(path, token, { ...options, signal: AbortSignal.timeout?.(8000) })).json();
    } catch (error) {
      if (error.why) throw error;
    }
    await pause(tries);
  }
}

// Over plain http there is no crypto.randomUUID.
export const newKey = () => crypto.getRandomValues(new Uint32Array(5)).join("-");

// `body` has a key: however often it is sent, it counts once.
export const send = (path, body, token) =>
  persist(path, token, { method: "POST", body: JSON.stringify(body) });

// One after the other, so that the last vote counts. `unsent` may be from an earlier visit.
export function outbox(path, token, unsent, done) {
  let last = Promise.resolve();
  const queue = (body) => {
    const sent = last.then(() => send(path, body, token)).then(expect, (error) => error);
    last = sent.then((error) => done(unsent.shift(), error));
  };
  unsent.forEach(queue);
  return (kind, body) => {
    unsent.push({ key: newKey(), kind, ...body });
    queue(unsent.at(-1));
  };
}

// Some proxies hold a stream open whose server is gone: then what was said does not come back.
let newest = 0;
let reopen;

function expect({ seq }) {
  setTimeout(() => newest < seq && reopen(), 4000);
}

// Views come by a stream, or by long polls where something on the way holds the stream back.
export function follow(code, token, on) {
  let stop, lost, heard, polls;
  let tries = 0;
  const alive = () => {
    tries = 0;
    heard = true;
    lost = clearTimeout(lost);
    on.link(true);
  };

  const show = (name, view) => {
    newest = Math.max(newest, view.v ?? 0);
    on.frame(name, view);
  };

  async function stream(signal, watch) {
    watch(4000);
    const { body } = await ask(`${code}/events`, token, { signal });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the stream ended");
      watch(25000);
      alive();
      const frames = (text + value).split("\n\n");
      text = frames.pop();
      for (const frame of frames) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)/m.exec(frame) ?? [];
        if (name) show(name, JSON.parse(data));
      }
    }
  }

  async function poll(signal, watch) {
    for (newest = 0; ; await pause(0)) {
      watch(30000);
      const answer = await ask(`${code}/poll?after=${newest}`, token, { signal });
      const views = answer.status === 204 ? {} : await answer.json();
      alive();
      Object.entries(views).forEach(([name, view]) => show(name, view));
    }
  }

  async function open() {
    stop?.abort();
    const mine = (stop = new AbortController());
    const { signal } = mine;
    let timer;
    const watch = (ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => mine.abort(), ms);
    };
    heard = false;
    const error = await (polls ? poll : stream)(signal, watch).catch((reason) => reason);
    clearTimeout(timer);
    if (mine !== stop) return; // opened anew meanwhile
    if (error.why) {
      on.refused(error);
      return;
    }
    polls = !polls && !heard && signal.aborted;
    if (!polls) {
      lost ??= setTimeout(() => on.link(false), 1000); // a blink is not worth a word
      await pause(tries);
      tries += 1;
    }
    if (mine === stop) open();
  }

  // After sleep a connection may be long dead, and nobody knows.
  const wake = (reopen = () => {
    polls = false;
    if (stop) open();
  });
  addEventListener("online", wake);
  addEventListener("pageshow", ({ persisted }) => persisted && wake());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());
  open();
  return () => {
    clearTimeout(lost);
    stop.abort();
    stop = null;
  };
}

export const letter = (i) => "ABCDEFGH"[i];
export const first = (room) => room.parent.name.split(" ")[0];
export const bubble = (room, who, line, kind) =>
  h("div", { class: `line ${kind}`, lang: room.words }, h("b", {}, who), h("p", {}, line));

// One drawing holds all moods; the style sheet shows one.
let drawing;

export function portrait({ code, parent }, mood, drawn) {
  drawing ??= ask(`${code}/${parent.portrait}`).then(async (answer) => {
    drawing.svg = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
    drawn();
  }, () => (drawing = null));
  const picture = { class: `portrait ${mood}`, role: "img", "aria-label": parent.portrait_text };
  return h("div", picture, drawing.svg?.cloneNode(true));
}

// By the server’s clock: that of a phone may be wrong.
let ahead = 0;
export const setClock = ({ now }) => (ahead = now - Date.now());

export function timeLeft({ left, ends }) {
  const seconds = Math.max(0, Math.round((left ?? ends - Date.now() - ahead) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, 0)}`;
}

export function results({ replies, tally }) {
  const all = tally.reduce((sum, { votes }) => sum + votes, 0) || 1;
  return replies.map(({ key, say }, i) => {
    const n = tally.find((row) => row.key === key).votes;
    return { key, say, letter: letter(i), n, percent: Math.round((100 * n) / all) };
  });
}

export function sentence(beat) {
  const rows = results(beat).filter(({ n }) => n).sort((a, b) => b.n - a.n);
  const n = rows.reduce((sum, row) => sum + row.n, 0);
  return n ? t("result", { n, counts: rows.map((row) => t("result.row", row)).join(", ") }) : t("result.none");
}

// What is new, in words, for those who do not see it.
export function changes(before, now) {
  if (!before) return "";
  const is = now.beat ?? {};
  const same = before.beat?.n === is.n;
  const was = (same && before.beat) || { vote: "waiting", texts: [] };
  const [looked, back] = [before, now].map(({ seen, debrief }) => seen ?? debrief);
  const says = (name, line) => line && t("says", { name, line });
  const chosen = is.chosen !== was.chosen && is.replies?.find(({ key }) => key === is.chosen);
  return [
    before.phase !== now.phase && t(`phase.${now.phase}`),
    before.paused !== now.paused && t(now.paused ? "paused" : "resumed"),
    !same && says(first(now), is.says?.line),
    is.n && is.vote !== was.vote && (is.vote === "revealed" ? sentence(is) : t(`vote.${is.vote}`)),
    chosen && says(t("teacher"), chosen.say),
    chosen && says(first(now), is.answer?.line),
    is.texts?.length > was.texts?.length && t("texts.new", is.texts.at(-1)),
    back && looked && (back.stop !== looked.stop || back.turn !== looked.turn) && t(`look.${back.stop}`, back),
    now.trio && now.trio.step !== before.trio?.step && t(`trio.${now.trio.step}`),
  ].filter(Boolean).join(" ");
}
