// An effect size to play with: two hills, and a hundred pairs of students.

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const make = (tag, attributes, ...children) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  // Abramowitz & Stegun 7.1.26: the share of a bell curve below z, right to six digits.
  function below(z) {
    const t = 1 / (1 + 0.3275911 * (Math.abs(z) / Math.SQRT2));
    const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    const tail = (sum * Math.exp((-z * z) / 2)) / 2;
    return z < 0 ? tail : 1 - tail;
  }

  const x = (value) => 150 + value * 38;
  const hill = (middle) =>
    Array.from({ length: 121 }, (_, i) => (i - 60) / 15)
      .map((z, i) => `${i ? "L" : "M"}${x(z + middle).toFixed(1)} ${(118 - 105 * Math.exp((-z * z) / 2)).toFixed(1)}`)
      .join("");

  function effectSize(box) {
    const without = make("path", { class: "pt-without", d: hill(0) });
    const withIt = make("path", { class: "pt-with" });
    const hills = make("svg", { viewBox: "0 0 340 122", "aria-hidden": "true" }, without, withIt);
    const pairs = Array.from({ length: 100 }, (_, i) =>
      make("circle", { cx: 6 + (i % 20) * 12, cy: 6 + Math.floor(i / 20) * 12, r: 4.5 }),
    );
    const crowd = make("svg", { viewBox: "0 0 240 60", "aria-hidden": "true" }, ...pairs);
    const said = document.createElement("p");
    said.setAttribute("role", "status");
    const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 1, step: 0.05, value: 0 });
    const label = document.createElement("label");
    label.append("Effect size, d", slider);

    function show() {
      const d = Number(slider.value);
      const ahead = Math.round(100 * below(d / Math.SQRT2));
      const above = Math.round(100 * below(d));
      withIt.setAttribute("d", hill(d));
      pairs.forEach((pair, i) => pair.classList.toggle("pt-ahead", i < ahead));
      slider.setAttribute("aria-valuetext", d.toFixed(2));
      said.textContent =
        `d = ${d.toFixed(2)}. Of 100 pairs, the student with the program is ahead in ${ahead}. ` +
        `Of 100 students with it, ${above} are above the middle of those without.`;
    }
    slider.addEventListener("input", show);
    for (const row of box.querySelectorAll("tbody tr")) {
      const pick = Object.assign(document.createElement("button"), { type: "button", textContent: row.cells[0].textContent });
      pick.setAttribute("aria-label", `Show d = ${pick.textContent}`);
      pick.addEventListener("click", () => {
        slider.value = row.dataset.d;
        show();
      });
      row.cells[0].replaceChildren(pick);
    }
    const key = document.createElement("p");
    key.className = "pt-key";
    key.innerHTML = "<span class='pt-without'></span> without the program <span class='pt-with'></span> with it";
    box.prepend(label, hills, key, crowd, said);
    show();
  }

  document.querySelectorAll('[data-explorer="effect-size"]').forEach(effectSize);
})();
