// A conversation with a parent: the engine and the page, in one module without dependencies.
// The book mounts it on `.partners-roleplay`; a notebook renders it as an anywidget.
// The engine below says what src/partners/scenario/engine.py says; tests/player hold them together.

const WORDS = {
  kicker: (minutes) => `Conversation · about ${minutes} minutes`,
  goal: "What you want",
  ask: "What do you say?",
  you: "You",
  coach: "Coach",
  showCoach: "Show the coach’s notes as I go",
  phases: { open: "Open", explore: "Explore", plan: "Plan", close: "Close" },
  phasesLabel: "Where you are in the conversation",
  mood: { wary: "sounds guarded", plain: "is listening", warm: "sounds warm", upset: "sounds hurt" },
  back: "Take my last reply back",
  again: "Play it again",
  restart: "Start over",
  download: "Download the transcript",
  save: "Save beside the notebook",
  saved: (name) => `Saved as ${name}.`,
  unsaved:
    "Nothing is saved: the notebook does not answer. Download the transcript, then run this cell again.",
  downloaded: (name) => `${name} is in your downloads.`,
  changed: (kept) =>
    `This conversation was edited since you played it. Your replies were kept up to reply ${kept}.`,
  kinds: {
    partnership: "A partnership has begun",
    progress: "A step forward",
    polite: "Polite, and nothing changed",
    breakdown: "It broke off",
  },
  hidden: (name) => `What you could not know about ${name}`,
  trust: (name) => `How far ${name} trusted you`,
  trustText: (line) => `Trust from 0 to 10: began at ${line[0]}, then ${line.slice(1).join(", ")}.`,
  turns: "Reply by reply",
  thought: (name) => `${name} thought`,
  change: (by) => (by > 0 ? `▲ trust +${by}` : by < 0 ? `▼ trust −${-by}` : "= trust unchanged"),
  scores: "What you practised",
  points: (earned, possible) => `${earned} of ${possible} points`,
  next: "One thing for the next attempt",
  reflect: "Before you go on",
  attempts: "Your attempts",
  attempt: "Attempt",
  ending: "Ending",
  trustEnd: "Trust at the end",
  total: "Points",
};

// ---------------------------------------------------------------- the engine

const END = "end";
const COMPARE = {
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  "=": (a, b) => a === b,
};

const holds = (guard = {}, values) =>
  Object.entries(guard).every(([name, wanted]) => {
    if (typeof wanted === "boolean") return Boolean(values[name]) === wanted;
    const [, operator, bound] = wanted.match(/^(>=|<=|>|<|=)\s*(-?\d+)$/);
    return COMPARE[operator](values[name], Number(bound));
  });

const firstHeld = (entries, values) => entries.find((entry) => holds(entry.if, values));

function start(play) {
  const values = {};
  for (const [name, meter] of Object.entries(play.meters)) values[name] = meter.start;
  for (const name of [...(play.flags ?? []), ...Object.keys(play.missteps ?? {})]) values[name] = 0;
  return { at: Object.keys(play.scenes)[0], values };
}

const ending = (play, state) => play.endings[state.at];

const said = (play, state) =>
  ending(play, state)?.says ?? firstHeld(play.scenes[state.at].says, state.values);

const offers = (play, state) =>
  ending(play, state)
    ? {}
    : Object.fromEntries(
        Object.entries(play.scenes[state.at].replies).filter(([, r]) => holds(r.if, state.values)),
      );

const answer = (play, after, reply) => reply.answer && firstHeld(reply.answer, after.values);

function choose(play, state, key) {
  const reply = offers(play, state)[key];
  if (!reply) throw new Error(`the reply "${key}" is not offered at "${state.at}"`);
  const values = { ...state.values };
  for (const [name, change] of Object.entries(reply.effects ?? {})) {
    const meter = play.meters[name];
    values[name] = meter
      ? Math.min(meter.to, Math.max(meter.from, values[name] + change))
      : Number(change);
  }
  for (const name of reply.repairs ?? []) values[name] = 0;
  if (reply.misstep) values[reply.misstep] = 1;
  return { at: next(play, values, reply), values };
}

function next(play, values, reply) {
  const endings = Object.entries(play.endings);
  const now = endings.find(([, end]) => end.at_once && holds(end.if, values));
  if (now) return now[0];
  const { to } = firstHeld(reply.goto, values);
  return to === END ? endings.find(([, end]) => holds(end.if, values))[0] : to;
}

// A conversation so far: its states and the turns between them, from a list of reply ids.
function playKeys(play, keys) {
  const turns = [];
  let state = start(play);
  for (const key of keys) {
    const after = choose(play, state, key);
    turns.push({ before: state, key, reply: play.scenes[state.at].replies[key], after });
    state = after;
  }
  return { turns, state };
}

function score(turns) {
  const tally = {};
  for (const { reply } of turns)
    for (const [name, points] of Object.entries(reply.scores ?? {})) {
      const [earned, possible] = tally[name] ?? [0, 0];
      tally[name] = [earned + points, possible + 2];
    }
  return tally;
}

const trustLine = (play, turns) => [
  play.meters.trust.start,
  ...turns.map((turn) => turn.after.values.trust),
];

// The same record as partners.scenario.transcript.
function transcript(play, attempts) {
  return {
    format: "partners-transcript/1",
    role_play: play.id,
    version: play.version,
    hash: play.hash,
    attempts: attempts.map(({ turns: made, began, ended }) => {
      const { turns, state } = playKeys(play, made.map(([, key]) => key));
      const over = ending(play, state);
      return {
        began: began ?? null,
        ended: ended ?? null,
        turns: turns.map((turn) => ({
          scene: turn.before.at,
          heard: said(play, turn.before).line,
          reply: turn.key,
          said: turn.reply.say,
          answer: answer(play, turn.after, turn.reply)?.line ?? null,
        })),
        ending: over ? { id: state.at, said: over.says.line } : null,
        trust: trustLine(play, turns),
        score: score(turns),
      };
    }),
  };
}

const isAttempt = (kept) =>
  Array.isArray(kept?.turns) && kept.turns.every((turn) => Array.isArray(turn));

// An attempt as it was kept, as far as the conversation still goes that way.
function stillPlayable(play, kept) {
  let state = start(play);
  const turns = [];
  for (const [scene, key] of kept.turns) {
    if (scene !== state.at || !offers(play, state)[key]) break;
    turns.push([scene, key]);
    state = choose(play, state, key);
  }
  const whole = turns.length === kept.turns.length;
  return whole ? kept : { ...kept, turns, ended: null };
}

// ---------------------------------------------------------------- the page

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const button = (text, onclick, kind = "quiet") =>
  h("button", { type: "button", class: `pt-button pt-${kind}`, onclick }, text);

const paragraphs = (text) =>
  text.trim().split(/\n\s*\n/).map((part) => h("p", {}, part.replace(/\s+/g, " ")));

// `store` keeps what was played: load() → attempts, save(attempts); `store.toNotebook`, where there
// is a notebook, writes the transcript beside it and resolves to { saved: the file's name } or to
// { failed: why not }.
class Player {
  constructor(element, play, store) {
    Object.assign(this, { element, play, store, coach: true });
    this.load();
  }

  load() {
    const kept = [this.store.load() ?? []].flat().filter(isAttempt);
    this.attempts = kept.map((attempt) => stillPlayable(this.play, attempt));
    const cut = this.attempts.findIndex((attempt, i) => attempt !== kept[i]);
    this.notice = cut < 0 ? "" : WORDS.changed(this.attempts[cut].turns.length);
    if (!this.attempts.length) this.attempts = [{ turns: [] }];
    this.draw();
  }

  get attempt() {
    return this.attempts.at(-1);
  }

  // Replaces the attempt in hand; everything on the screen follows from it.
  set(attempt) {
    this.attempts = [...this.attempts.slice(0, -1), attempt];
    this.keep();
  }

  keep() {
    this.notice = "";
    this.store.save(this.attempts);
    this.draw();
  }

  say(key) {
    const now = new Date().toISOString();
    const { turns, began = now } = this.attempt;
    const { state } = this.played();
    const over = ending(this.play, choose(this.play, state, key));
    this.set({ began, turns: [...turns, [state.at, key]], ended: over ? now : null });
    this.focus(over ? ".pt-debrief" : `[data-turn="${turns.length}"]`);
  }

  back() {
    this.set({ ...this.attempt, turns: this.attempt.turns.slice(0, -1), ended: null });
    this.focus(".pt-replies");
  }

  again() {
    this.attempts = [...this.attempts.filter((a) => a.turns.length), { turns: [] }];
    this.keep();
    this.focus(".pt-log > *");
  }

  focus(selector) {
    const target = this.element.querySelector(selector);
    target?.focus({ preventScroll: true });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target?.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
  }

  played(attempt = this.attempt) {
    return playKeys(this.play, attempt.turns.map(([, key]) => key));
  }

  draw() {
    const { play } = this;
    const { turns, state } = this.played();
    const over = ending(play, state);
    this.status = h("p", { class: "pt-status", role: "status" }, this.notice);
    this.element.replaceChildren(
      h(
        "section",
        { class: "pt", "aria-label": play.title, lang: play.language },
        this.head(over, state),
        h(
          "div",
          { class: "pt-setting" },
          paragraphs(play.setting),
          h("p", {}, h("strong", {}, `${WORDS.goal}: `), play.goal),
        ),
        h("div", { class: "pt-talk" }, this.face(turns, state), this.log(turns, state)),
        over ? this.debrief(over, turns) : this.replies(state),
        this.tools(turns, over),
        this.status,
      ),
    );
  }

  head(over, state) {
    const { play } = this;
    const phase = over ? null : play.scenes[state.at].phase;
    return h(
      "div",
      { class: "pt-head" },
      h("p", { class: "pt-kicker" }, WORDS.kicker(play.minutes)),
      h("p", { class: "pt-title" }, play.title),
      h(
        "ol",
        { class: "pt-phases", "aria-label": WORDS.phasesLabel },
        Object.entries(WORDS.phases).map(([id, name]) =>
          h("li", { "aria-current": id === phase ? "step" : null }, name),
        ),
      ),
    );
  }

  face(turns, state) {
    const { parent } = this.play;
    const last = turns.at(-1);
    const line = said(this.play, state);
    const mood = line.mood ?? (last && answer(this.play, last.after, last.reply)?.mood) ?? "plain";
    const picture = h("div", { class: "pt-portrait", role: "img", "aria-label": parent.portrait_text });
    picture.innerHTML = this.play.portrait; // the case's own drawing, checked when the book is built
    return h(
      "div",
      { class: "pt-face", "data-mood": mood },
      picture,
      h("p", {}, h("strong", {}, parent.name), h("br"), parent.who),
      h("p", { class: "pt-mood" }, `${parent.name.split(" ")[0]} ${WORDS.mood[mood]}`),
    );
  }

  log(turns, state) {
    const { play } = this;
    const name = play.parent.name.split(" ")[0];
    const line = (who, words, kind, turn = null) =>
      h(
        "li",
        { class: `pt-line pt-${kind}`, "data-turn": turn, tabindex: turn === null ? null : "-1" },
        h("span", { class: "pt-who" }, who),
        h("p", {}, words),
      );
    const spoken = turns.flatMap((turn, i) => {
      const reaction = answer(play, turn.after, turn.reply);
      return [
        line(name, said(play, turn.before).line, "parent"),
        line(WORDS.you, turn.reply.say, "teacher"),
        reaction ? line(name, reaction.line, "parent", i) : null,
        this.coach ? line(WORDS.coach, turn.reply.coach, "coach", reaction ? null : i) : null,
      ];
    });
    return h(
      "ol",
      { class: "pt-log" },
      spoken,
      h(
        "li",
        { class: "pt-line pt-parent pt-now", tabindex: "-1" },
        h("span", { class: "pt-who" }, name),
        h("p", {}, said(play, state).line),
      ),
    );
  }

  replies(state) {
    return h(
      "div",
      { class: "pt-replies", role: "group", "aria-label": WORDS.ask, tabindex: "-1" },
      h("p", { class: "pt-ask", "aria-hidden": "true" }, WORDS.ask),
      Object.entries(offers(this.play, state)).map(([key, reply]) =>
        button(reply.say, () => this.say(key), "reply"),
      ),
    );
  }

  tools(turns, over) {
    const check = h("input", {
      type: "checkbox",
      onchange: () => {
        this.coach = check.checked;
        this.draw();
        this.element.querySelector(".pt-tools input").focus();
      },
    });
    check.checked = this.coach;
    return h(
      "div",
      { class: "pt-tools" },
      turns.length ? button(WORDS.back, () => this.back()) : null,
      turns.length ? button(over ? WORDS.again : WORDS.restart, () => this.again()) : null,
      turns.length ? button(WORDS.download, () => this.download()) : null,
      turns.length && this.store.toNotebook ? button(WORDS.save, () => this.save()) : null,
      h("label", { class: "pt-check" }, check, ` ${WORDS.showCoach}`),
    );
  }

  download() {
    const text = JSON.stringify(this.transcript(), null, 2) + "\n";
    const name = `${this.play.id}.transcript.json`;
    const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    h("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
    this.status.textContent = WORDS.downloaded(name);
  }

  async save() {
    const { saved, failed } = await this.store.toNotebook();
    this.status.textContent = failed ?? WORDS.saved(saved);
  }

  transcript() {
    return transcript(this.play, this.attempts.filter((attempt) => attempt.turns.length));
  }

  // ------------------------------------------------------------ after the end

  debrief(over, turns) {
    const { play } = this;
    const name = play.parent.name.split(" ")[0];
    return h(
      "div",
      { class: "pt-debrief", role: "group", "aria-label": over.title, tabindex: "-1" },
      h("p", { class: "pt-kind" }, WORDS.kinds[over.kind]),
      h("p", { class: "pt-title" }, over.title),
      paragraphs(over.text),
      this.part(WORDS.hidden(name), paragraphs(play.parent.hidden)),
      this.part(WORDS.trust(name), this.chart(turns)),
      this.part(WORDS.turns, h("ol", { class: "pt-turns" }, turns.map((turn) => this.turn(turn)))),
      this.part(WORDS.scores, this.scores(score(turns))),
      this.attempts.filter((attempt) => attempt.ended).length > 1
        ? this.part(WORDS.attempts, this.table())
        : null,
      this.part(WORDS.next, h("p", { class: "pt-next" }, this.advice(turns))),
      this.part(WORDS.reflect, h("ul", {}, play.reflect.map((question) => h("li", {}, question)))),
    );
  }

  part(title, ...content) {
    return h("div", { class: "pt-part" }, h("p", { class: "pt-subtitle" }, title), ...content);
  }

  turn({ before, reply, after }) {
    const { play } = this;
    const name = play.parent.name.split(" ")[0];
    const heard = said(play, before);
    const reaction = answer(play, after, reply);
    const by = after.values.trust - before.values.trust;
    const thought = (words) =>
      words ? h("p", { class: "pt-thought" }, h("span", {}, `${WORDS.thought(name)}: `), words) : null;
    return h(
      "li",
      {},
      h("p", { class: "pt-heard" }, `${name}: ${heard.line}`),
      thought(heard.thinks),
      h("p", { class: "pt-said" }, `${WORDS.you}: ${reply.say}`),
      thought(reaction?.thinks),
      h("p", { class: `pt-change pt-${Math.sign(by) + 1}` }, WORDS.change(by)),
      h(
        "p",
        { class: "pt-why" },
        reply.coach,
        " ",
        h("em", {}, play.principles[reply.why.principle]),
        " ",
        h("cite", {}, play.sources[reply.why.source]),
      ),
    );
  }

  // Trust after each reply, as a line; the same numbers stand in its label.
  chart(turns) {
    const line = trustLine(this.play, turns);
    const { from, to } = this.play.meters.trust;
    const x = (i) => 24 + (i * 332) / Math.max(1, line.length - 1);
    const y = (value) => 110 - ((value - from) * 96) / (to - from);
    const svg = (tag, attributes, text = "") => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      element.append(text);
      return element;
    };
    const chart = svg("svg", {
      viewBox: "0 0 380 132",
      class: "pt-chart",
      role: "img",
      "aria-label": WORDS.trustText(line),
    });
    for (const value of [from, (from + to) / 2, to])
      chart.append(
        svg("line", { x1: 24, x2: 356, y1: y(value), y2: y(value), class: "pt-grid" }),
        svg("text", { x: 16, y: y(value) + 4, class: "pt-axis", "text-anchor": "end" }, value),
      );
    chart.append(svg("polyline", { points: line.map((v, i) => `${x(i)},${y(v)}`).join(" ") }));
    line.forEach((value, i) => {
      chart.append(svg("circle", { cx: x(i), cy: y(value), r: 4.5 }));
      if (i) chart.append(svg("text", { x: x(i), y: 128, class: "pt-axis", "text-anchor": "middle" }, i));
    });
    return chart;
  }

  scores(tally) {
    const rows = this.play.practises.filter((name) => tally[name]);
    return h(
      "ul",
      { class: "pt-scores" },
      rows.map((name) => {
        const [earned, possible] = tally[name];
        const bar = h("span", { class: "pt-bar" }, h("span", { style: `width:${(100 * earned) / possible}%` }));
        return h(
          "li",
          {},
          h("span", {}, this.play.rubric[name]),
          bar,
          h("span", { class: "pt-points" }, WORDS.points(earned, possible)),
        );
      }),
    );
  }

  // An unrepaired misstep first; else the dimension with the smallest share of its points.
  advice(turns) {
    const { play } = this;
    const { values } = turns.at(-1).after;
    const slip = Object.entries(play.missteps ?? {}).find(([name]) => values[name]);
    if (slip) return `${slip[1].what} ${slip[1].instead}`;
    const tally = score(turns);
    const share = (name) => tally[name][0] / tally[name][1];
    const [weakest] = play.practises.filter((name) => tally[name]).sort((a, b) => share(a) - share(b));
    return play.coaching[weakest];
  }

  table() {
    const head = [WORDS.attempt, WORDS.ending, WORDS.trustEnd, WORDS.total];
    const rows = this.attempts.filter((attempt) => attempt.ended).map((attempt, i) => {
      const { turns, state } = this.played(attempt);
      const tallies = Object.values(score(turns));
      const sum = (index) => tallies.reduce((total, tally) => total + tally[index], 0);
      return [i + 1, this.play.endings[state.at].title, state.values.trust, `${sum(0)} / ${sum(1)}`];
    });
    return h(
      "table",
      { class: "pt-table" },
      h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((text) => h("td", {}, String(text)))))),
    );
  }
}

// ---------------------------------------------------------------- its two hosts

const browserStore = (id) => ({
  load() {
    try {
      return JSON.parse(localStorage.getItem(`partners:role-play:${id}`));
    } catch {
      return null; // storage is off, or holds something else: begin anew
    }
  },
  save(attempts) {
    try {
      localStorage.setItem(`partners:role-play:${id}`, JSON.stringify(attempts));
    } catch {
      // storage is off or full: the conversation goes on, only a reload forgets it
    }
  },
});

function mountAll() {
  for (const element of document.querySelectorAll(".partners-roleplay:not([data-mounted])")) {
    const data = [...element.querySelectorAll("script[type='application/json']")];
    // The data lies in parts beside the words; it is whole when the script after them is there.
    if (document.readyState === "loading" && !element.querySelector("script:not([type])")) continue;
    element.dataset.mounted = "";
    const [play, ...parts] = data.map((part) => JSON.parse(part.textContent));
    play.endings = parts.pop();
    play.scenes = Object.assign({}, ...parts);
    new Player(element, play, browserStore(play.id));
  }
}

function render({ model, el }) {
  el.classList.add("partners-roleplay");
  const store = {
    load: () => model.get("attempts"),
    save(attempts) {
      model.set("attempts", attempts);
      model.save_changes();
    },
    toNotebook: () =>
      new Promise((resolve) => {
        const done = (answer) => {
          clearTimeout(late);
          model.off("msg:custom", done);
          resolve(answer);
        };
        const late = setTimeout(done, 10_000, { failed: WORDS.unsaved });
        model.on("msg:custom", done);
        try {
          model.send({ save: true });
        } catch {
          done({ failed: WORDS.unsaved }); // the kernel was restarted
        }
      }),
  };
  const player = new Player(el, model.get("role_play"), store);

  // The same conversation can stand under two cells, and Python can set its attempts.
  const follow = () => {
    if (model.get("attempts") !== player.attempts) player.load();
  };
  model.on("change:attempts", follow);

  // A key pressed in here is none of the notebook's, where "d d" deletes the cell and Shift+Enter
  // runs it; Ctrl+S and its like still are. Only the window hears a key before the notebook does,
  // and the notebook looks for the attribute on the element in focus.
  const guard = ({ target, key, ctrlKey, metaKey }) => {
    const ours = key === "Enter" || !(ctrlKey || metaKey);
    if (el.contains(target)) target.toggleAttribute("data-lm-suppress-shortcuts", ours);
  };
  window.addEventListener("keydown", guard, true);

  return () => {
    model.off("change:attempts", follow);
    window.removeEventListener("keydown", guard, true);
  };
}

export default { render, mountAll, engine: { start, offers, choose, ending, said, answer, playKeys, score, transcript } };
