// Narrows a long table down: by words, and by what stands in the columns marked for it.

(() => {
  const make = (tag, props, ...children) => {
    const element = Object.assign(document.createElement(tag), props);
    element.append(...children);
    return element;
  };

  function chooser(head, column, rows, narrow) {
    const values = rows.flatMap((row) => row.cells[column].innerText.split("\n"));
    const known = [...new Set(values.map((value) => value.trim()).filter(Boolean))];
    const select = make("select", { onchange: narrow }, new Option("all", ""));
    select.append(...known.map((value) => new Option(value)));
    return { column, select, label: make("label", {}, `${head.textContent} `, select) };
  }

  function table(box) {
    const rows = [...box.querySelectorAll("tbody tr")];
    const status = make("p", { className: "pt-hint" });
    status.setAttribute("role", "status");
    const search = make("input", { type: "search", oninput: narrow });
    const choosers = [...box.querySelectorAll("th")].flatMap((head, column) =>
      head.dataset.narrow === "choose" ? [chooser(head, column, rows, narrow)] : [],
    );

    function fits(row) {
      const cell = ({ column }) => row.cells[column].innerText.split("\n").map((line) => line.trim());
      return (
        row.textContent.toLowerCase().includes(search.value.trim().toLowerCase()) &&
        choosers.every((c) => !c.select.value || cell(c).includes(c.select.value))
      );
    }
    function narrow() {
      for (const row of rows) row.hidden = false; // innerText needs it shown
      const shown = rows.filter(fits);
      for (const row of rows) row.hidden = !shown.includes(row);
      status.textContent = `${shown.length} of ${rows.length} ${box.dataset.rows ?? "rows"}`;
    }

    const labels = choosers.map((c) => c.label);
    const form = make("form", { className: "pt-narrow" }, make("label", {}, "Words ", search), ...labels);
    form.addEventListener("submit", (event) => event.preventDefault());
    box.prepend(form, status);
    narrow();
  }

  document.querySelectorAll(".pt-table").forEach(table);
})();
