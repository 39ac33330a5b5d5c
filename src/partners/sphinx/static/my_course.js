// The page “My course”: what this browser has kept, told in words, taken along, restored, forgotten.

(() => {
  const place = document.querySelector(".partners-my-course");
  if (!place || !window.partners) return; // the plain list of the book stays
  const { h, offers, played, ending, score, trustLine } = window.partners;
  const book = JSON.parse(place.querySelector("script").textContent);

  const OURS = "partners:";
  const TALK = `${OURS}role-play:`;
  const READ = `${OURS}read:`;
  const WORK = `${OURS}exercise:`;
  const WHO = `${OURS}who`;
  const FORMAT = "partners-progress/1";
  const LONGEST = 5_000_000; // about what a browser keeps for one site
  const OFF = "This browser keeps nothing for these pages: its storage is off.";

  // ---------------------------------------------------------------- what is kept

  // Null where storage is off.
  function all() {
    try {
      return Object.fromEntries(Object.entries(localStorage).filter(([key]) => key.startsWith(OURS)));
    } catch {
      return null;
    }
  }

  function put(kept) {
    for (const key in all()) localStorage.removeItem(key);
    for (const key in kept) localStorage.setItem(key, kept[key]);
  }

  const isAttempt = (kept) =>
    kept?.turns?.length > 0 &&
    Array.isArray(kept.turns) &&
    kept.turns.every((turn) => typeof turn?.scene === "string" && typeof turn.reply === "string");

  function attempts(text) {
    try {
      return [JSON.parse(text)].flat().filter(isAttempt);
    } catch {
      return [];
    }
  }

  // What was answered in an exercise: a value for each question, or for each item of it.
  function work(text) {
    try {
      const given = JSON.parse(text);
      return given?.constructor === Object ? given : {};
    } catch {
      return {};
    }
  }

  const isGiven = (value) => ["string", "number"].includes(typeof value) && `${value}`.trim() !== "";
  const values = (given) =>
    Object.values(given).flatMap((value) => (value?.constructor === Object ? Object.values(value) : [value]));

  const isWork = (key) => key.startsWith(WORK);
  const isTalk = (key) => key.startsWith(TALK);
  const isRead = (key) => key.startsWith(READ);

  function amounts(kept) {
    const found = { answers: 0, attempts: 0, pages: 0 };
    for (const key in kept)
      if (isTalk(key)) found.attempts += attempts(kept[key]).length;
      else if (isWork(key)) found.answers += values(work(kept[key])).filter(isGiven).length;
      else if (key === WHO) continue;
      else found[isRead(key) ? "pages" : "answers"] += kept[key].trim() ? 1 : 0;
    return found;
  }

  const n = (count, one, many = `${one}s`) => `${count || "no"} ${count === 1 ? one : many}`;
  const listed = (parts) => parts.filter(Boolean).join(", ").replace(/, ([^,]*)$/, " and $1");
  const inWords = ({ answers, attempts, pages }) =>
    listed([
      answers && n(answers, "answer"),
      attempts && n(attempts, "attempt at a conversation", "attempts at conversations"),
      pages && n(pages, "page opened or read", "pages opened or read"),
    ]);

  function day(when) {
    const date = new Date(when ?? NaN);
    return isNaN(date) ? "" : date.toLocaleDateString("en", { dateStyle: "long" });
  }

  function time(minutes) {
    const hours = Math.floor(minutes / 60);
    return `${hours ? `${hours}\u00a0h ` : ""}${minutes % 60}\u00a0min`;
  }

  // ---------------------------------------------------------------- what it means

  // An attempt played again, as far as the conversation still goes that way.
  function told(play, { turns: made, began }) {
    let way = played(play, []);
    for (const [i, { scene, reply }] of made.entries()) {
      if (scene !== way.state.at || !Object.hasOwn(offers(play, way.state), reply)) break;
      way = played(play, made.slice(0, i + 1));
    }
    const { turns, state } = way;
    return {
      when: day(began),
      replies: turns.length,
      over: ending(play, state),
      trust: trustLine(play, turns),
      tally: score(turns),
      written: turns.flatMap(({ before, own_words }) =>
        own_words ? [[play.scenes[before.at].own_words.prompt, own_words]] : [],
      ),
    };
  }

  function pageOf(kept, page) {
    const first = page.first.flatMap(({ key, prompt }) => {
      const words = kept[`${OURS}first:${key}`]?.trim();
      return words ? [[prompt, words]] : [];
    });
    const quizzes = page.quizzes.flatMap((quiz) => {
      const index = parseInt(kept[`${OURS}quiz:${quiz.key}`], 10);
      const chosen = quiz.options[index];
      return chosen ? [{ ...quiz, chosen, isRight: index === quiz.right }] : [];
    });
    const worked = workedOn(page, kept);
    const [how, since] = (kept[READ + page.doc] ?? "").split(" ");
    const touched = how || first.length || quizzes.length || worked.length;
    const right = quizzes.filter((quiz) => quiz.isRight).length;
    const state = how === "read" ? "read" : touched ? "begun" : "open";
    return { ...page, first, quizzes, right, worked, asked: page.quizzes.length, state, since: since ?? "" };
  }

  // The answers of an exercise: [question, words] for each that was given.
  function workedOn({ exercise }, kept) {
    const given = work(exercise && kept[WORK + exercise.name]);
    return Object.entries(exercise?.questions ?? {}).flatMap(([name, { ask, options, items }]) =>
      Object.entries(items ?? { "": options }).flatMap(([item, own]) => {
        const value = item ? given[name]?.[item] : given[name];
        const words = (own ?? options)?.[value];
        const asked = item ? `${ask} ${item}` : ask;
        return isGiven(value) ? [[asked, words ? `${value} · ${words}` : `${value}`]] : [];
      }),
    );
  }

  // All that this page tells.
  function course(kept) {
    const parts = book.parts.map(({ title, pages }) => ({
      title,
      pages: pages.map((page) => pageOf(kept, page)),
    }));
    const talks = book.plays
      .map((play) => ({ play, tries: attempts(kept[TALK + play.id]).map((one) => told(play, one)) }))
      .filter(({ tries }) => tries.length);
    return { parts, pages: parts.flatMap(({ pages }) => pages), talks };
  }

  const having = (pages, state) => pages.filter((page) => page.state === state);
  const total = (items, what) => items.reduce((sum, item) => sum + what(item), 0);
  const left = (pages) => total(pages, ({ state, minutes }) => (state === "read" ? 0 : minutes));

  // The page that was opened last and not read to its end; else the first that was not opened.
  const next = (pages) =>
    having(pages, "begun").sort((a, b) => (a.since < b.since ? 1 : -1))[0] ?? having(pages, "open")[0];

  // ---------------------------------------------------------------- how it is shown

  const STATES = { read: "Read", begun: "Begun", open: "Not yet" };

  const bar = (...shares) =>
    h(
      "span",
      { class: "mc-bar", "aria-hidden": "true" },
      shares.map((share) => h("span", { style: `width:${100 * share}%` })),
    );

  const table = (head, rows) =>
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
      h(
        "tbody",
        {},
        rows.map(([first, ...rest]) =>
          h("tr", {}, h("th", { scope: "row" }, ...first), rest.map((text) => h("td", {}, text))),
        ),
      ),
    );

  const list = (tag, items, kind = null) =>
    h(tag, { class: kind }, items.map((item) => h("li", {}, ...item.filter(Boolean))));
  const quote = ([prompt, words]) => [h("p", { class: "mc-asked" }, prompt), h("blockquote", {}, words)];

  function sentence(who, { pages, talks }) {
    const [read, begun] = ["read", "begun"].map((state) => having(pages, state).length);
    if (!read && !begun && !talks.length)
      return "Nothing is kept here yet. Open a chapter, answer a question or talk with a parent, and you will find it here.";
    const answered = total(pages, ({ quizzes }) => quizzes.length);
    const over = total(talks, ({ tries }) => tries.filter((one) => one.over).length);
    return (
      `${who} have read ${read} of ${n(pages.length, "page")}${begun ? ` and begun ${begun}` : ""}, ` +
      `answered ${n(answered, "question")}` +
      `${answered ? ` (${total(pages, ({ right }) => right)} right)` : ""}, ` +
      `and finished ${n(over, "attempt at a conversation", "attempts at conversations")}. ` +
      (left(pages) ? `About ${time(left(pages))} are left.` : "Nothing is left to read.")
    );
  }

  function byPart(parts) {
    const rows = parts.map(({ title, pages }) => {
      const counts = Object.keys(STATES).map((state) => having(pages, state).length);
      const [read, begun] = counts.map((count) => count / pages.length);
      return [[title, bar(read, begun)], ...counts, time(left(pages))];
    });
    return table(["Part", ...Object.values(STATES), "Time left"], rows);
  }

  function answers({ first, quizzes, worked, href }, link) {
    const rows = quizzes.map(({ key, ask, chosen, isRight }) => [
      h("strong", { class: `mc-${isRight}` }, isRight ? "Right: " : "Not yet right: "),
      link(ask, `${href}#quiz-${key}`),
      h("br"),
      `Chosen: ${chosen}`,
    ]);
    return [...[...first, ...worked].flatMap(quote), list("ul", rows)];
  }

  function pageItem(page, link) {
    const { title, href, state, minutes, first, quizzes, right, worked, asked } = page;
    const what = listed([
      first.length && n(first.length, "first answer"),
      quizzes.length && `${right} of ${n(asked, "question")} right`,
      worked.length && `${worked.length} of ${n(page.exercise.asks, "answer")} given`,
    ]);
    return [
      h("span", { class: `mc-state mc-${state}` }, STATES[state]),
      h("span", {}, link(title, href), state === "read" ? "" : ` ${time(minutes)}`),
      what && h("details", {}, h("summary", {}, `Your answers: ${what}`), ...answers(page, link)),
    ];
  }

  const points = ([earned, possible]) => `${earned} of ${possible} points`;

  function talk({ play, tries }, link) {
    const items = tries.map(({ when, over, replies, trust, tally, written }) => [
      when && `${when}. `,
      h("strong", {}, over ? over.title : `Not finished: ${n(replies, "reply", "replies")} so far`),
      over && h("br"),
      // Before its end a conversation does not tell how far the teacher is trusted.
      over && `Trust ${trust.join(" → ")}. ${points([0, 1].map((i) => total(Object.values(tally), (pair) => pair[i])))}`,
      ...written.flatMap(quote),
    ]);
    return [h("h3", {}, link(play.title, play.href)), h("p", {}, `With ${play.name}`), list("ol", items)];
  }

  // The best share of points in each dimension, in any attempt that came to its end.
  function best(talks) {
    const share = ([earned, possible]) => earned / possible;
    const found = {};
    for (const { play, tries } of talks)
      for (const { over, tally } of tries)
        for (const name in over ? tally : {})
          if (!(share(found[name]?.pair ?? [-1, 1]) >= share(tally[name])))
            found[name] = { pair: tally[name], title: play.title };
    const rows = Object.keys(book.rubric)
      .filter((name) => found[name])
      .map((name) => {
        const { pair, title } = found[name];
        return [[book.rubric[name], bar(share(pair))], points(pair), title];
      });
    return rows.length
      ? [h("h3", {}, "The best so far, by what was practiced"), table(["Practiced", "Best", "In"], rows)]
      : [];
  }

  const conversations = (talks, link) => [
    h("h2", {}, "How the talks went"),
    ...(talks.length
      ? [...talks.flatMap((one) => talk(one, link)), ...best(talks)]
      : [h("p", {}, "No talk with a parent so far.")]),
  ];

  function report() {
    const kept = all();
    const found = course(kept ?? {});
    const step = next(found.pages);
    const link = (text, href) => h("a", { href }, text);
    const go = step?.state === "begun" || having(found.pages, "read").length ? "Go on" : "Begin";
    return [
      h("p", { class: "mc-sentence" }, kept ? sentence("You", found) : OFF),
      step
        ? h("p", {}, h("a", { class: "mc-next", href: step.href }, `${go} with ${step.title}`))
        : h("p", {}, "You have read all of it. A conversation goes differently the second time."),
      h("h2", {}, "Part by part"),
      byPart(found.parts),
      ...found.parts.flatMap(({ title, pages }) => [
        h("h3", {}, title),
        list("ul", pages.map((page) => pageItem(page, link)), "mc-pages"),
      ]),
      ...conversations(found.talks, link),
    ];
  }

  // ---------------------------------------------------------------- files

  function save(name, type, text) {
    const url = URL.createObjectURL(new Blob([text], { type }));
    h("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
    return `${name} is in your downloads.`;
  }

  const today = () => new Date().toISOString();

  function saveData() {
    const text = JSON.stringify({ format: FORMAT, saved: today(), kept: all() ?? {} }, null, 1);
    return save(`partners-${today().slice(0, 10)}.json`, "application/json", `${text}\n`);
  }

  // A page of its own, made of text nodes; it forbids scripts besides.
  function portfolio(name) {
    const made = document.implementation.createHTMLDocument("My portfolio: Partners");
    const found = course(all() ?? {});
    const answered = found.pages.filter(
      ({ first, quizzes, worked }) => first.length + quizzes.length + worked.length,
    );
    const policy = "default-src 'none'; style-src 'unsafe-inline'";
    const words = (text) => text;
    made.documentElement.lang = "en";
    made.head.prepend(
      h("meta", { charset: "utf-8" }),
      h("meta", { "http-equiv": "Content-Security-Policy", content: policy }),
      h("meta", { name: "viewport", content: "width=device-width" }),
    );
    made.head.append(place.querySelector("style").cloneNode(true));
    made.body.append(
      h(
        "main",
        { class: "mc mc-portfolio" },
        h("h1", {}, "My portfolio"),
        h("p", {}, [name, "Partners", day(today())].filter(Boolean).join(" · ")),
        h("p", {}, sentence("I", found)),
        h("h2", {}, "Part by part"),
        byPart(found.parts),
        ...answered.flatMap((page) => [h("h2", {}, page.title), ...answers(page, words)]),
        ...conversations(found.talks, words),
      ),
    );
    return `<!doctype html>\n${made.documentElement.outerHTML}\n`;
  }

  // What a file holds that this page saved; of another it says what is wrong.
  async function read(file) {
    const refuse = (why) => {
      throw new Error(`${file.name} ${why}. Nothing was changed.`);
    };
    if (file.size > LONGEST) refuse("is too large to come from this page");
    const data = await file.text().then(JSON.parse).catch(() => refuse("is cut short, edited, or no data file"));
    if (data?.format !== FORMAT) refuse("does not come from this page, or from another version of it");
    const { kept, saved } = data;
    const ours = ([key, value]) => key.startsWith(OURS) && typeof value === "string";
    if (kept?.constructor !== Object || !Object.entries(kept).every(ours))
      refuse("was edited: it holds what this page never saves");
    return { kept, when: day(saved) };
  }

  // The attempts of both; of one that was continued, the longer.
  function joined(here, there) {
    const found = {};
    for (const attempt of [...attempts(here), ...attempts(there)]) {
      const which = attempt.began ?? JSON.stringify(attempt.turns);
      if (!(found[which]?.turns.length >= attempt.turns.length)) found[which] = attempt;
    }
    const order = Object.keys(found).sort();
    return order.length ? JSON.stringify(order.map((which) => found[which])) : here;
  }

  // The answers of both; where both have one, the file’s (`theirs`) or the one that is here.
  function together(here, there, theirs) {
    const [a, b] = [here, there].map(work);
    const [under, over] = theirs ? [a, b] : [b, a];
    const isMap = (value) => value?.constructor === Object;
    const both = Object.entries({ ...under, ...over }).map(([name, value]) => [
      name,
      isMap(under[name]) && isMap(value) ? { ...under[name], ...value } : value,
    ]);
    return JSON.stringify(Object.fromEntries(both));
  }

  // What is here with what is there; `theirs` says whose answer stays where both have one.
  function merged(here, there, theirs) {
    const both = { ...there, ...here };
    for (const key in there)
      if (!Object.hasOwn(here, key)) continue;
      else if (isTalk(key)) both[key] = joined(here[key], there[key]);
      else if (isWork(key)) both[key] = together(here[key], there[key], theirs);
      else if (theirs || (isRead(key) && there[key] > here[key])) both[key] = there[key];
    return both;
  }

  // ---------------------------------------------------------------- what can be done

  const button = (words, onclick) => h("button", { type: "button", onclick }, words);
  const shown = h("div");
  const status = h("p", { role: "status", tabindex: "-1" });
  const undo = button("Undo", takeBack);
  let before = null;

  const tell = (text) => (status.textContent = text);

  function draw() {
    shown.replaceChildren(...report());
    undo.hidden = !before;
  }

  function change(to, done) {
    const was = all();
    try {
      put(to);
    } catch {
      put(was);
      return tell("This browser has no room for it. Nothing was changed.");
    }
    before = was;
    draw();
    return tell(done);
  }

  function takeBack() {
    put(before);
    before = null;
    draw();
    tell("Undone: everything is as it was.");
    status.focus();
  }

  // `choices` are [words, what to do]; one without anything to do only closes, as Escape does.
  function ask(title, texts, choices, ...more) {
    const buttons = choices.map(([words, use]) =>
      button(words, () => {
        dialog.close();
        use?.();
      }),
    );
    const dialog = h(
      "dialog",
      { "aria-labelledby": "mc-ask", onclose: () => dialog.remove() },
      h("h2", { id: "mc-ask" }, title),
      texts.map((text) => h("p", {}, text)),
      ...more,
      h("div", { class: "mc-row" }, buttons),
    );
    shown.after(dialog);
    dialog.showModal();
  }

  function forget() {
    const here = all();
    if (!here) return tell(OFF);
    if (!Object.keys(here).length) return tell("There is nothing to forget on this device.");
    const saved = h("p", { role: "status" });
    return ask(
      "Forget everything on this device?",
      [`It holds ${inWords(amounts(here)) || "hardly anything"}. Unless you have saved a file, there is no other copy.`, "You can undo it until you leave this page."],
      [["Forget it all", () => change({}, "Everything is forgotten.")], ["Keep it"]],
      button("Download my data first", () => (saved.textContent = saveData())),
      saved,
    );
  }

  function offer(name, { kept, when }) {
    const here = all();
    if (!here) return tell(OFF);
    const [mine, theirs] = [false, true].map((prefer) => merged(here, kept, prefer));
    const [has, gets] = [amounts(here), amounts(mine)];
    for (const what in gets) gets[what] -= has[what];
    const news = inWords(gets);
    const differ = Object.keys(mine).filter((key) => mine[key] !== theirs[key]).length;
    if (Object.keys(theirs).every((key) => theirs[key] === here[key]))
      return tell(`All that ${name} holds is here already. Nothing was changed.`);
    const restore = (to) => () => change(to, `Restored from ${name}.`);
    return ask(
      "Restore from this file?",
      [
        `${name}${when && `, saved on ${when},`} brings ${news || "nothing new"}.`,
        differ
          ? `${n(differ, "answer")} in it ${differ === 1 ? "is" : "are"} not the same as here.`
          : "Nothing that is here is lost.",
      ],
      [
        ...(differ
          ? [
              ["Restore, and take the file’s answers where they differ", restore(theirs)],
              ["Restore, and keep the answers that are here", restore(mine)],
            ]
          : [["Restore", restore(mine)]]),
        ["Leave all as it is"],
      ],
    );
  }

  async function choose({ target }) {
    const [file] = target.files;
    if (file) await read(file).then((data) => offer(file.name, data), ({ message }) => tell(message));
    target.value = ""; // the same file can be chosen again
  }

  const name = h("input", { autocomplete: "name", maxlength: 200 });
  const file = h("input", { type: "file", accept: ".json,application/json", onchange: choose });

  place.querySelector(".mc").replaceChildren(
    shown,
    h("h2", {}, "Take it with you"),
    h("label", {}, "Your name, if it should stand on the portfolio. It is kept nowhere else.", name),
    h(
      "div",
      { class: "mc-row" },
      button("Download my portfolio (a page to read)", () =>
        tell(save(`portfolio-${today().slice(0, 10)}.html`, "text/html", portfolio(name.value.trim()))),
      ),
      button("Download my data (JSON)", () => tell(saveData())),
    ),
    h("label", {}, "Restore from a file", file),
    button("Forget everything on this device", forget),
    h("div", { class: "mc-row" }, status, undo),
  );
  draw();
  // A page out of the browser’s memory would show, and undo, what was true before it was left.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
})();
