// The worksheet of an exercise: its questions, answered in the book's page or in a notebook.
// `hand_in.js` mounts it in a page; a notebook renders it as an anywidget. Right answers are known to neither.

import { askedBack, cellsOf, countWords, isFilled, itemsOf, namesOf, optionsOf, withAnswer } from "./answers.js";
import { Cards } from "./cards.js";
import { CHECKS } from "./checks.js";
import { coach, readingLevel } from "./coach.js";
import { button, h, toNumber } from "./dom.js";
import { asked, keepKeys } from "./notebook.js";

const SHORT = 46; // signs of a choice that still fits into a list to choose from

export const SAYS = {
  choose: "Choose…",
  check: "Look it over",
  clear: "Clear these answers",
  undo: "Put them back",
  cleared: "Cleared.",
  open: (items) => (items.length ? `Still open: ${items.join("; ")}` : "Nothing is open here."),
  back: "Hold each answer against the question under it.",
  progress: (done, all) => `${done} of ${all} answered`,
  kept: "Kept in this browser.",
  off: "This browser keeps nothing for these pages, so download your work before you leave.",
  saving: "Saving…",
  saved: (name) => `Saved in ${name}, beside the notebook.`,
  unsaved: "Nothing is saved: the notebook does not answer. Run this cell again, then answer once more.",
  words: (n, [from, to]) => `${n} words; asked for ${from} to ${to}.`,
  notNumber: (item) => `${item}: write a number, in figures, with no sign or word after it.`,
  coachNothing: "The coach has nothing to point at. What it cannot see is whether it is true and kind.",
  coachLevel: ({ flesch_kincaid, coleman_liau }) =>
    `Reading level: grade ${flesch_kincaid} by Flesch-Kincaid, ${coleman_liau} by Coleman-Liau.`,
  coachCame: (n) => (n ? `The coach has ${n} ${n === 1 ? "note" : "notes"} for you, under your text.` : "The coach has looked at your text."),
  coachLate: "The coach did not arrive. Your words are kept; try again when you are connected.",
};

// `store` keeps the answers of a whole exercise: load() → answers, save(answers) → promise of
// { told } or { failed }; coach() → promise of the coach's rules.
export class Worksheet {
  constructor(element, form, store) {
    Object.assign(this, { element, form, store, id: `ws-${Worksheet.count++}`, before: null });
    this.draw();
  }

  get answers() {
    return this.store.load();
  }

  get cells() {
    return cellsOf(this.form.questions, this.answers);
  }

  open() {
    return this.cells.filter(([, , value]) => !isFilled(value));
  }

  draw() {
    this.coached = [];
    this.cards = [];
    this.status = h("p", { class: "pt-status", role: "status" });
    this.findings = h("div", { class: "ws-findings", tabindex: "-1" });
    this.count = h("p", { class: "pt-kicker" });
    this.undo = button(SAYS.undo, () => this.putBack());
    this.undo.hidden = !this.before;
    this.element.replaceChildren(
      h(
        "div",
        { class: "pt ws", role: "group", "aria-label": "Your answers" },
        this.count,
        Object.entries(this.form.questions).map(([name, question]) => this.question(name, question)),
        this.findings,
        h("div", { class: "pt-tools" }, this.tools()),
        this.status,
      ),
    );
    this.showCount();
  }

  tools() {
    return [
      button(SAYS.check, () => this.lookOver(), "reply"),
      button(SAYS.clear, () => this.clear()),
      this.undo,
    ];
  }

  showCount() {
    const all = this.cells.length;
    this.count.textContent = SAYS.progress(all - this.open().length, all);
  }

  async keep(answers) {
    this.tell(this.store.slow ? SAYS.saving : "");
    const { told, failed } = await this.store.save(answers);
    this.showCount();
    this.tell(failed ?? told);
  }

  put(name, item, value) {
    for (const place of this.element.querySelectorAll("[data-back]"))
      if (place.dataset.back === `${name}/${item}`) place.textContent = ""; // it asked about another answer
    return this.keep(withAnswer(this.answers, name, item, value));
  }

  tell(text) {
    this.status.textContent = text;
  }

  clear() {
    const isOwn = ([name]) => name in this.form.questions; // what the other forms hold goes on as it is
    const all = Object.entries(this.answers);
    if (this.open().length < this.cells.length) this.before = Object.fromEntries(all.filter(isOwn));
    this.keep(Object.fromEntries(all.filter((one) => !isOwn(one)))).then(() => this.tell(SAYS.cleared));
    this.draw();
    this.undo.focus();
  }

  putBack() {
    const before = this.before;
    this.before = null;
    this.keep({ ...this.answers, ...before });
    this.draw();
    this.element.querySelector("select, input, textarea, .ws-hand")?.focus();
  }

  // ---- questions

  question(name, question) {
    const draw = {
      choose: () => this.choices(name, question),
      sort: () => this.sorted(name, question),
      number: () => this.rows(name, question, "decimal"),
      line: () => this.rows(name, question, "text"),
      write: () => this.writing(name, question),
    };
    const has = { class: `ws-question ws-${question.kind}`, "data-question": name };
    const group = itemsOf(question).length ? { role: "group", "aria-labelledby": this.idOf(name, "", "ask") } : {};
    return h("div", { ...has, ...group }, draw[question.kind]());
  }

  // What is asked about all items of a question; it names their group.
  asked(name, { ask }) {
    return h("p", { class: "ws-ask", id: this.idOf(name, "", "ask") }, ask);
  }

  value(name, item) {
    const given = item ? this.answers[name]?.[item] : this.answers[name];
    return given ?? "";
  }

  backOf(name, item) {
    return h("p", { class: "ws-back", id: this.idOf(name, item, "back"), "data-back": `${name}/${item}` });
  }

  idOf(name, item, what) {
    return `${this.id}-${name}-${item}-${what}`.replace(/[^\w-]+/g, "_");
  }

  fits(options) {
    return Object.values(options).every((text) => text.length <= SHORT);
  }

  // One choice, or one for each item: a list to choose from where the choices are short, else buttons.
  choices(name, question) {
    const items = itemsOf(question);
    if (!items.length) return this.radios(name, "", question.ask, question.options);
    const rows = items.map(([item, { text = "" }]) => {
      const options = optionsOf(question, item);
      const label = text ? `${item}: ${text}` : item;
      if (this.fits(options)) return this.select(name, item, label, options);
      return this.radios(name, item, label, options);
    });
    return [this.asked(name, question), ...rows];
  }

  select(name, item, label, options) {
    const field = h(
      "select",
      {
        autocomplete: "off", // else a browser that goes back shows what was chosen, kept or not
        onchange: () => this.put(name, item, field.value),
        "aria-describedby": this.idOf(name, item, "back"),
      },
      h("option", { value: "" }, SAYS.choose),
      Object.entries(options).map(([key, text]) => h("option", { value: key }, text ? `${key} · ${text}` : key)),
    );
    field.value = this.value(name, item);
    return h("div", { class: "ws-row" }, h("label", { class: "ws-field" }, h("span", {}, label), field), this.backOf(name, item));
  }

  radios(name, item, legend, options) {
    const group = this.idOf(name, item, "group");
    const chosen = String(this.value(name, item));
    const rows = Object.entries(options).map(([key, text]) => {
      const input = h("input", {
        type: "radio",
        autocomplete: "off",
        name: group,
        value: key,
        onchange: () => this.put(name, item, key),
      });
      input.checked = key === chosen;
      return h("label", { class: "ws-option" }, input, h("span", {}, h("b", {}, key), ` ${text}`));
    });
    return h("fieldset", { class: "ws-row" }, h("legend", {}, legend), rows, this.backOf(name, item));
  }

  rows(name, question, mode) {
    const items = itemsOf(question);
    const one = (item, label) => {
      const field = h("input", {
        type: "text",
        inputmode: mode,
        autocomplete: "off",
        spellcheck: "false",
        maxlength: 200,
        onchange: () => this.put(name, item, field.value.trim()),
        "aria-describedby": this.idOf(name, item, "back"),
      });
      field.value = this.value(name, item);
      return h("div", { class: "ws-row" }, h("label", { class: "ws-field" }, h("span", {}, label), field), this.backOf(name, item));
    };
    const example = question.example ? h("p", { class: "pt-hint" }, `For example: ${question.example}`) : null;
    if (!items.length) return [one("", question.ask), example];
    const told = items.some(([, { text }]) => text); // something of each item: a line for it, its answer beside it
    const rows = items.map(([item, { text = "" }]) => one(item, told ? [h("b", {}, item), ` ${text}`] : item));
    return [this.asked(name, question), example, h("div", { class: told ? "ws-list" : "ws-grid" }, rows)];
  }

  sorted(name, question) {
    const cards = new Cards(this, name, question);
    this.cards.push(cards);
    return cards.drawn();
  }

  writing(name, question) {
    const length = h("p", { class: "pt-hint" });
    const notes = h("ul", { class: "ws-notes" });
    const printed = h("p", { class: "ws-printed" }); // paper neither scrolls nor breaks a text field
    const show = () => {
      printed.textContent = field.value;
      length.textContent = question.words ? SAYS.words(countWords(field.value), question.words) : "";
    };
    let later;
    const field = h("textarea", {
      rows: 9,
      autocomplete: "off",
      maxlength: 20000,
      lang: "en",
      oninput: () => {
        show();
        clearTimeout(later);
        later = setTimeout(() => this.put(name, "", field.value), 600);
      },
      onblur: () => {
        clearTimeout(later);
        if (field.value !== this.value(name, "")) this.put(name, "", field.value);
      },
    });
    field.value = this.value(name, "");
    show();
    if (question.channel) this.coached.push(() => this.coach(field, question.channel, notes));
    return [h("label", { class: "pt-field ws-text" }, question.ask, field), printed, length, notes];
  }

  async coach(field, channel, list) {
    if (!field.value.trim()) return list.replaceChildren();
    let rules;
    try {
      rules = await this.store.coach();
    } catch {
      return list.replaceChildren(h("li", {}, SAYS.coachLate));
    }
    const found = coach(field.value, channel, rules);
    const line = ({ start, end, says, instead, source }) =>
      h(
        "li",
        {},
        end > start
          ? button(`“${field.value.slice(start, end)}”`, () => {
              field.focus();
              field.setSelectionRange(start, end);
            })
          : null,
        h("span", {}, ` ${says}`, instead ? ` Perhaps: ${instead}` : "", h("cite", {}, ` ${rules.sources[source] ?? ""}`)),
      );
    const level = readingLevel(field.value, rules);
    this.tell(SAYS.coachCame(found.length));
    const measured = level.words >= rules.rules.level.fewest ? [h("li", {}, SAYS.coachLevel(level))] : [];
    return list.replaceChildren(...measured, ...(found.length ? found.map(line) : [h("li", {}, SAYS.coachNothing)]));
  }

  // ---- what can be said before anybody marks it

  lookOver() {
    const open = this.open();
    const { questions, check } = this.form;
    for (const ask of this.coached) ask();
    for (const place of this.element.querySelectorAll("[data-back]")) {
      const [name, ...rest] = place.dataset.back.split("/");
      const item = rest.join("/");
      const value = this.value(name, item);
      const number = questions[name].kind === "number" && isFilled(value) && Number.isNaN(toNumber(value));
      place.textContent = !isFilled(value) ? "" : number ? SAYS.notNumber(item || questions[name].ask) : askedBack(questions[name], item, value);
    }
    for (const cards of this.cards) cards.askBack();
    const asked = [...this.element.querySelectorAll(".ws-back")].some((place) => place.textContent);
    const found = check ? CHECKS[check.name](this.answers, check) : [];
    const lines = [SAYS.open(namesOf(questions, open)), ...this.lengths(), asked && SAYS.back, ...found];
    this.findings.replaceChildren(
      ...lines.filter(Boolean).map((line) => (typeof line === "string" ? h("p", {}, line) : line)),
    );
    this.findings.focus({ preventScroll: true });
    this.findings.scrollIntoView({ block: "nearest" });
  }

  // The texts that are shorter or longer than asked for.
  lengths() {
    const written = this.cells.filter(([name, , value]) => this.form.questions[name].words && isFilled(value));
    return written.flatMap(([name, , value]) => {
      const { words } = this.form.questions[name];
      const n = countWords(value);
      return n < words[0] || n > words[1] ? [SAYS.words(n, words)] : [];
    });
  }
}
Worksheet.count = 0;

export function renderWorksheet({ model, el }) {
  el.classList.add("partners-worksheet");
  let rules;
  const store = {
    slow: true,
    load: () => model.get("answers"),
    async save(answers) {
      model.set("answers", answers);
      const { saved, failed } = await asked(model, { save: answers }, { failed: SAYS.unsaved });
      return { told: saved && SAYS.saved(saved), failed };
    },
    async coach() {
      rules ??= (await asked(model, { coach: true }, {})).coach;
      if (!rules) throw new Error("the notebook does not answer");
      return rules;
    },
  };
  new Worksheet(el, model.get("form"), store);
  return keepKeys(el);
}
