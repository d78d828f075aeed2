/** All runs that there are, newest first. */
import { button, el } from "../dom.js";
import { STATES, grid, progress, when } from "./benchwords.js";

export function shelf({ ask, look, make }) {
  let told = "";
  let busy = false;
  const list = el("ul", { class: "bm-runs", "aria-label": "Runs" });
  const empty = el("div", { class: "wb-empty ar-empty", hidden: true });
  const node = el("div", { class: "bm-shelf" }, list, empty);
  return { node, load, tick: (always) => { if (always || busy) load(); } };

  async function load() {
    const answer = await ask("runs");
    if (!answer.runs || JSON.stringify(answer) === told) return;
    told = JSON.stringify(answer);
    busy = answer.runs.some((each) => each.busy);
    const focused = document.activeElement?.closest?.(".bm-run")?.dataset.run;
    list.replaceChildren(...answer.runs.map(line));
    if (focused) list.querySelector(`[data-run="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    list.hidden = !answer.runs.length;
    empty.hidden = Boolean(answer.runs.length);
    empty.replaceChildren(el("h2", {}, "No runs yet"), el("p", {}, "A run makes the same cases in every setting that you choose and scores what comes out. Small ones take a minute."),
      button("Set up the first run", null, make, { text: true, class: "wb-button wb-strong" }), el("p", { class: "wb-aside" }, "Runs of the command line appear here, too, if they lie in ", el("code", {}, answer.folder), "."));
  }

  function line(each) {
    const share = each.tally?.total ? each.tally.ended / each.tally.total : 0;
    return el("li", {}, el("button", { type: "button", class: "bm-run", data: { run: each.run, state: each.state }, on: { click: () => each.state === "unreadable" || look(each.run) } },
      el("span", { class: "bm-run-head" }, el("strong", {}, each.suite), el("span", { class: "bm-state", data: { state: each.state } }, STATES[each.state])),
      el("span", { class: "bm-run-told" }, each.grid ? grid(each.grid) : each.message),
      each.tally && el("span", { class: "bm-run-foot" }, el("span", {}, when(each.made)), el("span", {}, progress(each.tally))),
      each.state !== "finished" && each.tally && el("span", { class: "bm-thin", style: `--share: ${share}` })));
  }
}
