/** Named points that the studio found in a picture, to be put right. */
import { button, el } from "./dom.js";
import { follow, placeOf } from "./easel.js";
import { wordsOf } from "./upload.js";

const STEP = 0.004;
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const inside = (value) => Math.min(1, Math.max(0, Math.round(value * 10000) / 10000));

export async function pointsLayer({ picture, value }) {
  const found = await foundIn(picture);
  const points = { ...found, ...value };
  const dots = Object.keys(points).map(dot);
  const node = el("div", { class: "wb-canvas-layer" }, dots);
  return { node, tools: [button("As found", null, () => { Object.assign(points, structuredClone(found)); dots.forEach((each) => each.place()); }, { text: true })], result: async () => ({ value: points }) };

  function dot(name) {
    const words = name.replaceAll("_", " ");
    const made = el("button", { type: "button", class: "wb-dot", "aria-label": words, title: words, on: { pointerdown, keydown } });
    made.place = () => { made.style.cssText = `left: ${100 * points[name][0]}%; top: ${100 * points[name][1]}%`; };
    made.place();
    return made;

    function pointerdown(event) {
      if (event.button !== 0) return;
      follow(made, event, { move: (now) => { points[name] = placeOf(now, node).map(inside); made.place(); } });
    }

    function keydown(event) {
      const move = ARROWS[event.key];
      if (!move) return;
      event.preventDefault();
      points[name] = [inside(points[name][0] + move[0]), inside(points[name][1] + move[1])];
      made.place();
    }
  }
}

/** {name: [x, y]}; throws an Error in the studio's words where nothing was found. */
async function foundIn(picture) {
  const response = await fetch("/api/landmarks", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ picture }) });
  const body = await response.json();
  if (!response.ok) throw new Error(wordsOf(body));
  return body.points;
}
