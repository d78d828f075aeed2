import { el } from "./dom.js";
import { store } from "./store.js";

export function start({ element, props }) {
  const spent = el("span", { class: "wb-spent", "aria-live": "polite" });
  element.replaceChildren(
    el("header", { class: "wb-bar" },
      el("h1", { class: "wb-name" }, props.title),
      el("nav", { class: "wb-links", "aria-label": "About" }, spent, el("a", { href: "/api/openapi.json", target: "_blank", rel: "noopener" }, "API"))));
  store.hear("balance", (balance) => {
    const used = `${balance.spent} ${balance.spent === 1 ? "credit" : "credits"} used`;
    spent.textContent = balance.unlimited ? used : `${balance.available} credits left`;
    spent.title = balance.held ? `${balance.held} held for running jobs` : "";
  });
}
