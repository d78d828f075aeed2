// Tables sort by their heads; a case is seen side by side or under a slider. Without scripts everything can still be read.

const order = (cell) => {
  const kept = cell.dataset.sort;
  const text = kept ?? cell.textContent.trim();
  const number = Number(text);
  return text === "" || text === "–" ? null : Number.isNaN(number) ? text : number;
};

const compare = (one, other) => {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), undefined, { numeric: true });
};

const sort = (head) => {
  const table = head.closest("table");
  const at = [...head.parentElement.children].indexOf(head);
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const each of head.parentElement.children) each.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const body = table.tBodies[0];
  const lines = [...body.rows].map((line) => ({ line, key: order(line.cells[at]) }));
  lines.sort((one, other) => {
    if (one.key === null || other.key === null) return (one.key === null) - (other.key === null);
    return compare(one.key, other.key) * (up ? 1 : -1);
  });
  body.append(...lines.map((each) => each.line));
};

for (const head of document.querySelectorAll("th")) {
  head.querySelector("button").addEventListener("click", () => sort(head));
}

for (const figure of document.querySelectorAll(".case")) {
  const button = figure.querySelector("header button");
  const range = figure.querySelector("input");
  if (!button) continue;
  button.hidden = false;
  const move = () => figure.style.setProperty("--at", `${range.value}%`);
  range.addEventListener("input", move);
  button.addEventListener("click", () => {
    const slides = figure.classList.toggle("slide");
    range.hidden = !slides;
    button.setAttribute("aria-pressed", String(slides));
    button.textContent = slides ? "Side by side" : "Slider";
    move();
  });
  const layers = figure.querySelector(".layers");
  const drag = (event) => {
    if (!figure.classList.contains("slide") || event.buttons === 0) return;
    const box = layers.getBoundingClientRect();
    range.value = Math.round(((event.clientX - box.left) / box.width) * 100);
    move();
  };
  layers.addEventListener("pointerdown", drag);
  layers.addEventListener("pointermove", drag);
  layers.addEventListener("dragstart", (event) => event.preventDefault());
}
