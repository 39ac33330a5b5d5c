// A conversation with a parent in the page: without dependencies, all of it drawn from the attempts.
// The book mounts it on `.partners-roleplay`; talk_widget.js renders it in a notebook.

import {
  answer, choose, ending, notes, offers, played, remaining, said, transcript,
} from "./engine.js";
import { button, download, h, paragraphs } from "./dom.js";

export const WORDS = {
  kicker: (minutes) => `Conversation · about ${minutes} minutes`,
  goal: "What you want",
  ask: "What do you say?",
  progress: (reply, of) => `Reply ${reply} of about ${of}`,
  you: "You",
  coach: "Coach",
  showCoach: "Show the coach’s notes as I go",
  phases: { open: "Open", explore: "Explore", plan: "Plan", close: "Close" },
  phasesLabel: "Where you are in the conversation",
  mood: { wary: "sounds guarded", plain: "is listening", warm: "sounds warm", upset: "sounds hurt" },
  guessFirst: "Before you answer",
  guess: (name) => `How far does ${name} trust you now?`,
  guessEnds: (from, to) => [`${from}: not at all`, `${to}: completely`],
  guessKeep: (guess) => `My guess is ${guess}`,
  skip: "Skip",
  ownFirst: "In your own words",
  ownHint: "You meet these words again in the debrief. Nobody marks them. Leave it empty to skip.",
  showReplies: "Show the replies",
  yourGuess: (guess) => `Your guess of the trust here: ${guess}`,
  yourWords: "Your own words here",
  back: "Take my last reply back",
  putBack: "Put it back",
  again: "Play it again",
  restart: "Start over",
  download: "Download the transcript",
  copy: "Copy as text",
  downloadText: "Download as text",
  copied: "Copied.",
  save: "Save beside the notebook",
  saved: (name) => `Saved as ${name}.`,
  unsaved:
    "Nothing is saved: the notebook does not answer. Download the transcript, then run this cell again.",
  downloaded: (name) => `${name} is in your downloads.`,
  late: "The rest of the page did not arrive. What you said is kept: reload the page when you are connected.",
  changed: (kept) =>
    `This conversation was edited since you played it. Your replies were kept up to reply ${kept}.`,
  kinds: {
    partnership: "A partnership has begun",
    progress: "A step forward",
    polite: "Polite, and nothing changed",
    breakdown: "It broke off",
  },
};

// What is only needed once somebody plays; debrief.js fills it. A page loads that script late, from
// `later.from`; in a notebook it is part of the module. The front page's taster is added here too.
export const later = {};
let coming;

function laterIsHere() {
  if (later.debrief) return Promise.resolve();
  coming ??= new Promise((here, lost) => {
    document.head.append(h("script", { src: later.from, onload: here, onerror: lost }));
  }).catch((error) => {
    coming = null; // to be asked for again
    throw error;
  });
  return coming;
}

// An attempt: `{ turns, began, ended }`, and what goes back and forth with it: `notes` (scene → what
// was written or guessed there before a reply was chosen) and `undone`, the replies taken back.
const isAttempt = (kept) =>
  Array.isArray(kept?.turns) &&
  kept.turns.every((turn) => typeof turn?.scene === "string" && typeof turn.reply === "string");

const turnOf = (play, kept) => {
  const written = Object.entries(notes(play, kept)).filter(([, value]) => value !== null);
  return { scene: kept.scene, reply: kept.reply, ...Object.fromEntries(written) };
};

// An attempt as it was kept, as far as the conversation still goes that way.
function stillPlayable(play, kept) {
  const turns = [];
  for (const turn of kept.turns) {
    const { state } = played(play, turns);
    if (turn.scene !== state.at || !offers(play, state)[turn.reply]) break;
    turns.push(turnOf(play, turn));
  }
  const whole = turns.length === kept.turns.length;
  const undone = whole && Array.isArray(kept.undone) ? kept.undone : [];
  return { ...kept, turns, notes: { ...kept.notes }, undone, ended: whole ? kept.ended : null };
}

// `store` keeps what was played: load() → attempts, save(attempts); `store.toNotebook`, where there
// is a notebook, writes the transcript beside it and resolves to { saved: the file's name } or to
// { failed: why not }.
export class Player {
  constructor(element, play, store) {
    Object.assign(this, { element, play, store, coach: play.level !== "expert" });
    this.load();
  }

  load() {
    const kept = [this.store.load() ?? []].flat().filter(isAttempt);
    this.attempts = kept.map((attempt) => stillPlayable(this.play, attempt));
    const cut = this.attempts.find(({ turns }, i) => turns.length < kept[i].turns.length);
    this.notice = cut ? WORDS.changed(cut.turns.length) : "";
    if (!this.attempts.length) this.attempts = [{ turns: [] }];
    this.draw();
  }

  get attempt() {
    return this.attempts.at(-1);
  }

  get name() {
    return this.play.parent.name.split(" ")[0];
  }

  // Replaces the attempt in hand, and leaves the screen and its focus as they are.
  hold(attempt) {
    this.attempts = [...this.attempts.slice(0, -1), attempt];
    this.store.save(this.attempts);
  }

  // Replaces the attempt in hand; everything on the screen follows from it.
  set(attempt) {
    this.hold(attempt);
    this.notice = "";
    this.draw();
  }

  say(key) {
    const now = new Date().toISOString();
    const { turns, notes: written = {}, undone = [], began = now } = this.attempt;
    const { state } = this.played();
    const over = ending(this.play, choose(this.play, state, key));
    const { [state.at]: note, ...ahead } = written;
    this.set({
      began,
      turns: [...turns, turnOf(this.play, { ...note, scene: state.at, reply: key })],
      notes: ahead,
      undone: undone[0] === key ? undone.slice(1) : [],
      ended: over ? now : null,
    });
    this.focus(over ? ".pt-debrief" : `[data-turn="${turns.length}"]`);
  }

  // What was written and guessed at the scene stays, and is shown there again.
  back() {
    const { turns, undone = [] } = this.attempt;
    const { scene, reply, ...note } = turns.at(-1);
    this.set({
      ...this.attempt,
      turns: turns.slice(0, -1),
      notes: { ...this.attempt.notes, [scene]: { guess: null, ...note, shown: true } },
      undone: [reply, ...undone],
      ended: null,
    });
    this.focus(".pt-replies");
  }

  again() {
    const tried = this.attempts.filter((attempt) => attempt.turns.length);
    this.attempts = [...tried, { turns: [] }];
    this.set(this.attempt);
    this.focus(".pt-log > *");
  }

  note(change) {
    const { at } = this.played().state;
    const { notes: written } = this.attempt;
    this.hold({ ...this.attempt, notes: { ...written, [at]: { ...written?.[at], ...change } } });
  }

  // One thing before the replies is done: on to the next.
  done(change) {
    this.note(change);
    this.draw();
    this.focus(".pt-replies");
  }

  focus(selector) {
    const target = this.element.querySelector(selector);
    target?.focus({ preventScroll: true });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target?.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
  }

  played(attempt = this.attempt) {
    return played(this.play, attempt.turns);
  }

  draw() {
    const { play } = this;
    const { turns, state } = this.played();
    const over = ending(play, state);
    if (turns.length) laterIsHere().catch(() => {}); // the debrief says so, if it is missing then
    this.status = h("p", { class: "pt-status", role: "status" }, this.notice);
    this.element.replaceChildren(
      h(
        "section",
        { class: "pt", "aria-label": play.title, lang: play.language },
        this.head(over, state),
        this.setting(),
        h("div", { class: "pt-talk" }, this.face(turns, state), this.log(turns, state)),
        over ? this.debrief(over, turns) : this.step(state),
        this.tools(turns, state, over),
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

  setting() {
    return h(
      "div",
      { class: "pt-setting" },
      paragraphs(this.play.setting),
      h("p", {}, h("strong", {}, `${WORDS.goal}: `), this.play.goal),
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
      h("p", { class: "pt-mood" }, `${this.name} ${WORDS.mood[mood]}`),
    );
  }

  log(turns, state) {
    const { play, name } = this;
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

  // What a scene asks for now: a guess, then own words, then one of its replies.
  step(state) {
    const scene = this.play.scenes[state.at];
    const note = this.attempt.notes?.[state.at] ?? {};
    if (scene.guess && note.guess === undefined) return this.guess();
    if (scene.own_words && !note.shown) return this.ownWords(scene.own_words, note);
    return this.replies(state, note);
  }

  group(title, ...content) {
    const { turns, state } = this.played();
    const [few, many] = remaining(this.play, state.at);
    const count = WORDS.progress(turns.length + 1, turns.length + Math.round((few + many) / 2));
    return h(
      "div",
      { class: "pt-replies", role: "group", "aria-label": `${title} ${count}`, tabindex: "-1" },
      h("p", { class: "pt-ask", "aria-hidden": "true" }, title, h("span", {}, count)),
      ...content,
    );
  }

  guess() {
    const { from, to } = this.play.meters.trust;
    const keep = button("", () => this.done({ guess: Number(range.value) }), "reply");
    const show = () => (keep.textContent = WORDS.guessKeep(range.value));
    const range = h("input", { type: "range", min: from, max: to, oninput: show });
    range.value = Math.round((from + to) / 2);
    show();
    const ends = WORDS.guessEnds(from, to).map((words) => h("span", {}, words));
    return this.group(
      WORDS.guessFirst,
      h("label", { class: "pt-field" }, WORDS.guess(this.name), range, h("span", {}, ends)),
      h("div", { class: "pt-row" }, keep, button(WORDS.skip, () => this.done({ guess: null }))),
    );
  }

  ownWords({ prompt }, note) {
    const write = () => this.note({ own_words: field.value, coded: null });
    const field = h("textarea", { rows: 3, maxlength: 2000, oninput: write });
    field.value = note.own_words ?? "";
    return this.group(
      WORDS.ownFirst,
      h("label", { class: "pt-field" }, prompt, field),
      h("p", { class: "pt-hint" }, WORDS.ownHint),
      h("div", { class: "pt-row" }, button(WORDS.showReplies, () => this.done({ shown: true }), "reply")),
    );
  }

  replies(state, note) {
    const { own_words, guess } = notes(this.play, { ...note, scene: state.at });
    return this.group(
      WORDS.ask,
      guess === null ? null : h("p", { class: "pt-yours" }, WORDS.yourGuess(guess)),
      own_words && h("p", { class: "pt-yours" }, h("strong", {}, `${WORDS.yourWords}: `), own_words),
      Object.entries(offers(this.play, state)).map(([key, reply]) =>
        button(reply.say, () => this.say(key), "reply"),
      ),
    );
  }

  tools(turns, state, over) {
    const check = h("input", {
      type: "checkbox",
      onchange: () => {
        this.coach = check.checked;
        this.draw();
        this.element.querySelector(".pt-tools input").focus();
      },
    });
    check.checked = this.coach;
    const [undone] = this.attempt.undone ?? [];
    const tools = [
      turns.length && [WORDS.back, () => this.back()],
      offers(this.play, state)[undone] && [WORDS.putBack, () => this.say(undone)],
      turns.length && [over ? WORDS.again : WORDS.restart, () => this.again()],
      turns.length && [WORDS.download, () => this.download()],
      turns.length && [WORDS.copy, () => this.copy()],
      turns.length && [WORDS.downloadText, () => this.downloadText()],
      turns.length && this.store.toNotebook && [WORDS.save, () => this.save()],
    ];
    return h(
      "div",
      { class: "pt-tools" },
      tools.filter(Boolean).map(([name, use]) => button(name, use)),
      h("label", { class: "pt-check" }, check, ` ${WORDS.showCoach}`),
    );
  }

  tell(text) {
    this.status.textContent = text;
  }

  file(name, type, text) {
    download(name, type, text);
    this.tell(WORDS.downloaded(name));
  }

  download() {
    const text = JSON.stringify(this.transcript(), null, 2) + "\n";
    this.file(`${this.play.id}.transcript.json`, "application/json", text);
  }

  // Runs `use` with the conversation as text that anybody can read.
  inWords(use) {
    laterIsHere().then(() => use(later.script(this)), () => this.tell(WORDS.late));
  }

  downloadText() {
    this.inWords((text) => this.file(`${this.play.id}.transcript.txt`, "text/plain", text));
  }

  copy() {
    this.inWords(async (text) => {
      try {
        await navigator.clipboard.writeText(text);
        this.tell(WORDS.copied);
      } catch {
        this.downloadText(); // the clipboard is out of reach here; the file does as well
      }
    });
  }

  async save() {
    const { saved, failed } = await this.store.toNotebook();
    this.tell(failed ?? WORDS.saved(saved));
  }

  transcript() {
    return transcript(this.play, this.attempts.filter((attempt) => attempt.turns.length));
  }

  debrief(over, turns) {
    const box = h(
      "div",
      { class: "pt-debrief", role: "group", "aria-label": over.title, tabindex: "-1" },
      h("p", { class: "pt-kind" }, WORDS.kinds[over.kind]),
      h("p", { class: "pt-title" }, over.title),
      paragraphs(over.text),
    );
    const fill = () => box.append(...later.debrief(this, over, turns));
    if (later.debrief) fill();
    else laterIsHere().then(fill, () => box.append(h("p", {}, WORDS.late)));
    return box;
  }
}

// ---------------------------------------------------------------- in a page

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

export function mountAll() {
  for (const element of document.querySelectorAll(".partners-roleplay:not([data-mounted])")) {
    const data = [...element.querySelectorAll("script[type='application/json']")];
    // The data lies in parts beside the words; it is whole when the script after them is there.
    if (document.readyState === "loading" && !element.querySelector("script:not([type])")) continue;
    element.dataset.mounted = "";
    const words = [...element.querySelectorAll("noscript")].map((part) => part.textContent);
    const [play, ...parts] = data.map((part) => JSON.parse(part.textContent));
    play.endings = parts.pop();
    play.scenes = Object.assign({}, ...parts);
    const Kind = element.dataset.turns ? later.Taster : Player;
    const player = new Kind(element, play, browserStore(play.id));
    element.player = player; // the worksheet hands its transcript in
    if (location.search.startsWith("?go-on")) player.focus(".pt-now");
    followOtherPages(player);
    printAsScript(player, words.join(""));
  }
}

// The same conversation can stand on two pages; what was played on the other is not overwritten.
function followOtherPages(player) {
  const follow = ({ persisted, key }) => {
    if (persisted || key?.endsWith(`:${player.play.id}`)) player.load();
  };
  addEventListener("pageshow", follow);
  addEventListener("storage", follow);
}

// On paper nobody can choose: before the first reply, all of them are printed, in the page's words
// without script.
function printAsScript(player, words) {
  const script = h("div", { class: "pt-script" });
  addEventListener("beforeprint", () => {
    if (player.attempt.turns.length) return;
    script.innerHTML = words;
    player.element.append(script);
  });
  addEventListener("afterprint", () => script.remove());
}
