/** Something drawn over the picture of another field: strokes, a mask, a box, or points to drag. */
import { button, el, icon, original, thumbnail } from "./dom.js";
import { easel, KINDS } from "./easel.js";
import { store } from "./store.js";
import { take } from "./upload.js";

export function start({ element, props, watch }) {
  const kind = KINDS[props.kind];
  const body = el("div", { class: "wb-sketch" });
  const problem = el("p", { class: "wb-problem", role: "alert", hidden: true });
  const file = el("input", { type: "file", accept: "image/*", class: "wb-hidden", "aria-label": `${props.title}: upload`, on: { change: () => { say(""); keep(file.files[0], store.held(props.over)); file.value = ""; } } });
  let drawnOn = "";
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", props.title);
  element.replaceChildren(
    el("div", { class: "wb-label" }, el("span", {}, props.title), el("span", { class: "wb-aside" }, "optional")),
    el("p", { class: "wb-help" }, props.help), body, problem);
  store.hear("held", ({ field, asset }) => { if (field === props.over) changed(asset); });
  watch("value", show);
  show();

  function filled() { return props.value && Object.keys(props.value).length > 0; }
  function say(text) { problem.textContent = text; problem.hidden = !text; }
  function hold(value) { props.value = value; show(); }
  function nothing() { return props.kind === "points" ? {} : []; }

  /** What was drawn on one picture says nothing of the next. */
  function changed(asset) {
    if (drawnOn && drawnOn !== asset) { drawnOn = ""; return hold(nothing()); }
    show();
  }

  function show() {
    const picture = store.held(props.over);
    body.replaceChildren(...(filled() ? [done(picture)] : []),
      button(filled() ? "Change" : kind.verb, kind.icon, () => open(picture), { text: true, class: "wb-button wb-draw", disabled: !picture, title: picture ? "" : "Add the picture first" }),
      ...(kind.paints ? [el("label", { class: "wb-aside wb-file" }, "or use a file", file)] : []));
  }

  async function keep(made, picture) {
    const answer = await take(made);
    if (!answer.id) return say(answer.error);
    drawnOn = picture;
    hold([answer.id]);
  }

  function done(picture) {
    const layers = [picture && el("img", { src: thumbnail(picture), alt: "" })];
    if (kind.paints) layers.push(el("img", { class: `wb-layer wb-layer-${props.kind}`, src: original(props.value[0]), alt: props.title }));
    if (props.kind === "box") layers.push(el("span", { class: "wb-boxed", style: boxStyle(props.value) }));
    if (props.kind === "points") layers.push(...Object.values(props.value).map(([x, y]) => el("span", { class: "wb-dot", style: `left: ${100 * x}%; top: ${100 * y}%` })));
    return el("figure", { class: "wb-sketched" }, el("div", { class: "wb-stack" }, layers),
      el("div", { class: "wb-tools" }, button(`Remove ${props.title}`, "close", () => { drawnOn = ""; hold(nothing()); })));
  }

  async function open(picture) {
    say("");
    try {
      const made = await easel({ kind: props.kind, title: props.title, picture, value: props.value });
      if (made?.blob) return keep(new File([made.blob], `${props.kind}.png`, { type: "image/png" }), picture);
      if (!made) return;
      drawnOn = picture;
      hold(made.value);
    } catch (error) {
      say(error.message);
    }
  }
}

function boxStyle([left, top, right, bottom]) {
  return `left: ${100 * left}%; top: ${100 * top}%; width: ${100 * (right - left)}%; height: ${100 * (bottom - top)}%`;
}
