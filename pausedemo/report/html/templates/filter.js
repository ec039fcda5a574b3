"use strict";
// The index and the scenarios: show only those with a verdict, a tag, words; open or close them.
{
  const form = document.getElementById("filter");
  const rows = [...document.querySelectorAll("tr[data-for]")].map((row) => ({
    row,
    scenario: document.getElementById(row.dataset.for),
    words: row.querySelector("th").textContent.toLowerCase(),
  }));

  const apply = () => {
    const { status, tag, words } = form.elements;
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, scenario, words: text } of rows) {
      const fits = (!status.value || scenario.dataset.status === status.value)
        && (!tag?.value || scenario.dataset.tags.split(" ").includes(tag.value))
        && wanted.every((word) => text.includes(word));
      row.hidden = scenario.hidden = !fits;
      shown += fits;
    }
    document.getElementById("told").textContent = `${shown} of ${rows.length} scenarios shown`;
    document.getElementById("shown").textContent = `${shown} of ${rows.length} shown`;
  };

  if (form) {
    const setAll = (open) => {
      for (const { scenario } of rows) if (!scenario.hidden) scenario.open = open;
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.elements.open.addEventListener("click", () => setAll(true));
    form.elements.close.addEventListener("click", () => setAll(false));
  }
}
