// The worksheets of a page: kept in this browser, and below them the box that hands all of it in.

import { withFile, work, workIn } from "./answers.js";
import { button, download, h } from "./dom.js";
import { SAYS, Worksheet } from "./worksheet.js";

const LONGEST = 3_000_000;

const keyOf = (exercise) => `partners:exercise:${exercise}`;

function pageStore(exercise) {
  let answers = {};
  let off = false;
  const load = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(keyOf(exercise)));
      if (!off) answers = kept?.constructor === Object ? kept : {}; // also when all was forgotten elsewhere
    } catch {
      // storage is off: the answers last as long as the page
    }
    return answers;
  };
  return {
    load,
    async save(changed) {
      answers = changed;
      try {
        localStorage.setItem(keyOf(exercise), JSON.stringify(changed));
        off = false;
      } catch {
        off = true;
      }
      document.dispatchEvent(new Event("partners:answered"));
      return { told: off ? SAYS.off : SAYS.kept };
    },
    coach: coachRules,
  };
}

const WHO = "partners:who";

// The name that stands in what is handed in, the same in every exercise.
const who = {
  load() {
    try {
      return localStorage.getItem(WHO) ?? "";
    } catch {
      return "";
    }
  },
  save(name) {
    try {
      localStorage.setItem(WHO, name);
    } catch {
      // storage is off: the file carries no name, and the course knows who hands it in
    }
  },
};

// What the coach goes by is loaded when it is first asked, from `coachBook.from`.
export const coachBook = {};

function coachRules() {
  coachBook.coming ??= new Promise((here, lost) => {
    const script = { src: coachBook.from, onload: () => here(coachBook.rules), onerror: lost };
    document.head.append(h("script", script));
  }).catch((error) => {
    coachBook.coming = null; // to be asked for again
    throw error;
  });
  return coachBook.coming;
}

const players = () => [...document.querySelectorAll(".partners-roleplay")].flatMap(({ player }) => player ?? []);
const isBegun = (player) => player.attempts.some(({ turns }) => turns.length);
const transcripts = () =>
  Object.fromEntries(players().filter(isBegun).map((player) => [player.play.id, player.transcript()]));

// The box at the end of the page: how far one is, who one is, the file to hand in, and the way back.
function handIn(element, exercise, store, sheets) {
  const parts = h("ul", {});
  const status = h("p", { class: "pt-status", role: "status" });
  const name = `${exercise}.answers.json`;
  const field = h("input", {
    type: "text",
    autocomplete: "name",
    maxlength: 200,
    onchange: () => who.save(field.value.trim()),
  });
  field.value = who.load();
  const show = () => {
    const lines = sheets.map((sheet) => {
      const all = sheet.cells.length;
      const done = all - sheet.open().length;
      const bar = h("span", { style: `width:${(100 * done) / all}%` });
      return h(
        "li",
        {},
        h("a", { href: `#${sheet.element.id}` }, sheet.title),
        `: ${SAYS.progress(done, all)}`,
        h("div", { class: "pt-bar", "aria-hidden": "true" }, bar),
      );
    });
    const talks = players().map(({ play, attempts }) => {
      const n = attempts.filter(({ ended }) => ended).length;
      return h("li", {}, `${play.title}: ${n} finished ${n === 1 ? "attempt" : "attempts"}`);
    });
    parts.replaceChildren(...lines, ...talks);
  };
  const save = () => {
    const data = work(exercise, store.load(), transcripts(), who.load());
    download(name, "application/json", `${JSON.stringify(data, null, 1)}\n`);
    status.textContent = `${name} is in your downloads. Hand in this one file.`;
  };
  let before;
  const redraw = () => {
    for (const sheet of sheets) sheet.draw();
    field.value = who.load();
    show();
  };
  const restore = async ({ target }) => {
    const [file] = target.files;
    before = store.load();
    if (file) status.textContent = await restored(exercise, store, file);
    target.value = "";
    undo.hidden = JSON.stringify(store.load()) === JSON.stringify(before);
    redraw();
  };
  const undo = button("Put back what was here before", async () => {
    await store.save(before);
    redraw();
    status.textContent = "Your answers are what they were before the file.";
    element.querySelector("[type=file]").focus();
    undo.hidden = true;
  });
  undo.hidden = true;
  element.replaceChildren(
    h(
      "div",
      { class: "pt ws" },
      parts,
      h("label", { class: "ws-field" }, h("span", {}, "Your name or student number, as your course knows you"), field),
      h("div", { class: "pt-row" }, button("Download my work", save, "reply")),
      h("label", { class: "ws-field" }, h("span", {}, "Go on from a file that you downloaded before"), h("input", { type: "file", accept: ".json,application/json", onchange: restore })),
      status,
      h("div", { class: "pt-row" }, undo),
    ),
  );
  document.addEventListener("partners:answered", show);
  addEventListener("focus", show);
  addEventListener("pageshow", () => (field.value = who.load())); // on the way back a browser fills in its own
  new IntersectionObserver(show).observe(element); // a talk may have been played since
  show();
  return redraw;
}

async function restored(exercise, store, file) {
  if (file.size > LONGEST) return `${file.name} is too large to be your work.`;
  let data;
  try {
    data = workIn(await file.text(), exercise);
  } catch ({ message }) {
    return `${file.name} ${message}. Nothing was changed.`;
  }
  await store.save(withFile(store.load(), data.answers));
  if (!who.load() && typeof data.who === "string") who.save(data.who);
  for (const player of players())
    if (!isBegun(player) && data.transcripts?.[player.play.id]?.attempts?.length) {
      player.store.save(data.transcripts[player.play.id].attempts);
      player.load();
    }
  return `The answers of ${file.name} are here. What the file does not hold stayed as it was.`;
}

export function mountWorksheets() {
  if (document.readyState === "loading") return;
  const box = document.querySelector(".partners-hand-in:not([data-mounted])");
  if (!box) return;
  const { exercise } = box.dataset;
  const store = pageStore(exercise); // one for all forms: where storage is off, it holds the answers
  const places = [...document.querySelectorAll(".partners-worksheet")];
  const sheets = places.map((element, n) => {
    element.id ||= `part-${n + 1}`;
    const form = JSON.parse(element.querySelector("script").textContent);
    const sheet = new Worksheet(element, form, store);
    const heading = element.closest("section")?.querySelector("h1, h2, h3");
    sheet.title = heading?.firstChild?.textContent.trim() ?? `Part ${n + 1}`;
    return sheet;
  });
  box.dataset.mounted = "";
  const redraw = handIn(box, exercise, store, sheets);
  addEventListener("storage", ({ key }) => [keyOf(exercise), WHO, null].includes(key) && redraw());
  addEventListener("pageshow", ({ persisted }) => persisted && redraw()); // it may have been kept aside for long
  addEventListener("pagehide", () => document.activeElement?.blur()); // what is being typed counts as written
}
