/** A colour or none: a few that catalogues use, and any other. */
import { el } from "./dom.js";

const OFFERED = [["", "Transparent"], ["#ffffff", "White"], ["#f4f1ec", "Paper"], ["#d9d9d9", "Grey"], ["#1a1a1a", "Ink"]];

export function start({ element, props, watch }) {
  const name = `${props.title}-${Math.random().toString(36).slice(2)}`;
  const radios = OFFERED.map(([colour, words]) => el("label", { class: "wb-swatch", title: words },
    el("input", { type: "radio", name, value: colour, "aria-label": words, on: { change: () => hold(colour) } }),
    el("span", { class: colour ? "" : "wb-checkered", data: { colour } })));
  const own = el("input", { type: "color", "aria-label": `${props.title}: other`, on: { change: () => hold(own.value) } });
  const text = el("output", { class: "wb-aside" });
  element.setAttribute("role", "radiogroup");
  element.setAttribute("aria-label", props.title);
  element.replaceChildren(el("div", { class: "wb-label" }, el("span", {}, props.title), text), el("div", { class: "wb-palette" }, radios, own));
  for (const swatch of element.querySelectorAll("[data-colour]")) swatch.style.background = swatch.dataset.colour;
  watch("value", show);
  show();

  function hold(colour) { props.value = colour; show(); }

  function show() {
    const value = props.value ?? "";
    const offered = OFFERED.find(([colour]) => colour === value);
    for (const radio of element.querySelectorAll("input[type=radio]")) radio.checked = radio.value === value;
    own.classList.toggle("wb-own", !offered);
    if (value) own.value = value;
    text.textContent = offered ? offered[1] : value;
  }
}
