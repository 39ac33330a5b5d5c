// Retrieval questions and first answers: answered in the page, kept in this browser.

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
      if (again) again.textContent = field.value.trim() || nothing;
    };
    field.value = kept(key) ?? "";
    mirror();
    field.addEventListener("input", () => {
      keep(key, field.value);
      mirror();
    });
  }

  function begin() {
    if (document.readyState === "loading") return;
    document.removeEventListener("readystatechange", begin);
    document.querySelectorAll("form[data-quiz]").forEach(quiz);
    document.querySelectorAll("[data-first-answer]").forEach(firstAnswer);
  }
  document.addEventListener("readystatechange", begin);
  begin();
})();
