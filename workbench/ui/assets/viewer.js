/** One picture, with zoom and pan, and a slider between before and after; or a video, which plays by itself without sound. */
import { button, el, original, thumbnail } from "./dom.js";

const MOST = 8;

export function viewer({ after, before, media, width, height, name }) {
  if (media?.startsWith("video/")) return { node: el("div", { class: "wb-view" }, player(after, width, height, name)) };
  const state = { scale: 1, x: 0, y: 0, split: 50, comparing: false };
  const top = el("img", { class: "wb-after", src: original(after), alt: name, draggable: "false" });
  const below = before && el("img", { class: "wb-before", alt: `${name}, before`, draggable: "false", hidden: true });
  const line = el("div", { class: "wb-split", hidden: true }, el("span", {}));
  const slider = el("input", { type: "range", min: 0, max: 100, value: 50, class: "wb-slider", "aria-label": "Before and after", hidden: true, on: { input: () => { state.split = Number(slider.value); draw(); } } });
  const frame = el("div", { class: "wb-frame" }, top, below, line);
  frame.style.setProperty("--ratio", `${width} / ${height}`);
  frame.style.setProperty("--wide", width / height);
  const plane = el("div", { class: "wb-plane" }, frame);
  const tags = el("div", { class: "wb-tags", hidden: true, "aria-hidden": "true" }, el("span", {}, "Before"), el("span", {}, "After"));
  const compare = before && button("Before and after", "split", toggle, { "aria-pressed": "false" });
  const view = el("div", { class: "wb-view", tabindex: "0", role: "group", "aria-label": `${name}. Plus and minus zoom, arrow keys move.`, on: { keydown: key, wheel, dblclick, pointerdown } },
    plane, tags, slider,
    el("div", { class: "wb-zoom", on: { dblclick: (event) => event.stopPropagation(), pointerdown: (event) => event.stopPropagation() } },
      compare, button("Zoom out", "minus", () => zoom(1 / 1.5)), button("Fit", "fit", fit), button("Zoom in", "add", () => zoom(1.5))));
  draw();
  return { node: view };

  function draw() {
    plane.style.transform = `translate(${state.x}px, ${state.y}px) scale(${state.scale})`;
    plane.style.setProperty("--zoom", state.scale);
    frame.style.setProperty("--split", `${state.split}%`);
    frame.classList.toggle("wb-comparing", state.comparing);
    view.classList.toggle("wb-zoomed", state.scale > 1);
  }

  function toggle() {
    state.comparing = !state.comparing;
    if (!below.src) below.src = original(before);
    for (const each of [below, line, tags, slider]) each.hidden = !state.comparing;
    compare.setAttribute("aria-pressed", String(state.comparing));
    draw();
  }

  function fit() { Object.assign(state, { scale: 1, x: 0, y: 0 }); draw(); }

  /** Zoom about a point given from the middle of the view, in pixels. */
  function zoom(by, x = 0, y = 0) {
    const scale = Math.min(MOST, Math.max(1, state.scale * by));
    const real = scale / state.scale;
    Object.assign(state, { scale, x: x - (x - state.x) * real, y: y - (y - state.y) * real });
    if (scale === 1) return fit();
    draw();
  }

  function fromMiddle(event) {
    const box = view.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  }

  function wheel(event) {
    if (!event.ctrlKey && state.scale === 1) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 300), ...fromMiddle(event));
  }

  function dblclick(event) { if (state.scale > 1) fit(); else zoom(2.5, ...fromMiddle(event)); }

  function key(event) {
    if (event.target !== view) return;
    const moves = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
    if (event.key === "+" || event.key === "=") zoom(1.5);
    else if (event.key === "-") zoom(1 / 1.5);
    else if (event.key === "0") fit();
    else if (moves[event.key] && state.scale > 1) { state.x += moves[event.key][0]; state.y += moves[event.key][1]; draw(); }
    else return;
    event.preventDefault();
  }

  function pointerdown(event) {
    if (event.target === slider || event.button !== 0) return;
    const from = { x: event.clientX - state.x, y: event.clientY - state.y };
    const splitting = state.comparing && (state.scale === 1 || event.target.closest(".wb-split"));
    if (!splitting && state.scale === 1) return;
    view.setPointerCapture(event.pointerId);
    const drag = (now) => {
      const box = frame.getBoundingClientRect();
      if (splitting) { state.split = Math.min(100, Math.max(0, (100 * (now.clientX - box.left)) / box.width)); slider.value = state.split; }
      else { state.x = now.clientX - from.x; state.y = now.clientY - from.y; }
      draw();
    };
    const stop = () => { view.removeEventListener("pointermove", drag); view.removeEventListener("pointerup", stop); view.removeEventListener("pointercancel", stop); };
    view.addEventListener("pointermove", drag);
    view.addEventListener("pointerup", stop);
    view.addEventListener("pointercancel", stop);
    drag(event);
  }
}

/** Plays at once unless the person has asked for less motion; muted, since browsers start nothing else by themselves. */
function player(asset, width, height, name) {
  const video = el("video", { src: original(asset), poster: thumbnail(asset), width, height, controls: true, loop: true, playsinline: true, preload: "auto", "aria-label": name });
  video.muted = true;
  video.autoplay = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  return video;
}
