// Retrieval questions and first answers: answered in the page, kept in this browser. Paper is light.

(() => {
  const kept = (key) => {
    try {
      return localStorage.getItem(`partners:${key}`);
    } catch {
      return null; // storage is off
    }
  };
  const keep = (key, value) => {
    try {
      localStorage.setItem(`partners:${key}`, value);
    } catch {
      // storage is off or full: the answer lasts as long as the page
    }
  };

  function quiz(form) {
    const key = `quiz:${form.dataset.quiz}`;
    const feedback = form.querySelector(".pt-feedback");
    const answers = [...form.querySelectorAll("details li")];
    form.querySelector("details").remove();
    const show = (index) => {
      feedback.replaceChildren(...answers[index].cloneNode(true).childNodes);
      feedback.dataset.right = answers[index].dataset.right;
    };
    const check = document.createElement("button");
    check.className = "pt-check-answer";
    check.textContent = "Check my answer";
    feedback.before(check);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = form.querySelector("input:checked");
      if (!chosen) {
        feedback.textContent = "Choose an answer first.";
        return;
      }
      keep(key, chosen.value);
      show(Number(chosen.value));
    });
    const before = kept(key);
    if (before !== null && answers[before]) {
      form.querySelector(`input[value="${before}"]`).checked = true;
      show(Number(before));
    }
  }

  function firstAnswer(field) {
    const key = `first:${field.dataset.firstAnswer}`;
    const again = document.querySelector(`[data-first-answer-again="${field.dataset.firstAnswer}"]`);
    const nothing = again?.textContent;
    const mirror = () => {
      const words = field.value.trim();
      if (again) again.textContent = words || nothing;
      again?.toggleAttribute("data-empty", !words);
    };
    field.value = kept(key) ?? "";
    mirror();
    field.addEventListener("input", () => {
      keep(key, field.value);
      mirror();
    });
  }

  // A page counts as read when its last section stayed in view for some seconds.
  function reading() {
    const page = document.querySelector('meta[name="partners:page"]')?.content;
    const last = [...document.querySelectorAll(".bd-article section")].at(-1);
    if (!page || !last || isRead(page)) return;
    const note = (how) => keep(`read:${page}`, `${how} ${new Date().toISOString()}`);
    let there;
    note("begun");
    const watch = new IntersectionObserver((seen) => {
      clearTimeout(there);
      if (!seen.at(-1).isIntersecting) return;
      there = setTimeout(() => {
        watch.disconnect();
        note("read");
        marks();
      }, 5000);
    });
    watch.observe(last);
  }

  const isRead = (page) => kept(`read:${page}`)?.startsWith("read");

  // A check mark beside every page of the contents that was read.
  function marks() {
    const root = new URL(document.documentElement.dataset.content_root, location).href;
    for (const link of document.querySelectorAll(".bd-links a")) {
      const page = link.href.slice(root.length).replace(/(\.html)?([?#].*)?$/, "");
      if (!isRead(page) || link.querySelector(".pt-read")) continue;
      const mark = document.createElement("span");
      mark.className = "pt-read";
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", "read");
      mark.textContent = "✓";
      link.append(mark);
    }
  }

  // Links with a title (citations, terms) show it to pointer and keyboard alike; Escape puts it away.
  function explain(links) {
    const note = document.createElement("span");
    note.id = "pt-about";
    note.setAttribute("role", "tooltip");
    note.hidden = true;
    let timer;
    const hide = () => {
      note.hidden = true;
    };
    const leave = () => {
      timer = setTimeout(hide, 250);
    };
    const show = (link) => {
      clearTimeout(timer);
      note.textContent = link.dataset.about;
      link.after(note);
      note.hidden = false;
      const room = document.documentElement.clientWidth - 16;
      const left = link.getClientRects()[0].left;
      note.style.transform = "none";
      const { left: at, width } = note.getBoundingClientRect();
      note.style.transform = `translateX(${Math.max(8, Math.min(left, room - width)) - at}px)`;
    };
    for (const link of links) {
      link.dataset.about = link.title;
      link.removeAttribute("title");
      link.setAttribute("aria-describedby", note.id);
      link.addEventListener("mouseenter", () => show(link));
      link.addEventListener("focus", () => show(link));
      link.addEventListener("mouseleave", leave);
      link.addEventListener("blur", hide);
    }
    note.addEventListener("mouseenter", () => clearTimeout(timer));
    note.addEventListener("mouseleave", leave);
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  }

  function begin() {
    if (document.readyState === "loading") return;
    document.removeEventListener("readystatechange", begin);
    reading();
    marks();
    document.querySelectorAll("form[data-quiz]").forEach(quiz);
    document.querySelectorAll("[data-first-answer]").forEach(firstAnswer);
    explain(document.querySelectorAll(".bd-article a.internal[title]"));
  }
  document.addEventListener("readystatechange", begin);
  begin();

  const look = document.documentElement.dataset;
  let theme;
  addEventListener("beforeprint", () => {
    theme = look.theme;
    look.theme = "light";
  });
  addEventListener("afterprint", () => (look.theme = theme));
})();
