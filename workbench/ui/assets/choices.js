/** One of a few values: real radio buttons, so that arrow keys and screen readers work as everywhere. */
import { el } from "./dom.js";

const SEGMENTS = 4;
let made = 0;

export function start({ element, props, watch }) {
  const name = `choice-${++made}`;
  const radios = props.options.map((option, index) => {
    const radio = el("input", { type: "radio", name, value: String(index), on: { change: () => { props.value = option.value; show(); } } });
    return el("label", { class: "wb-option" }, radio, el("span", {}, option.label));
  });
  const kind = radios.length > SEGMENTS ? "wb-chips" : "wb-segments";
  const help = el("span", { class: "wb-tip", id: `${name}-help`, role: "tooltip" }, props.help);
  element.replaceChildren(el("fieldset", { class: "wb-choice", "aria-describedby": `${name}-help`, "aria-required": props.required ? "true" : null },
    el("legend", { class: "wb-label" }, props.title), el("div", { class: kind }, radios), help));
  watch("value", show);
  show();

  function show() {
    element.querySelectorAll("input").forEach((radio, index) => { radio.checked = props.options[index].value === props.value; });
  }
}
