/** A dialog to draw in: over a picture, by pointer or by keyboard. Coordinates are shares of the picture, 0 to 1. */
import { button, el, original } from "./dom.js";
import { boxLayer } from "./box.js";
import { pointsLayer } from "./points.js";
import { strokesLayer } from "./strokes.js";

const GREEN = "#00c853";
const RED = "#ff1744";
const WHITE = "#ffffff";

/** What can be drawn: which layer takes the pointer, which inks it has, and what its button says. */
export const KINDS = {
  scribble: { verb: "Mark what to keep or drop", icon: "pen", paints: true, layer: strokesLayer, inks: [["Keep", GREEN], ["Drop", RED]] },
  pen: { verb: "Draw on the picture", icon: "pen", paints: true, layer: strokesLayer, inks: [["Pen", RED]] },
  mask: { verb: "Paint where to change", icon: "pen", paints: true, layer: strokesLayer, inks: [["Brush", WHITE]], ground: "#000000" },
  box: { verb: "Draw a box", icon: "crop", paints: false, layer: boxLayer, hint: "Drag a box. With the keyboard: arrow keys move it, Shift and arrow keys change its size." },
  points: { verb: "Adjust points", icon: "points", paints: false, layer: pointsLayer, hint: "Drag a point to where it belongs, or select it with Tab and move it with the arrow keys." },
};

/** Let the person draw; {blob} of a PNG or {value}, or null where they cancel. Throws an Error with words for the person. */
export async function easel({ kind, title, picture, value }) {
  const { layer: make, inks, ground, hint } = KINDS[kind];
  const image = await loaded(original(picture));
  const layer = await make({ image, picture, value, inks, ground });
  const board = el("div", { class: "wb-board" }, image, layer.node);
  board.style.setProperty("--ratio", `${image.naturalWidth} / ${image.naturalHeight}`);
  board.style.setProperty("--wide", image.naturalWidth / image.naturalHeight);
  return new Promise((resolve) => {
    const close = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    const dialog = el("dialog", { class: "wb-dialog wb-easel", "aria-label": title, on: { cancel: () => close(null) } },
      el("div", { class: "wb-dialog-head" }, el("h3", {}, title), button("Close", "close", () => close(null))),
      hint && el("p", { class: "wb-help" }, hint),
      el("div", { class: "wb-easel-tools" }, layer.tools),
      board,
      el("div", { class: "wb-easel-foot" },
        button("Cancel", null, () => close(null), { text: true, class: "wb-button wb-plain" }),
        button("Done", null, async () => close(await layer.result()), { text: true, class: "wb-button wb-strong" })));
    document.querySelector(".gradio-container").append(dialog);
    dialog.showModal();
  });
}

function loaded(source) {
  const image = el("img", { src: source, alt: "", draggable: "false" });
  return image.decode().then(() => image, () => { throw new Error("The picture could not be shown; add it again."); });
}

/** Where in the board an event happened, as shares of the picture, kept inside it. */
export function placeOf(event, node) {
  const box = node.getBoundingClientRect();
  const inside = (value) => Math.min(1, Math.max(0, value));
  return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
}

/** Follow one pointer from its press to its release. */
export function follow(node, event, { move, end = () => {} }) {
  node.setPointerCapture(event.pointerId);
  const stop = () => {
    for (const [name, listener] of Object.entries(listeners)) node.removeEventListener(name, listener);
    end();
  };
  const listeners = { pointermove: move, pointerup: stop, pointercancel: stop };
  for (const [name, listener] of Object.entries(listeners)) node.addEventListener(name, listener);
}
