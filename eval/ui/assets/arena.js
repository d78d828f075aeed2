/** The arena: one pair after the other, and what all votes say. Nothing here knows a setting before its vote. */
import { button, el } from "../dom.js";
import { store } from "../store.js";
import { duel } from "./duel.js";
import { standings } from "./standings.js";

const PAGE = "arena";
const REVEAL_MS = 2200;
const VOTES = [
  { choice: "left", title: "Left is better", short: "Left", keys: ["1", "ArrowLeft"], hint: ["1", "←"] },
  { choice: "tie", title: "Tie", short: "Tie", keys: ["0", "t"], hint: ["0", "T"] },
  { choice: "both bad", title: "Both bad", short: "Both bad", keys: ["b"], hint: ["B"] },
  { choice: "right", title: "Right is better", short: "Right", keys: ["2", "ArrowRight"], hint: ["2", "→"] },
];
const SKIPS = ["Enter", " "];

/** Kept by this browser alone; private windows that keep nothing get a new one each time. */
const memory = {
  get(name, otherwise) { try { return localStorage.getItem(`arena-${name}`) ?? otherwise; } catch { return otherwise; } },
  set(name, value) { try { localStorage.setItem(`arena-${name}`, value); } catch { /* nothing can be kept */ } },
};

function voterId() {
  const known = memory.get("voter", "");
  if (known) return known;
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  memory.set("voter", made);
  return made;
}

export function start({ element, props, server }) {
  const voter = voterId();
  let pair = null;
  let since = 0;
  let state = "idle"; // idle, loading, voting, sending, revealed
  let timer = 0;
  let asked = 0;

  const select = el("select", { id: "arena-tool", "aria-label": "Tool to vote on", on: { change: () => next() } });
  const names = el("input", { type: "checkbox", class: "ar-tick", on: { change: () => memory.set("names", names.checked ? "show" : "hide") } });
  names.checked = memory.get("names", "show") === "show";
  const count = el("p", { class: "ar-count", "aria-live": "polite" });
  const brief = el("div", { class: "ar-brief" });
  const pictures = duel();
  const said = el("p", { class: "wb-hidden", role: "status" });
  const trouble = el("p", { class: "wb-problem", role: "alert", hidden: true });
  const buttons = VOTES.map((each) => el("button", { type: "button", class: `ar-vote ar-${each.choice.replace(" ", "-")}`, disabled: true, "aria-keyshortcuts": each.keys.join(" "), on: { click: () => vote(each.choice) } },
    el("span", { class: "ar-long" }, each.title), el("span", { class: "ar-short", "aria-hidden": "true" }, each.short), el("span", { class: "ar-keys", "aria-hidden": "true" }, each.hint.map((key) => el("kbd", {}, key)))));
  const undo = el("button", { type: "button", class: "ar-undo", disabled: true, "aria-keyshortcuts": "u", on: { click: takeBack } }, "Undo last vote", el("kbd", { "aria-hidden": "true" }, "U"));
  const onward = el("button", { type: "button", class: "ar-undo ar-onward", hidden: true, on: { click: () => next() } }, "Next pair", el("kbd", { "aria-hidden": "true" }, "Enter"));
  const ballot = el("div", { class: "ar-ballot" }, brief, pictures.node,
    el("div", { class: "ar-votes", role: "group", "aria-label": "Your vote" }, buttons), el("div", { class: "ar-after" }, undo, onward));
  const empty = el("div", { class: "wb-empty ar-empty", hidden: true });
  const controls = el("div", { class: "ar-controls" },
    el("span", { class: "ar-select" }, select), count, el("label", { class: "ar-names" }, names, el("span", {}, "Show names", el("span", { class: "ar-wide" }, " after each vote"))));
  const voting = el("section", { id: "arena-vote", role: "tabpanel", "aria-labelledby": "arena-tab-vote", class: "ar-panel" }, controls, trouble, ballot, empty);
  const table = standings({ server });
  const tabs = [tabOf("vote", "Vote", voting), tabOf("results", "Results", table.node)];
  element.replaceChildren(el("div", { class: "ar-page" },
    el("header", { class: "ar-head" }, el("div", {}, el("h2", {}, "Arena"), el("p", {}, "Two outputs of the same request. Which settings made them stays hidden until you have voted.")),
      el("div", { class: "ar-tabs", role: "tablist", "aria-label": "Arena", on: { keydown: moveTab } }, tabs.map((each) => each.tab))), said, voting, table.node));

  document.addEventListener("keydown", onKey);
  store.hear("tool", (name) => { if (name === PAGE && !pair && state === "idle") next(); });
  show("vote");

  function tabOf(name, title, panel) {
    const tab = el("button", { type: "button", role: "tab", id: `arena-tab-${name}`, "aria-controls": panel.id, class: "ar-tab", on: { click: () => show(name) } }, title);
    return { name, tab, panel };
  }

  function moveTab(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const other = tabs.find((each) => each.panel.hidden);
    show(other.name);
    other.tab.focus();
  }

  function show(name) {
    for (const each of tabs) {
      each.panel.hidden = each.name !== name;
      each.tab.setAttribute("aria-selected", String(each.name === name));
      each.tab.tabIndex = each.name === name ? 0 : -1;
    }
    if (name === "results") table.load();
    else if (state === "idle") next();
  }

  function onKey(event) {
    if (store.tool !== PAGE || voting.hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest?.("select, textarea, [role=tablist], dialog[open]") || (event.target.matches?.("input") && event.target !== names)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const meant = VOTES.find((each) => each.keys.includes(key));
    if (state === "revealed" && SKIPS.includes(key) && !event.target.closest?.("button, input")) return take(event, () => next());
    if (key === "u") return take(event, takeBack);
    if (meant) take(event, () => vote(meant.choice));
  }

  function take(event, act) { event.preventDefault(); act(); }

  async function call(name, what) {
    const answer = await server[name](what).catch(() => ({ error: "The studio does not answer; nothing was lost. Try again in a moment." }));
    trouble.textContent = answer.error ?? "";
    trouble.hidden = !answer.error;
    return answer;
  }

  async function next() {
    clearTimeout(timer);
    const ticket = ++asked;
    set("loading");
    const answer = await call("deal", { voter, tool: select.value });
    if (ticket !== asked) return;
    if (answer.error) return set("idle");
    fillTools(answer.tools);
    undo.disabled = answer.voted === 0;
    count.replaceChildren(el("strong", {}, String(answer.voted)), answer.voted === 1 ? " vote" : " votes", answer.pair && el("span", {}, ` · ${answer.toGo} to go`));
    pair = answer.pair;
    ballot.hidden = !pair;
    empty.hidden = Boolean(pair);
    if (!pair) { nothing(answer); return set("idle"); }
    tell(pair, ticket);
    const shown = await pictures.show(pair);
    if (ticket !== asked) return;
    if (!shown) {
      trouble.textContent = "A picture of this pair can't be loaded; load the page again.";
      trouble.hidden = false;
      return set("idle");
    }
    since = performance.now();
    said.textContent = `A pair for ${pair.title}.`;
    set("voting");
  }

  async function tell(shown, ticket) {
    brief.replaceChildren(el("span", { class: "ar-task" }, shown.title));
    const about = await server.told({ token: shown.token }).catch(() => ({}));
    if (ticket !== asked) return;
    const given = (about.inputs ?? []).map((each) => {
      const source = `/pages/arena/files/${shown.token}/${each.file}`;
      return el("button", { type: "button", class: "ar-given", title: each.title, "aria-label": `Look at ${each.title}`, on: { click: () => lookAt(source, each.title) } }, el("img", { src: source, alt: "" }), el("span", {}, each.title));
    });
    brief.append(...given, ...(about.prompt ? [el("q", { class: "ar-prompt" }, about.prompt)] : []), ...(about.trouble ? [el("span", { class: "wb-aside" }, about.trouble)] : []));
  }

  function lookAt(source, title) {
    const dialog = el("dialog", { class: "wb-dialog ar-look", "aria-label": title, on: { click: () => dialog.close(), close: () => dialog.remove() } },
      el("img", { src: source, alt: title }), el("p", { class: "wb-aside" }, title), button("Close", "close", () => dialog.close()));
    element.append(dialog);
    dialog.showModal();
  }

  async function vote(choice) {
    if (state !== "voting") return;
    const ticket = ++asked;
    set("sending");
    const answer = await call("vote", { voter, token: pair.token, choice, seconds: (performance.now() - since) / 1000 });
    if (ticket !== asked) return;
    if (answer.error) return set("voting");
    undo.disabled = false;
    if (!names.checked) return next();
    pictures.reveal(answer);
    said.textContent = `${VOTES.find((each) => each.choice === answer.choice).title}. Left was ${answer.left}, right was ${answer.right}.`;
    set("revealed", answer.choice);
    timer = setTimeout(next, REVEAL_MS);
  }

  async function takeBack() {
    if (undo.disabled || !["voting", "revealed", "idle"].includes(state)) return;
    clearTimeout(timer);
    const ticket = ++asked;
    const answer = await call("undo", { voter });
    if (ticket !== asked) return;
    said.textContent = answer.undone ? "Your last vote was taken back." : "There is no vote to take back.";
    if (answer.undone) select.value = "";
    next();
  }

  function set(now, choice = "") {
    state = now;
    element.firstChild.dataset.state = now;
    buttons.forEach((each, index) => {
      each.disabled = now !== "voting";
      each.toggleAttribute("data-chosen", VOTES[index].choice === choice);
    });
    onward.hidden = now !== "revealed";
  }

  function fillTools(tools) {
    const wanted = select.value;
    select.replaceChildren(el("option", { value: "" }, "All tools"), ...tools.map((tool) => el("option", { value: tool.name }, tool.title)));
    select.value = tools.some((tool) => tool.name === wanted) ? wanted : "";
    controls.hidden = tools.length === 0;
  }

  function nothing(answer) {
    const broken = answer.unreadable.map((each) => el("li", {}, each));
    const problems = broken.length > 0 && el("ul", { class: "wb-problems" }, broken);
    if (answer.tools.length) {
      return empty.replaceChildren(el("h2", {}, "You have seen every pair"), el("p", {}, select.value ? "Choose another tool, or look at the results." : "Thank you. The results show what your votes say; a new run brings new pairs."),
        el("div", { class: "ar-after" }, answer.voted > 0 && button("Undo last vote", null, takeBack, { text: true }), button("See the results", null, () => show("results"), { text: true, class: "wb-button wb-strong" })));
    }
    empty.replaceChildren(el("h2", {}, "No outputs to compare yet"),
      el("p", {}, "The arena shows pairs of outputs that a run made of the same cases with different settings. Make one, and it appears here by itself:"),
      el("pre", { class: "ar-code", tabindex: 0 }, `python -m eval run --suite rendered --tools try-on \\\n  --modes fast balanced quality --limit 8 \\\n  --out ${props.runs}/first`),
      el("p", { class: "wb-aside" }, "A run that lies elsewhere is shown after ", el("code", {}, "python -m eval arena add FOLDER"), "."), problems);
  }
}
