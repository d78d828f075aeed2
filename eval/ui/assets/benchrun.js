/** One run: how far it is, what each setting is worth, and every cell. */
import { button, el } from "../dom.js";
import { cellDialog } from "./benchcell.js";
import { STATES, STATUSES, count, credits, grid, plural, progress, seconds, when } from "./benchwords.js";

const NAMES = { "report.html": "Full report", "report.md": "Markdown", "summary.csv": "CSV", "results.parquet": "Parquet" };
const ORDERS = { run: "In order of the run", newest: "Newest first", worst: "Worst first", best: "Best first", slowest: "Slowest first" };

export function run({ ask, back, gone }) {
  let name = "";
  let state = null;
  let asking = false;
  let again = false;
  let want = fresh();
  const kept = new Map();
  const title = el("h3", { class: "bm-run-title", tabindex: -1 });
  const badge = el("span", { class: "bm-state" });
  const told = el("p", { class: "bm-run-told" });
  const bar = el("div", { class: "bm-bar", role: "progressbar", "aria-label": "Cells that have ended", "aria-valuemin": 0 }, ["done", "refused", "failed", "unsupported"].map((each) => el("span", { data: { status: each } })));
  const line = el("p", { class: "bm-line" });
  const said = el("p", { class: "wb-hidden", role: "status" });
  const message = el("p", { class: "wb-problem", hidden: true });
  const actions = el("div", { class: "bm-actions" });
  const failures = el("details", { class: "bm-failures", hidden: true }, el("summary", {}), el("ul", {}));
  const tools = chooser("Tool", (value) => { want = { ...fresh(), tool: value }; update(); });
  const metrics = chooser("Metric", (value) => { want.metric = value; want.first = 0; update(); });
  const plot = el("figure", { class: "bm-plot", hidden: true }, el("div", {}), el("figcaption", { class: "wb-aside" }));
  const settings = el("div", { class: "ar-scroll bm-settings", tabindex: 0, role: "region", "aria-label": "Settings" });
  const orders = chooser("Order", (value) => { want.order = value; want.first = 0; cells(); });
  const statuses = chooser("Show", (value) => { want.status = value; want.first = 0; cells(); });
  const only = el("button", { type: "button", class: "bm-only", hidden: true, on: { click: () => only_(want.setting) } });
  const body = el("div", { class: "ar-scroll bm-cells", tabindex: 0, role: "region", "aria-label": "Cells" });
  const pager = el("div", { class: "bm-pager" });
  const plain = el("p", { class: "wb-aside bm-plain", hidden: true }, "No plot yet: a setting’s first run is cold and isn’t counted, so it takes two cases with a score.");
  const waiting = el("p", { class: "wb-aside bm-waiting", hidden: true }, "The first cell is being made; plot and table follow as soon as it is done.");
  const result = el("div", { class: "bm-result" }, el("div", { class: "bm-controls" }, tools.node, metrics.node, plain), el("div", { class: "bm-pair" }, plot, settings),
    el("div", { class: "bm-controls bm-cells-head" }, el("h4", {}, "Cells"), only, statuses.node, orders.node), body, pager);
  const node = el("div", { class: "bm-one", hidden: true }, el("div", { class: "bm-top" }, button("All runs", "back", back, { text: true, class: "wb-button bm-back" }), el("div", { class: "bm-name" }, title, badge), actions),
    told, bar, line, message, said, failures, waiting, result);
  orders.fill(Object.entries(ORDERS), "run");
  statuses.fill([["", "All"], ["done", "Done"], ["wrong", "Not done"]], "");
  return { node, show, tick, leave: () => { name = ""; } };

  function fresh() { return { tool: "", metric: "", setting: "", status: "", order: "run", first: 0 }; }

  function show(which) {
    name = which;
    state = null;
    want = fresh();
    kept.clear();
    for (const each of [title, told, line, body, pager, settings, actions]) each.replaceChildren();
    result.hidden = true;
    plot.hidden = true;
    bar.hidden = true;
    badge.textContent = "";
    message.hidden = true;
    failures.hidden = true;
    orders.fill(Object.entries(ORDERS), "run");
    statuses.fill([["", "All"], ["done", "Done"], ["wrong", "Not done"]], "");
    update().then(() => title.focus({ preventScroll: true }));
  }

  function tick(always) { if (name && (always || state?.busy)) update(); }

  /** Draw anew only what has changed, so that nothing moves under anybody's finger. */
  function changed(part, value) {
    const text = JSON.stringify(value);
    if (kept.get(part) === text) return false;
    kept.set(part, text);
    return true;
  }

  async function update() {
    if (asking) { again = true; return; }
    asking = true;
    again = false;
    const mine = name;
    const answer = await ask("watch", { run: mine, tool: want.tool, metric: want.metric }, { quiet: Boolean(state?.busy) });
    asking = false;
    if (again && name) return update();
    if (mine !== name || answer.error) return;
    const before = state;
    state = answer;
    head(before);
    result.hidden = !answer.tool;
    waiting.hidden = Boolean(answer.tool) || !answer.busy;
    if (!answer.tool) return;
    want.tool = answer.tool;
    tools.fill(answer.tools.map((each) => [each.name, each.title]), answer.tool);
    metrics.fill(answer.metrics.map((each) => [each.name, each.title]), answer.result?.metric ?? "");
    metrics.node.hidden = answer.metrics.length < 2;
    if (changed("plot", [answer.result?.plot, answer.result?.caption])) draw(answer.result);
    if (changed("settings", [answer.result?.settings, answer.result?.quality, want.setting])) table(answer.result);
    await cells();
  }

  function head(before) {
    const tally = state.tally ?? { total: 0, ended: 0 };
    title.textContent = state.suite;
    badge.textContent = STATES[state.state];
    badge.dataset.state = state.state;
    told.textContent = [when(state.made), state.grid && grid(state.grid)].filter(Boolean).join(" · ");
    line.textContent = `${progress(tally)}${state.state === "stopping" ? " · stopping at the next step" : ""}${state.state === "interrupted" ? " · the server ended in the middle; what is done is kept" : ""}`;
    bar.setAttribute("aria-valuemax", tally.total);
    bar.setAttribute("aria-valuenow", tally.ended);
    bar.setAttribute("aria-valuetext", line.textContent);
    for (const each of bar.children) each.style.flexGrow = tally[each.dataset.status] ?? 0;
    bar.style.setProperty("--left", Math.max(0, tally.total - tally.ended));
    bar.hidden = state.state === "finished" && tally.done === tally.total;
    message.textContent = state.message ?? "";
    message.hidden = !state.message || state.busy;
    if (before && before.state !== state.state) said.textContent = `The run: ${STATES[state.state]}.`;
    if (changed("actions", [state.state, state.files])) act();
    if (changed("failures", state.failures)) tellFailures();
  }

  function act() {
    const focused = document.activeElement?.dataset?.act;
    const going = state.state === "running";
    const left = ["stopped", "interrupted", "failed"].includes(state.state);
    const files = (state.files ?? []).filter((each) => each.name in NAMES);
    const report = files.find((each) => each.name === "report.html");
    const address = (each) => `/pages/benchmark/files/${encodeURIComponent(name)}/${each.name}?${each.mark}`;
    actions.replaceChildren(...[
      going && button("Stop", "close", () => order("stop"), { text: true, data: { act: "stop" } }),
      left && button("Go on", "forward", () => order("go_on"), { text: true, class: "wb-button wb-strong", data: { act: "go" } }),
      state.state === "finished" && !report && button("Write the report", null, () => order("report"), { text: true, data: { act: "report" } }),
      report && el("a", { class: "wb-button wb-strong", href: address(report), target: "_blank", rel: "noopener", data: { act: "open" } }, NAMES[report.name]),
      ...files.filter((each) => each !== report).map((each) => el("a", { class: "wb-button", href: address(each), download: `${name}-${each.name}`, data: { act: each.name } }, NAMES[each.name])),
      !state.busy && button("Delete", null, confirmDelete, { text: true, class: "wb-button bm-delete", data: { act: "delete" } }),
    ].filter(Boolean));
    if (focused) (actions.querySelector(`[data-act="${focused}"]`) ?? actions.querySelector("button, a") ?? title).focus({ preventScroll: true });
  }

  async function order(what) {
    const answer = await ask(what, { run: name });
    if (!answer.error) update();
  }

  function confirmDelete() {
    const mine = name;
    const dialog = el("dialog", { class: "wb-dialog bm-confirm", "aria-labelledby": "bm-confirm-title", on: { close: () => dialog.remove() } },
      el("h2", { id: "bm-confirm-title" }, "Delete this run?"), el("p", {}, `${plural(state.tally?.ended ?? 0, "cell")} with their pictures, scores and reports are removed for good. The arena shows them no longer.`),
      el("div", { class: "bm-actions" }, button("Keep it", null, () => dialog.close(), { text: true }), button("Delete the run", null, async () => {
        dialog.close();
        const answer = await ask("remove", { run: mine });
        if (!answer.error) gone();
      }, { text: true, class: "wb-button bm-delete" })));
    node.append(dialog);
    dialog.showModal();
  }

  function tellFailures() {
    const [summary, list] = failures.children;
    const total = state.failures.reduce((sum, each) => sum + each.cells, 0);
    failures.hidden = !total;
    summary.textContent = `${plural(total, "cell")} without an output`;
    list.replaceChildren(...state.failures.map((each) => el("li", {}, el("strong", {}, `${count(each.cells)} ${STATUSES[each.status]}`), ` ${each.text}`)));
  }

  function draw(told_) {
    const [place, caption] = plot.children;
    plot.hidden = !told_?.plot;
    plain.hidden = !plot.hidden;
    if (plot.hidden) return;
    const read = new DOMParser().parseFromString(told_.plot, "text/html").querySelector(".plot");
    place.replaceChildren(document.importNode(read, true));
    caption.textContent = told_.caption;
  }

  function table(told_) {
    const lines = told_?.settings ?? [];
    const better = told_?.better === "lower" ? "↓" : "↑";
    const heads = ["Setting", told_?.quality ? `${told_.quality} ${better}` : "Quality", "Front", "Seconds", "p95", "Credits", "API", "Done"];
    const focused = document.activeElement?.closest?.(".bm-settings [data-setting]")?.dataset.setting;
    settings.replaceChildren(el("table", {}, el("caption", {}, `Settings · ${plural(told_?.cases ?? 0, "case")}, ${plural(told_?.seeds ?? 0, "seed")}`),
      el("thead", {}, el("tr", {}, heads.map((each, index) => el("th", { scope: "col", class: index > 2 ? "ar-number" : null }, each)))),
      el("tbody", {}, lines.map((each) => el("tr", { data: { chosen: String(each.setting === want.setting) } },
        el("th", { scope: "row" }, el("button", { type: "button", class: "bm-pick", "aria-pressed": String(each.setting === want.setting), title: "Show its cells only", data: { setting: each.setting }, on: { click: () => only_(each.setting) } }, each.title)),
        el("td", {}, each.score ? [el("strong", {}, each.score.estimate), el("span", { class: "ar-range" }, `${each.score.low} to ${each.score.high}`)] : "–"),
        el("td", {}, each.front.length ? el("span", { class: "bm-front", title: `Not beaten in quality, seconds and credits together (${each.front.join(", ")} prices)` }, each.front.length === 2 ? "yes" : each.front[0]) : "–"),
        [seconds(each.p50 ?? each.cold), seconds(each.p95), credits(each.app), credits(each.api), `${count(each.counts.done)} of ${count(each.counts.asked)}`].map((text) => el("td", { class: "ar-number" }, text)))))));
    if (focused) settings.querySelector(`[data-setting="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  function only_(setting) {
    want.setting = want.setting === setting ? "" : setting;
    want.first = 0;
    table(state.result);
    cells();
  }

  async function cells() {
    const mine = name;
    const asked = { run: mine, ...want, metric: state?.result?.metric ?? "" };
    const answer = await ask("cells", asked, { quiet: true });
    if (mine !== name || answer.error) return;
    only.hidden = !want.setting;
    only.textContent = `${want.setting} ×`;
    only.setAttribute("aria-label", `Show all settings, not ${want.setting} only`);
    if (!changed("cells", [answer, want])) return;
    const focused = document.activeElement?.closest?.("[data-cell]")?.dataset.cell;
    const unit = state?.result?.quality ?? "Score";
    body.replaceChildren(answer.rows.length ? el("table", {}, el("thead", {}, el("tr", {}, ["Case", "Setting", "Seed", unit, "Seconds", "Status"].map((each, index) => el("th", { scope: "col", class: index > 1 && index < 5 ? "ar-number" : null }, each)))),
      el("tbody", {}, answer.rows.map(row))) : el("p", { class: "wb-aside bm-none" }, "No cells like that so far."));
    if (focused) body.querySelector(`button[data-cell="${focused}"]`)?.focus({ preventScroll: true });
    pages(answer);
  }

  function row(each) {
    const open = () => cellDialog({ ask, run: name, cell: each.cell, at: node, rows: [...body.querySelectorAll("button[data-cell]")].map((one) => one.dataset.cell) });
    return el("tr", { class: "bm-cell", data: { status: each.status }, on: { click: (event) => { if (!event.target.closest("button")) open(); } } },
      el("th", { scope: "row" }, el("button", { type: "button", class: "bm-pick", data: { cell: each.cell }, on: { click: open } }, each.case)),
      el("td", {}, each.setting), el("td", { class: "ar-number" }, String(each.seed)), el("td", { class: "ar-number bm-score" }, each.status === "done" ? each.score ?? "–" : el("span", { class: "bm-short" }, each.status), each.status !== "done" && el("span", { class: "bm-long" }, "–")), el("td", { class: "ar-number" }, seconds(each.seconds)),
      el("td", { class: "bm-status", title: each.error || null }, each.status === "done" ? "done" : el("span", {}, `${STATUSES[each.status]}: ${each.error}`)));
  }

  function pages(answer) {
    const step = 40;
    const turn = (by) => { want.first += by; cells(); body.scrollTop = 0; };
    pager.hidden = answer.count <= step;
    pager.replaceChildren(button("Before", "back", () => turn(-step), { text: true, disabled: want.first === 0 }),
      el("span", { class: "wb-aside" }, `${count(want.first + 1)} to ${count(Math.min(answer.count, want.first + step))} of ${count(answer.count)}`),
      button("After", "forward", () => turn(step), { text: true, disabled: want.first + step >= answer.count }));
  }

  function chooser(label, chosen) {
    const select = el("select", { "aria-label": label, on: { change: () => chosen(select.value) } });
    let now = "";
    return {
      node: el("span", { class: "ar-select" }, select),
      fill(choices, value) {
        if (JSON.stringify(choices) !== now) select.replaceChildren(...choices.map(([key, text]) => el("option", { value: key }, text)));
        now = JSON.stringify(choices);
        if (document.activeElement !== select || select.value === "") select.value = value;
      },
    };
  }
}
