/** Two pictures or videos side by side that are zoomed and moved as one. */
import { button, el } from "../dom.js";

const MAX_ZOOM = 8;
const STEP = 1.5;
const NO_MOVE = { zoom: 1, x: 0, y: 0 };

export function duel() {
  const look = { ...NO_MOVE };
  const sides = ["left", "right"].map(sideOf);
  const level = el("output", { class: "ar-level", "aria-live": "off" }, "100 %");
  const tools = el("div", { class: "ar-zoom", role: "group", "aria-label": "Zoom both" },
    button("Zoom out", "minus", () => zoomBy(1 / STEP)), level, button("Zoom in", "add", () => zoomBy(STEP)), button("Fit", "fit", reset));
  const node = el("div", { class: "ar-duel" }, sides.map((side) => side.node), tools);
  const touches = new Map();
  return { node, show, reveal };

  function sideOf(name) {
    const plane = el("div", { class: "ar-plane" });
    const caption = el("figcaption", { class: "ar-caption" }, el("span", { class: "ar-side" }, name === "left" ? "Left" : "Right"));
    const view = el("div", { class: "ar-view", tabindex: 0, role: "group", "aria-label": `${name === "left" ? "Left" : "Right"} output; plus and minus zoom both`, on: {
      wheel: onWheel, pointerdown: onDown, pointermove: onMove, pointerup: onUp, pointercancel: onUp, dblclick: onDouble, keydown: onKey,
    } }, plane);
    return { name, plane, caption, view, node: el("figure", { class: "ar-figure", data: { side: name } }, view, caption) };
  }

  /** Resolves to whether both can be seen. */
  async function show(pair) {
    reset();
    const made = sides.map((side) => (pair.video ? film : still)(`/pages/arena/files/${pair.token}/${side.name}`, `${side.name} output for ${pair.title}`));
    sides.forEach((side, index) => {
      side.node.removeAttribute("data-chosen");
      side.caption.replaceChildren(el("span", { class: "ar-side" }, side.name === "left" ? "Left" : "Right"));
      side.plane.replaceChildren(made[index].node);
    });
    const ready = await Promise.all(made.map((each) => each.ready.then(() => true, () => false)));
    if (pair.video) made.forEach((each) => { each.node.currentTime = 0; each.node.play().catch(() => {}); });
    return ready.every(Boolean);
  }

  function still(source, name) {
    const node = el("img", { src: source, alt: name, draggable: "false" });
    return { node, ready: node.decode() };
  }

  function film(source, name) {
    const node = el("video", { src: source, "aria-label": name, loop: true, playsinline: true, preload: "auto" });
    node.muted = true;
    return { node, ready: new Promise((found, lost) => { node.addEventListener("loadeddata", found, { once: true }); node.addEventListener("error", lost, { once: true }); }) };
  }

  function reveal(answer) {
    for (const side of sides) {
      side.caption.append(el("span", { class: "ar-name" }, answer[side.name]));
      side.node.toggleAttribute("data-chosen", answer.choice === side.name);
    }
  }

  function apply() {
    const reach = (look.zoom - 1) / 2;
    look.x = Math.min(reach, Math.max(-reach, look.x));
    look.y = Math.min(reach, Math.max(-reach, look.y));
    for (const side of sides) {
      side.plane.style.transform = `translate(${look.x * 100}%, ${look.y * 100}%) scale(${look.zoom})`;
      side.view.toggleAttribute("data-zoomed", look.zoom > 1);
    }
    level.textContent = `${Math.round(look.zoom * 100)} %`;
  }

  function reset() { Object.assign(look, NO_MOVE); apply(); }

  /** Zooms about a point of the view, given from its middle in parts of its size. */
  function zoomBy(factor, at = { x: 0, y: 0 }) {
    const zoom = Math.min(MAX_ZOOM, Math.max(1, look.zoom * factor));
    const real = zoom / look.zoom;
    Object.assign(look, { zoom, x: at.x - (at.x - look.x) * real, y: at.y - (at.y - look.y) * real });
    apply();
  }

  function place(event, view = event.currentTarget) {
    const box = view.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width - 0.5, y: (event.clientY - box.top) / box.height - 0.5 };
  }

  function onWheel(event) {
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, place(event));
  }

  function onDouble(event) { if (look.zoom > 1) reset(); else zoomBy(3, place(event)); }

  function onDown(event) {
    touches.set(event.pointerId, place(event));
    if (look.zoom > 1 || touches.size > 1) event.currentTarget.setPointerCapture(event.pointerId);
  }

  function onMove(event) {
    const before = touches.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    const other = [...touches].find(([id]) => id !== event.pointerId)?.[1];
    touches.set(event.pointerId, now);
    if (other) {
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      return zoomBy(Math.hypot(now.x - other.x, now.y - other.y) / Math.max(0.01, Math.hypot(before.x - other.x, before.y - other.y)), middle);
    }
    if (look.zoom === 1) return;
    look.x += now.x - before.x;
    look.y += now.y - before.y;
    apply();
  }

  function onUp(event) { touches.delete(event.pointerId); }

  function onKey(event) {
    const act = { "+": () => zoomBy(STEP), "=": () => zoomBy(STEP), "-": () => zoomBy(1 / STEP), Escape: reset }[event.key];
    if (act) { event.preventDefault(); act(); }
  }
}
