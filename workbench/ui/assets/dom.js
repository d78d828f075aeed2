/** DOM nodes from plain values. Texts become text nodes, so nothing that a person wrote is ever read as markup. */

/** An element; `on` holds listeners, `data` the dataset, everything else becomes an attribute (false and null are left out). */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  const { on = {}, data = {}, ...rest } = attributes;
  for (const [name, listener] of Object.entries(on)) node.addEventListener(name, listener);
  Object.assign(node.dataset, data);
  for (const [name, value] of Object.entries(rest)) {
    if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const PATHS = {
  add: "M12 5v14M5 12h14",
  back: "M14 6l-6 6 6 6",
  close: "M6 6l12 12M18 6L6 18",
  crop: "M7 3v14h14M3 7h14v14",
  download: "M12 4v11m0 0l-4-4m4 4l4-4M5 20h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  forward: "M10 6l6 6-6 6",
  minus: "M5 12h14",
  paste: "M9 4h6v3H9zM9 5H6v15h12V5h-3",
  pen: "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  points: "M6 6h.01M18 8h.01M8 18h.01M16 17h.01M6 6l12 2-2 9-8 1z",
  recent: "M12 7v5l3 2M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4",
  split: "M12 3v18M8 8l-4 4 4 4M16 8l4 4-4 4",
  warning: "M12 4l9 16H3zM12 10v4M12 17h.01",
};

/** A line icon, hidden from assistive technology: the control around it carries the name. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: "wb-icon" })) svg.setAttribute(key, value);
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon and a name; the name is shown only where `text` says so. */
export function button(name, symbol, click, { text = false, ...attributes } = {}) {
  const named = text ? {} : { "aria-label": name, title: name };
  return el("button", { type: "button", class: "wb-button", ...named, ...attributes, on: { click } }, symbol && icon(symbol), text && name);
}

export const thumbnail = (asset) => `/files/${encodeURIComponent(asset)}/thumbnail`;
export const original = (asset) => `/files/${encodeURIComponent(asset)}`;
