/** One cell's pictures: input, output and target side by side, or two of them under a slider. */
import { button, el } from "../dom.js";
import { STATUSES, credits, plural, seconds } from "./benchwords.js";

export function cellDialog({ ask, run, cell, at, rows }) {
  let now = cell;
  let ticket = 0;
  const heading = el("h2", { id: "bm-cell-title" });
  const place = el("div", { class: "bm-stage" });
  const about = el("div", { class: "bm-about" });
  const before = button("Cell before", "back", () => turn(-1));
  const after = button("Cell after", "forward", () => turn(1));
  const dialog = el("dialog", { class: "wb-dialog bm-dialog", "aria-labelledby": "bm-cell-title", on: { close: end, click: (event) => { if (event.target === dialog) dialog.close(); }, keydown: key } },
    el("header", { class: "bm-dialog-head" }, heading, el("div", { class: "bm-dialog-tools" }, before, after, button("Close", "close", () => dialog.close()))), place, about);
  at.append(dialog);
  dialog.showModal();
  show();

  function end() {
    dialog.remove();
    at.querySelector(`button[data-cell="${now}"]`)?.focus();
  }

  function key(event) {
    if (event.target.matches("input")) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) { event.preventDefault(); turn(by); }
  }

  function turn(by) {
    const next = rows[rows.indexOf(now) + by];
    if (next) { now = next; show(); }
  }

  async function show() {
    const mine = ++ticket;
    before.disabled = rows.indexOf(now) <= 0;
    after.disabled = rows.indexOf(now) >= rows.length - 1;
    heading.textContent = "One moment …";
    place.replaceChildren(el("p", { class: "wb-aside bm-none", role: "status" }, "The case’s pictures are being read; rendered ones take a few seconds."));
    about.replaceChildren();
    const told = await ask("cell", { run, cell: now }, { quiet: true });
    if (mine !== ticket) return;
    if (told.error) return place.replaceChildren(el("p", { class: "wb-problem", role: "alert" }, told.error));
    heading.textContent = `${told.case} · ${told.setting} · seed ${told.seed}`;
    place.replaceChildren(stage(told));
    about.replaceChildren(...facts(told));
  }

  function address(what) { return `/pages/benchmark/files/${encodeURIComponent(run)}/${now}.${what}`; }

  function stage(told) {
    const inputs = told.inputs.map((title, index) => ({ title, source: address(`input-${index}`) }));
    const output = told.picture && { title: "Output", source: address("output"), video: told.video, output: true };
    const target = told.target && { title: "Target", source: address("target") };
    const all = [...inputs, output, target].filter(Boolean);
    const figures = el("div", { class: "bm-figures", style: `--count: ${all.length}` }, all.map((each) => el("figure", { class: "bm-figure", data: { output: String(Boolean(each.output)) } }, picture(each), el("figcaption", {}, each.title))));
    const others = [target, ...inputs].filter(Boolean);
    if (!output || told.video || !others.length) return figures;
    return sliding(figures, output, others, told);
  }

  function picture(each) {
    if (!each.video) return el("img", { src: each.source, alt: each.title, decoding: "async" });
    const film = el("video", { src: each.source, "aria-label": each.title, controls: true, loop: true, playsinline: true });
    film.muted = true;
    film.autoplay = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    return film;
  }

  function sliding(figures, output, others, told) {
    const under = el("img", { src: others[0].source, alt: others[0].title, draggable: "false" });
    const over = el("img", { class: "bm-over", src: output.source, alt: "Output", draggable: "false" });
    const range = el("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": `${others[0].title} or output`, on: { input: move } });
    const tags = [el("span", {}, others[0].title), el("span", {}, "Output")];
    const frame = el("div", { class: "bm-frame", style: `--ratio: ${told.width} / ${told.height}`, on: { pointerdown: drag, pointermove: drag } }, under, over, el("span", { class: "bm-edge" }), el("span", { class: "bm-tags", "aria-hidden": "true" }, tags));
    const which = el("select", { "aria-label": "Compare the output with", on: { change: pick } }, others.map((each, index) => el("option", { value: index }, `with ${each.title.toLowerCase()}`)));
    const slider = el("div", { class: "bm-slider", hidden: true }, frame, range);
    const side = ["Side by side", "Slider"].map((title, index) => el("button", { type: "button", class: "ar-tab", "aria-pressed": String(index === 0), on: { click: () => turnTo(index) } }, title));
    const choose = el("span", { class: "ar-select", hidden: true }, which);
    move();
    return el("div", { class: "bm-compare" }, el("div", { class: "bm-ways" }, el("div", { class: "ar-tabs", role: "group", "aria-label": "How to compare" }, side), choose), figures, slider);

    function turnTo(index) {
      side.forEach((each, at_) => each.setAttribute("aria-pressed", String(at_ === index)));
      figures.hidden = index === 1;
      slider.hidden = index === 0;
      choose.hidden = index === 0 || others.length < 2;
    }

    function pick() {
      const chosen = others[Number(which.value)];
      under.src = chosen.source;
      under.alt = tags[0].textContent = chosen.title;
      range.setAttribute("aria-label", `${chosen.title} or output`);
    }

    function move() { frame.style.setProperty("--at", `${range.value}%`); }

    function drag(event) {
      if (event.type === "pointermove" && !event.buttons) return;
      if (event.type === "pointerdown") frame.setPointerCapture(event.pointerId);
      const box = frame.getBoundingClientRect();
      range.value = Math.min(100, Math.max(0, (100 * (event.clientX - box.left)) / box.width));
      move();
    }
  }

  function facts(told) {
    const size = told.width && `${told.width} × ${told.height}`;
    const price = told.app !== null && `${plural(told.app, "credit")}, ${credits(told.api)} by the API`;
    const line = [told.status === "done" ? null : STATUSES[told.status], size, told.seconds !== null && seconds(told.seconds), price].filter(Boolean).join(" · ");
    return [
      told.error && el("p", { class: "wb-problem", role: "alert" }, told.error), told.trouble && el("p", { class: "wb-problem" }, told.trouble),
      told.prompt && el("q", { class: "bm-prompt" }, told.prompt), el("p", { class: "wb-aside" }, line),
      told.scores.length > 0 && el("dl", { class: "bm-scores" }, told.scores.map((each) => el("div", {}, el("dt", {}, `${each.title} ${each.better === "lower" ? "↓" : "↑"}`), el("dd", {}, each.value)))),
      told.notes.length > 0 && el("ul", { class: "bm-notes" }, told.notes.map((each) => el("li", {}, each))),
    ].filter(Boolean);
  }
}
