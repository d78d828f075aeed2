/** One box: [left, top, right, bottom] in shares of the picture. */
import { button, el } from "./dom.js";
import { follow, placeOf } from "./easel.js";

const STEP = 0.01;
const LEAST = 0.02;
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const rounded = (values) => values.map((value) => Math.round(value * 10000) / 10000);

export function boxLayer({ value }) {
  let box = value?.length === 4 ? [...value] : [0.1, 0.1, 0.9, 0.9];
  const frame = el("span", { class: "wb-boxed" });
  const node = el("div", { class: "wb-canvas-layer", tabindex: "0", role: "group", "aria-label": "Box", on: { pointerdown, keydown } }, frame);
  draw();
  return { node, tools: [button("Whole picture", null, () => { box = [0, 0, 1, 1]; draw(); }, { text: true })], result: async () => ({ value: rounded(box) }) };

  function draw() {
    const [left, top, right, bottom] = box.map((each) => 100 * each);
    frame.style.cssText = `left: ${left}%; top: ${top}%; width: ${right - left}%; height: ${bottom - top}%`;
  }

  function pointerdown(event) {
    if (event.button !== 0) return;
    const [x, y] = placeOf(event, node);
    follow(node, event, { move: (now) => {
      const [to, down] = placeOf(now, node);
      const next = [Math.min(x, to), Math.min(y, down), Math.max(x, to), Math.max(y, down)];
      if (next[2] - next[0] < LEAST || next[3] - next[1] < LEAST) return;
      box = next;
      draw();
    } });
  }

  function keydown(event) {
    const move = ARROWS[event.key];
    if (!move) return;
    event.preventDefault();
    const [left, top, right, bottom] = box;
    const next = event.shiftKey ? [left, top, right + move[0], bottom + move[1]] : [left + move[0], top + move[1], right + move[0], bottom + move[1]];
    const inside = next.every((each) => each >= -1e-9 && each <= 1 + 1e-9) && next[2] - next[0] >= LEAST && next[3] - next[1] >= LEAST;
    if (inside) { box = next; draw(); }
  }
}
