/** What to run: a suite, and the grid over it, with what that will take. */
import { button, el } from "../dom.js";
import { MODES, count, credits, plural, resolution, span } from "./benchwords.js";

const WAIT_MS = 250;
const FIRST = { modes: ["fast", "balanced", "quality"], resolutions: ["1k"], engines: ["draft"] };

export function form({ ask, started }) {
  let options = { sources: [], engines: [], modes: [], mostSeeds: 20 };
  let suite = null;
  let touched = false;
  let ticket = 0;
  let timer = 0;
  const source = el("select", { id: "bm-source", "aria-describedby": "bm-suite-told bm-problem-source", on: { change: () => { touched = true; sourced(); } } });
  const path = el("input", { id: "bm-path", class: "bm-text", autocomplete: "off", spellcheck: "false", "aria-describedby": "bm-problem-path", on: { change: () => { touched = true; open(); } } });
  const told = el("p", { class: "wb-help", id: "bm-suite-told" });
  const where = el("div", { class: "bm-path", hidden: true }, el("label", { class: "bm-sub", for: "bm-path" }, "Path on this server"), path, problem("path"));
  const groups = {
    tools: group("tools", "Tools"), modes: group("modes", "Modes"), resolutions: group("resolutions", "Resolutions"), engines: group("engines", "Engines"),
  };
  const seeds = number("seeds", "Seeds", "1", "Outputs of a case in each setting");
  const limit = number("limit", "Cases of each tool", "4", "Empty is all");
  const facts = el("div", { class: "bm-facts", "aria-live": "polite" });
  const general = problem("");
  const go = button("Start the run", null, begin, { text: true, class: "wb-go bm-go", disabled: true });
  const node = el("form", { class: "bm-form", novalidate: true, on: { submit: (event) => { event.preventDefault(); begin(); } } },
    el("div", { class: "bm-fields" },
      el("div", { class: "bm-field" }, el("label", { class: "bm-title", for: "bm-source" }, "Suite"), el("span", { class: "ar-select bm-select" }, source), where, told, problem("source")),
      groups.tools.node, el("div", { class: "bm-two" }, groups.modes.node, groups.resolutions.node), groups.engines.node, el("div", { class: "bm-two" }, seeds.node, limit.node)),
    el("aside", { class: "bm-offer", "aria-label": "What the run takes" }, el("h3", {}, "This run"), facts, general, go));
  return { node, load, refresh, touched: () => touched };

  function problem(name) { return el("p", { class: "bm-problem", id: `bm-problem-${name || "all"}`, role: "alert", hidden: true, data: { field: name } }); }

  function group(name, title) {
    const choices = el("div", { class: "bm-chips" });
    const all = el("button", { type: "button", class: "bm-all", hidden: name !== "tools", on: { click: () => every(name) } }, "None");
    const field = el("div", { class: "bm-field", role: "group", "aria-labelledby": `bm-title-${name}`, "aria-describedby": `bm-problem-${name}` }, el("div", { class: "bm-field-head" }, el("span", { class: "bm-title", id: `bm-title-${name}` }, title), all), choices, problem(name));
    return { node: field, choices, all };
  }

  function number(name, title, value, help) {
    const input = el("input", { id: `bm-${name}`, class: "bm-text", inputmode: "numeric", autocomplete: "off", value, "aria-describedby": `bm-help-${name} bm-problem-${name}`, on: { input: changed } });
    return { input, node: el("div", { class: "bm-field" }, el("label", { class: "bm-title", for: `bm-${name}` }, title), input, el("p", { class: "wb-help", id: `bm-help-${name}` }, help), problem(name)) };
  }

  function chip(name, value, title, aside, checked) {
    const box = el("input", { type: "checkbox", name: `bm-${name}`, value, checked, on: { change: changed } });
    return el("label", { class: "bm-chip" }, box, el("span", {}, title, aside && el("small", {}, aside)));
  }

  async function load() {
    const answer = await ask("options");
    if (!answer.sources) return;
    options = answer;
    source.replaceChildren(...options.sources.map((each) => el("option", { value: each.name }, each.takes ? `${each.title[0].toUpperCase()}${each.title.slice(1)} (${each.takes})` : `Rendered scenes: ${each.title}`)));
    const usual = options.engines.some((each) => each.name === FIRST.engines[0]) ? FIRST.engines : [options.engines[0]?.name];
    groups.engines.choices.replaceChildren(...options.engines.map((each) => chip("engines", each.name, each.title, null, usual.includes(each.name))));
    groups.modes.choices.replaceChildren(...options.modes.map((each) => chip("modes", each, MODES[each] ?? each, null, FIRST.modes.includes(each))));
    groups.engines.node.hidden = options.engines.length < 2;
    sourced();
  }

  function sourced() {
    const chosen = options.sources.find((each) => each.name === source.value);
    where.hidden = !chosen?.takes;
    path.placeholder = chosen?.takes === "PATH.toml" ? "/data/spring/suite.toml" : chosen?.takes ?? "";
    where.querySelector("label").textContent = chosen?.takes?.startsWith("OWNER") ? "Name and revision" : "Path on this server";
    if (chosen?.takes && !path.value.trim()) {
      suite = null;
      groups.tools.choices.replaceChildren();
      groups.resolutions.choices.replaceChildren();
      told.textContent = "";
      complain({});
      offer(null, "Name the suite, and this says what the run takes.");
      return path.focus();
    }
    open();
  }

  async function open() {
    const mine = ++ticket;
    told.textContent = "Reading the suite …";
    const answer = await ask("look", given(), { quiet: true });
    if (mine !== ticket) return;
    suite = answer.error ? null : answer;
    groups.tools.choices.replaceChildren(...(suite?.tools ?? []).map((each) => chip("tools", each.name, each.title, String(each.cases), true)));
    const resolutions = [...new Set((suite?.tools ?? []).flatMap((each) => each.resolutions))];
    groups.resolutions.choices.replaceChildren(...resolutions.map((each) => chip("resolutions", each, resolution(each), null, FIRST.resolutions.includes(each))));
    told.textContent = suite ? `${suite.name}, version ${suite.version} · ${plural(suite.tools.reduce((sum, each) => sum + each.cases, 0), "case")} · ${suite.licence}` : "";
    if (!suite) {
      complain(answer.problems ?? {}, answer.error);
      return offer(null, "This suite can’t be read yet.");
    }
    refresh();
  }

  function picked(name) { return [...groups[name].choices.querySelectorAll("input:checked")].map((box) => box.value); }

  function given() {
    return { source: source.value, path: path.value, tools: picked("tools"), modes: picked("modes"), resolutions: picked("resolutions"), engines: picked("engines"), seeds: seeds.input.value, limit: limit.input.value };
  }

  function every(name) {
    const boxes = [...groups[name].choices.querySelectorAll("input")];
    const some = boxes.some((box) => box.checked);
    for (const box of boxes) box.checked = !some;
    changed();
  }

  function changed() {
    touched = true;
    clearTimeout(timer);
    timer = setTimeout(refresh, WAIT_MS);
  }

  /** What it takes now; of several answers only the last counts. */
  async function refresh() {
    if (!suite) return;
    const mine = ++ticket;
    groups.tools.all.textContent = picked("tools").length ? "None" : "All";
    const answer = await ask("forecast", given(), { quiet: true });
    if (mine !== ticket) return;
    complain(answer.problems ?? {}, answer.error);
    offer(answer.error ? null : answer, "Choose what is missing, and this says what the run takes.");
  }

  function complain(problems, error = "") {
    const known = new Set();
    for (const each of node.querySelectorAll(".bm-problem[data-field]")) {
      const text = problems[each.dataset.field] ?? "";
      known.add(each.dataset.field);
      set(each, text && each.dataset.field ? `${TITLES[each.dataset.field]} ${text}.` : text);
      each.parentElement.toggleAttribute("data-wrong", Boolean(text && each.dataset.field));
    }
    for (const [name, input] of [["seeds", seeds.input], ["limit", limit.input], ["path", path]]) input.setAttribute("aria-invalid", String(Boolean(problems[name])));
    if (error && !Object.keys(problems).some((each) => known.has(each))) set(general, sentence(error));
  }

  function set(place, text) {
    if (place.textContent !== text) place.textContent = text;
    place.hidden = !text;
  }

  function offer(answer, otherwise) {
    go.disabled = !answer;
    if (!answer) return facts.replaceChildren(el("p", { class: "wb-help" }, otherwise));
    const lacking = answer.lacking.map((each) => el("li", {}, el("strong", {}, plural(each.cells, "cell")), ` can’t be run here: ${each.text}`));
    const notes = absent();
    const short = answer.available !== null && answer.available < answer.app;
    facts.replaceChildren(
      fact(count(answer.cells), answer.cells === 1 ? "cell" : "cells", "tool × case × setting × seed"),
      fact(answer.seconds === null ? "?" : `≈ ${span(answer.seconds)}`, "", answer.basis),
      fact(`≈ ${credits(answer.app)}`, "credits", `in the app’s prices, ${credits(answer.api)} in the API’s; face references, and Auto, may add`),
      el("p", { class: "wb-help bm-metered" }, answer.available === null
        ? "Runs go through the studio’s queue: every output is metered at the app’s prices like any job. This plan has no limit."
        : `Runs go through the studio’s queue: every output is paid for at the app’s prices like any job. ${count(answer.available)} credits are left.`),
      ...(short ? [el("p", { class: "wb-problem" }, "The credits that are left will not do; cells that can’t be paid for are refused.")] : []),
      ...(lacking.length || notes.length ? [el("ul", { class: "bm-lacking" }, lacking, notes)] : []));
  }

  /** Modes that were chosen and that a chosen tool doesn't have: it goes without them. */
  function absent() {
    const modes = picked("modes");
    const tools = new Set(picked("tools"));
    const short = suite.tools.filter((each) => tools.has(each.name) && each.modes.length > 1);
    return modes.map((mode) => [mode, short.filter((each) => !each.modes.includes(mode)).map((each) => each.title)]).filter(([, titles]) => titles.length)
      .map(([mode, titles]) => el("li", {}, `${titles.join(", ")} ${titles.length === 1 ? "has" : "have"} no ${MODES[mode]}, and ${titles.length === 1 ? "goes" : "go"} without it.`));
  }

  function fact(value, unit, basis) { return el("div", { class: "bm-fact" }, el("p", { class: "bm-value" }, el("strong", {}, value), unit && ` ${unit}`), el("p", { class: "wb-help" }, basis)); }

  async function begin() {
    if (go.disabled) return;
    go.disabled = true;
    const answer = await ask("start", given(), { quiet: true });
    go.disabled = false;
    if (answer.error) return complain(answer.problems ?? {}, answer.error);
    touched = false;
    started(answer.run);
  }
}

const TITLES = { source: "Suite:", path: "The path", tools: "Tools:", modes: "Modes:", resolutions: "Resolutions:", engines: "Engines:", seeds: "Seeds:", limit: "Cases:" };
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
