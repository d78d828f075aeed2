/** The tools in their groups: a rail of tabs, and a compact selector on narrow screens. */
import { el } from "./dom.js";
import { store } from "./store.js";

export function start({ element, props, watch }) {
  const all = props.groups.flatMap((group) => group.tools);
  const tabs = new Map();
  const select = el("select", { "aria-label": "Tool", on: { change: () => choose(select.value) } }, props.groups.map((group) =>
    el("optgroup", { label: group.name }, group.tools.map((tool) => el("option", { value: tool.name }, tool.title)))));
  const rail = el("div", { role: "tablist", "aria-label": "Tools", "aria-orientation": "vertical", class: "wb-rail", on: { keydown: move } },
    props.groups.map((group) => el("div", { class: "wb-group", role: "presentation" },
      el("span", { class: "wb-caption", role: "presentation" }, group.name), group.tools.map(tabOf))));
  element.replaceChildren(rail, el("div", { class: "wb-compact" }, select));

  function tabOf(tool) {
    const hint = tool.runnable ? {} : { title: "Not available on this machine yet", data: { lacking: "" } };
    const tab = el("button", { type: "button", role: "tab", class: "wb-tool", "aria-controls": `tab-${tool.name}`, ...hint, on: { click: () => choose(tool.name) } }, tool.title);
    tabs.set(tool.name, tab);
    return tab;
  }

  function move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = all.findIndex((tool) => tool.name === props.value);
    const next = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : step && (at + step + all.length) % all.length;
    if (next === undefined) return;
    event.preventDefault();
    choose(all[next].name);
    tabs.get(all[next].name).focus();
  }

  function choose(name) {
    if (!tabs.has(name) || name === props.value) return;
    props.value = name;
    show();
    document.getElementById("tool")?.scrollTo(0, 0);
  }

  function show() {
    for (const [name, tab] of tabs) {
      tab.setAttribute("aria-selected", String(name === props.value));
      tab.tabIndex = name === props.value ? 0 : -1;
    }
    select.value = props.value;
    document.getElementById("workbench")?.toggleAttribute("data-page", all.some((tool) => tool.page && tool.name === props.value));
    store.tool = props.value;
    store.say("tool", props.value);
    if (location.hash.slice(1) !== props.value) history.replaceState(null, "", `#${props.value}`);
  }

  watch("value", show);
  addEventListener("hashchange", () => choose(location.hash.slice(1)));
  const linked = location.hash.slice(1);
  if (linked) choose(linked);
  show();
}
