/** What the votes say: for each tool a table of settings by strength, and of metrics by how far they agree with people. */
import { button, el } from "../dom.js";

const percent = (value) => `${Math.round(value * 100)} %`;
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

export function standings({ server }) {
  const body = el("div", { class: "ar-tables", "aria-live": "polite" });
  const note = el("p", { class: "ar-note", role: "status" });
  const file = el("input", { type: "file", accept: ".jsonl,application/jsonl", class: "wb-hidden", tabindex: -1, "aria-label": "File of votes", on: { change: takeIn } });
  const actions = el("div", { class: "ar-actions" }, note,
    button("Export votes", "download", giveOut, { text: true }), button("Import votes", "add", () => file.click(), { text: true }), file);
  const node = el("section", { id: "arena-results", role: "tabpanel", "aria-labelledby": "arena-tab-results", class: "ar-panel ar-results", hidden: true }, actions, body);
  return { node, load };

  async function load() {
    if (!body.childElementCount) body.replaceChildren(el("p", { class: "wb-aside" }, "Counting votes …"));
    const answer = await ask("results", {});
    if (!answer.tools) return;
    const apart = Object.entries(answer.foreign).map(([run, count]) => el("p", { class: "wb-aside" }, `${plural(count, "vote")} on run ${run}, which is not here, kept apart; add the run's folder to count them.`));
    const none = el("div", { class: "wb-empty ar-empty" }, el("h2", {}, "No votes yet"), el("p", {}, "Vote on a few pairs first; with about thirty for each two settings the intervals begin to tell something."));
    body.replaceChildren(...(answer.tools.length ? answer.tools.map(tool) : [none]), ...apart);
  }

  async function ask(name, what) {
    const answer = await server[name](what).catch(() => ({ error: "The studio does not answer; try again in a moment." }));
    note.textContent = answer.error ?? answer.said ?? "";
    note.toggleAttribute("data-bad", Boolean(answer.error));
    return answer;
  }

  async function giveOut() {
    const answer = await ask("exported", {});
    if (answer.text === undefined) return;
    const address = URL.createObjectURL(new Blob([answer.text], { type: "application/jsonl" }));
    el("a", { href: address, download: "arena-votes.jsonl" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
    note.textContent = plural(answer.text.split("\n").length - 1, "vote exported", "votes exported");
  }

  async function takeIn() {
    const [given] = file.files;
    file.value = "";
    if (!given) return;
    const answer = await ask("imported", { text: await given.text() });
    if (answer.error) return;
    await load();
    note.textContent = answer.said;
  }

  function tool(told) {
    const people = `${plural(told.votes, "vote")} by ${plural(told.voters, "person", "people")} on ${plural(told.cases, "case")}`;
    const apart = [told.bothBad && `${told.bothBad} both bad`, told.revised && `${told.revised} revised after an undo`].filter(Boolean).join(", ");
    return el("section", { class: "ar-tool" }, el("h3", {}, told.title), el("p", { class: "ar-told" }, apart ? `${people}; ${apart}` : people),
      told.remarks.length > 0 && el("ul", { class: "ar-remarks" }, told.remarks.map((each) => el("li", {}, each))),
      settings(told), told.agreements.length > 0 && metrics(told));
  }

  function settings(told) {
    const span = Math.max(0.5, ...told.standings.flatMap((each) => (each.log ? [each.log.estimate, each.log.low, each.log.high].map(Math.abs) : [])));
    const rows = told.standings.map((each) => el("tr", {}, el("th", { scope: "row" }, each.name),
      el("td", { class: "ar-plot" }, each.log ? bar(each.log, span) : "–"),
      el("td", {}, each.preferred ? interval(percent(each.preferred.estimate), each.log.low === null ? "open" : `${percent(each.preferred.low)} to ${percent(each.preferred.high)}`) : "–"),
      [each.won, each.tied, each.lost, each.both_bad].map((count) => el("td", { class: "ar-number" }, String(count)))));
    return table("Settings by strength", ["Setting", "Strength", "Preferred to an average one", "Won", "Tied", "Lost", "Both bad"], rows);
  }

  function metrics(told) {
    const rows = told.agreements.map((each) => el("tr", {}, el("th", { scope: "row" }, each.title),
      el("td", { class: "ar-plot" }, each.tau ? bar(each.tau, 1) : "–"),
      el("td", {}, each.tau ? interval(signed(each.tau.estimate), `${signed(each.tau.low)} to ${signed(each.tau.high)}`) : "no preference to compare"),
      el("td", { class: "ar-number" }, String(each.votes))));
    return table("Agreement of metrics with people", ["Metric", "Agreement", "Kendall’s τ-b", "Votes"], rows);
  }

  function interval(estimate, range) { return [el("strong", {}, estimate), el("span", { class: "ar-range" }, range)]; }

  /** An estimate and its interval on a line whose middle is zero; an open interval is the whole line, hatched. */
  function bar(value, span) {
    const open = value.low === null;
    const words = `${signed(value.estimate)}, ${open ? "interval open" : `interval ${signed(value.low)} to ${signed(value.high)}`}`;
    const at = (number) => `${50 + (number / span) * 50}%`;
    return el("span", { class: "ar-line", role: "img", "aria-label": words, title: words },
      el("span", { class: open ? "ar-reach ar-open" : "ar-reach", style: open ? null : `left: ${at(value.low)}; right: ${50 - (value.high / span) * 50}%` }), el("span", { class: "ar-dot", style: `left: ${at(value.estimate)}` }));
  }

  function table(title, heads, rows) {
    return el("div", { class: "ar-scroll", tabindex: 0, role: "region", "aria-label": title }, el("table", {}, el("caption", {}, title),
      el("thead", {}, el("tr", {}, heads.map((each, index) => el("th", { scope: "col", class: index > 2 ? "ar-number" : null }, each)))), el("tbody", {}, rows)));
  }
}
