/** The benchmark: a grid to fill in, and the runs that came of such grids. */
import { el } from "../dom.js";
import { store } from "../store.js";
import { form } from "./benchform.js";
import { run } from "./benchrun.js";
import { shelf } from "./benchshelf.js";

export const PAGE = "benchmark";
const EVERY_MS = 2000;
const AWAY = { error: "The studio does not answer. What is done of a run is kept; once it is back, the run can be gone on with.", problems: {}, away: true };

export function start({ element, server }) {
  let shown = "";
  let open = "";
  const trouble = el("p", { class: "wb-problem", role: "alert", hidden: true });
  const filling = form({ ask, started: (name) => { show("runs"); look(name); } });
  const list = shelf({ ask, look, make: () => show("new") });
  const one = run({ ask, back: () => { open = ""; turn(); list.load(); }, gone: () => { open = ""; turn(); list.load(); } });
  const runs = el("section", { id: "benchmark-runs", role: "tabpanel", "aria-labelledby": "benchmark-tab-runs", class: "ar-panel" }, list.node, one.node);
  const fresh = el("section", { id: "benchmark-new", role: "tabpanel", "aria-labelledby": "benchmark-tab-new", class: "ar-panel" }, filling.node);
  const tabs = [tabOf("new", "New run", fresh), tabOf("runs", "Runs", runs)];
  element.replaceChildren(el("div", { class: "ar-page bm-page" },
    el("header", { class: "ar-head" }, el("div", {}, el("h2", {}, "Benchmark"), el("p", {}, "Run tools in several settings over the same cases, and see what each setting is worth.")),
      el("div", { class: "ar-tabs", role: "tablist", "aria-label": "Benchmark", on: { keydown: move } }, tabs.map((each) => each.tab))), trouble, fresh, runs));
  store.hear("tool", (name) => { if (name === PAGE) wake(); });
  document.addEventListener("visibilitychange", wake);
  setInterval(tick, EVERY_MS);
  begin();

  /** A run that is going on is what somebody who comes back wants to see. */
  async function begin() {
    show("new");
    filling.load();
    const answer = await server.runs({}).catch(() => null);
    const going = (answer?.runs ?? []).find((each) => each.busy || each.state === "interrupted");
    if (going && shown === "new" && !filling.touched()) { show("runs"); look(going.run); }
  }

  function tabOf(name, title, panel) {
    const tab = el("button", { type: "button", role: "tab", id: `benchmark-tab-${name}`, "aria-controls": panel.id, class: "ar-tab", on: { click: () => choose(name) } }, title);
    return { name, tab, panel };
  }

  /** The tab of runs leads back to all of them. */
  function choose(name) {
    if (name === "runs" && shown === "runs") open = "";
    show(name);
  }

  function move(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const other = tabs.find((each) => each.name !== shown);
    show(other.name);
    other.tab.focus();
  }

  function show(name) {
    shown = name;
    say("");
    for (const each of tabs) {
      each.panel.hidden = each.name !== name;
      each.tab.setAttribute("aria-selected", String(each.name === name));
      each.tab.tabIndex = each.name === name ? 0 : -1;
    }
    turn();
    if (name === "runs" && !open) list.load();
    if (name === "new") filling.refresh();
  }

  function turn() {
    list.node.hidden = Boolean(open);
    one.node.hidden = !open;
    if (!open) one.leave();
  }

  function look(name) {
    open = name;
    turn();
    one.show(name);
    document.getElementById("tool")?.scrollTo(0, 0);
  }

  function visible() { return store.tool === PAGE && !document.hidden; }

  function wake() { if (visible() && shown === "runs") tick(true); }

  function tick(always = false) {
    if (!visible() || shown !== "runs") return;
    if (open) one.tick(always);
    else list.tick(always);
  }

  /** An answer of the server; what it refuses is said above the page unless a field takes it. */
  async function ask(name, what = {}, { quiet = false } = {}) {
    const answer = (await server[name](what).catch(() => null)) ?? AWAY;
    if (!quiet || answer.away) say(answer.error ?? "");
    return answer;
  }

  function say(text) {
    trouble.textContent = text;
    trouble.hidden = !text;
  }
}
