import { el } from "./dom.js";

export function start({ element, props, trigger }) {
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Examples");
  element.replaceChildren(el("div", { class: "wb-try" }, el("span", { class: "wb-aside" }, "Try an example"), el("div", { class: "wb-samples" }, props.examples.map((each, index) =>
    el("button", { type: "button", class: "wb-sample", title: each.title, "aria-label": `Example: ${each.title}`, on: { click: () => trigger("pick", { index }) } },
      each.samples.map((sample) => el("img", { src: `/studio/samples/${encodeURIComponent(sample)}`, alt: "" })))))));
}
