/** Strokes on a canvas of the picture's own size, with an eraser and undo. */
import { button, el } from "./dom.js";
import { follow, placeOf } from "./easel.js";

const MOST = 4096;
const WIDTHS = [["Fine", 0.008], ["Medium", 0.02], ["Broad", 0.05]];

export function strokesLayer({ image, inks, ground }) {
  const scale = Math.min(1, MOST / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = el("canvas", { class: `wb-canvas-layer${ground ? " wb-masking" : ""}`, width: Math.round(image.naturalWidth * scale), height: Math.round(image.naturalHeight * scale), on: { pointerdown } });
  const context = canvas.getContext("2d");
  const strokes = [];
  let ink = inks[0][1];
  let width = WIDTHS[1][1];
  const tools = [
    group("Ink", [...inks, ["Eraser", ""]], ink, (value) => { ink = value; }),
    group("Width", WIDTHS, width, (value) => { width = value; }),
    button("Undo", null, () => { strokes.pop(); redraw(); }, { text: true }),
    button("Clear", null, () => { strokes.length = 0; redraw(); }, { text: true }),
  ];
  return { node: canvas, tools, result };

  function group(name, options, first, choose) {
    const buttons = options.map(([words, value]) => button(words, null, () => { choose(value); press(value); }, { text: true, "aria-pressed": String(value === first), data: { value: String(value) } }));
    const press = (value) => buttons.forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.value === String(value))));
    return el("div", { class: "wb-group-of-tools", role: "group", "aria-label": name }, buttons);
  }

  function pointerdown(event) {
    if (event.button !== 0) return;
    const stroke = { ink, width, points: [placeOf(event, canvas)] };
    strokes.push(stroke);
    redraw();
    follow(canvas, event, { move: (now) => { stroke.points.push(placeOf(now, canvas)); redraw(); } });
  }

  function redraw() {
    context.clearRect(0, 0, canvas.width, canvas.height);
    strokes.forEach(paint);
  }

  function paint({ ink, width, points }) {
    context.globalCompositeOperation = ink ? "source-over" : "destination-out";
    Object.assign(context, { strokeStyle: ink || "#000000", lineWidth: width * Math.max(canvas.width, canvas.height), lineCap: "round", lineJoin: "round" });
    context.beginPath();
    points.forEach(([x, y], index) => context[index ? "lineTo" : "moveTo"](x * canvas.width, y * canvas.height));
    if (points.length === 1) context.lineTo(points[0][0] * canvas.width + 0.01, points[0][1] * canvas.height);
    context.stroke();
  }

  /** A PNG of the strokes, on the ground where there is one; null where nothing is drawn. */
  async function result() {
    if (!strokes.length) return null;
    if (ground) {
      context.globalCompositeOperation = "destination-over";
      context.fillStyle = ground;
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    return { blob: await new Promise((resolve) => canvas.toBlob(resolve, "image/png")) };
  }
}
