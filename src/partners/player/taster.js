// The first replies of a conversation, for a front page: no more around it than a portrait. The
// attempt is the one of the conversation's own page, which goes on with it.

import { answer } from "./engine.js";
import { button, h } from "./dom.js";
import { Player, WORDS, later } from "./talk.js";

WORDS.taster = {
  unsaid: (name) => `What ${name} did not say`,
  heard: (name, line) => `${name} said: “${line}”`,
  thought: (name) => `${name} thought: `,
  allThoughts: (name) => `When the call is over, you see what ${name} thought at each of your replies.`,
  further: (n) => `You are in the middle of this call, after ${n} replies.`,
  over: (title) => `You have played this call to its end: “${title}”.`,
  goOn: "Go on with the call",
  lookBack: "See how it went",
};

later.Taster = class extends Player {
  load() {
    this.coach = this.playing = false;
    super.load();
  }

  set(attempt) {
    this.playing = true;
    super.set(attempt);
  }

  get limit() {
    return Number(this.element.dataset.turns);
  }

  // Whether the attempt has left this page; who comes back with the last reply given here is not
  // made to read it all again.
  further(turns) {
    return turns.length > this.limit || (turns.length === this.limit && !this.playing);
  }

  head() {
    return null;
  }

  setting() {
    return null;
  }

  log(turns, state) {
    return super.log(this.further(turns) ? [] : turns, state);
  }

  step(state) {
    const { turns } = this.played();
    const { goOn, further, allThoughts } = WORDS.taster;
    if (this.further(turns)) return this.end(goOn, h("p", {}, further(turns.length)));
    if (turns.length < this.limit) return this.replies(state, {});
    return this.end(goOn, ...this.thought(turns), h("p", {}, allThoughts(this.name)));
  }

  debrief({ title }) {
    return this.end(WORDS.taster.lookBack, h("p", {}, WORDS.taster.over(title)));
  }

  // What went through the parent's head when a reply moved the trust most, the latest of several.
  thought(turns) {
    const { unsaid, heard, thought } = WORDS.taster;
    const moved = ({ before, after }) => Math.abs(after.values.trust - before.values.trust);
    const reactions = turns.map((turn) => ({ by: moved(turn), ...answer(this.play, turn.after, turn.reply) }));
    const told = reactions.filter(({ thinks }) => thinks).sort((a, b) => a.by - b.by).at(-1);
    if (!told) return [];
    return [
      h("p", { class: "pt-subtitle" }, unsaid(this.name)),
      h("p", {}, heard(this.name, told.line)),
      h("p", { class: "pt-thought" }, h("span", {}, thought(this.name)), told.thinks),
    ];
  }

  end(name, ...words) {
    const link = h("a", { class: "pt-button pt-go-on", href: this.element.dataset.goOn }, name);
    return h("div", { class: "pt-part" }, ...words, h("p", {}, link));
  }

  tools(turns, _, over) {
    if (!turns.length) return null;
    return h(
      "div",
      { class: "pt-tools" },
      this.further(turns) ? null : button(WORDS.back, () => this.back()),
      button(over ? WORDS.again : WORDS.restart, () => this.again()),
    );
  }
};
