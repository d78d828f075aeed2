/** Takes pictures in: upload, paste, drag, or a recent one. The value is a list of asset ids; no picture stays in the page. */
import { button, el, icon, thumbnail } from "./dom.js";
import { store } from "./store.js";
import { pickRecent } from "./recent.js";
import { take } from "./upload.js";

const ACCEPT = "image/*,.heic,.heif,.avif,.tif,.tiff,.bmp";
const open = new Set();
document.addEventListener("paste", (event) => takePasted(event));

export function start({ element, props, watch }) {
  const { title, limit, required } = props;
  const busy = new Set();
  const input = el("input", { type: "file", accept: ACCEPT, multiple: limit > 1, hidden: true, "aria-label": title, on: { change: chosen } });
  const tiles = el("div", { class: "wb-tiles" });
  const problem = el("p", { class: "wb-problem", role: "alert", hidden: true });
  const remark = el("p", { class: "wb-aside wb-remark", role: "status" });
  const note = limit > 1 ? `up to ${limit}` : required ? "" : "optional";
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", title);
  element.replaceChildren(
    el("div", { class: "wb-label" }, el("span", {}, title), note && el("span", { class: "wb-aside" }, note)),
    el("p", { class: "wb-help" }, props.help), tiles, input, remark, problem);

  const field = { element, room, add: addAll, tool: () => element.closest(".wb-tab, [role=tabpanel]") };
  open.add(field);
  element.addEventListener("dragover", (event) => { event.preventDefault(); element.classList.add("wb-over"); });
  element.addEventListener("dragleave", () => element.classList.remove("wb-over"));
  element.addEventListener("drop", dropped);
  watch("value", draw);
  draw();

  function held() { return Array.isArray(props.value) ? props.value : []; }
  function room() { return limit - held().length - busy.size; }
  function hold(ids) { say(""); remark.textContent = ""; props.value = ids; draw(); }
  function say(text) { problem.textContent = text; problem.hidden = !text; }

  function chosen() { addAll([...input.files]); input.value = ""; }

  function dropped(event) {
    event.preventDefault();
    element.classList.remove("wb-over");
    const moved = event.dataTransfer.getData("application/x-workbench-tile");
    const asset = event.dataTransfer.getData("application/x-workbench-asset");
    if (event.dataTransfer.files.length) addAll([...event.dataTransfer.files]);
    else if (moved && held().includes(asset)) reorder(asset, event.target.closest("[data-asset]")?.dataset.asset);
    else if (asset) keep(asset);
  }

  function keep(asset) {
    hold(limit === 1 ? [asset] : [...held(), asset].slice(0, limit));
  }

  function reorder(asset, before) {
    const rest = held().filter((each) => each !== asset);
    const at = before ? held().indexOf(before) : rest.length;
    rest.splice(at < 0 ? rest.length : at, 0, asset);
    hold(rest);
  }

  async function addAll(files) {
    const places = limit === 1 ? 1 : room();
    if (places < 1) return say(`There is room for ${limit}; remove one first.`);
    await Promise.all(files.slice(0, places).map(add));
    if (files.length > places && problem.hidden) say(`There is room for ${limit}; the others were left out.`);
  }

  async function add(file) {
    const ticket = Symbol(file.name);
    busy.add(ticket);
    say("");
    draw();
    const answer = await take(file);
    busy.delete(ticket);
    if (answer.id) { keep(answer.id); remark.textContent = answer.notes.join(" "); }
    else { draw(); say(`${file.name ? `${file.name}: ` : ""}${answer.error}`); }
  }

  function draw() {
    const all = held();
    const shown = all.map((asset, index) => tile(asset, index, all.length));
    const waiting = [...busy].map(() => el("div", { class: "wb-tile wb-taking", role: "status" }, el("span", { class: "wb-spinner" }), el("span", { class: "wb-hidden" }, "Taking the picture in")));
    const more = room() > 0 ? [drop(all.length > 0)] : [];
    tiles.replaceChildren(...shown, ...waiting, ...more);
    element.classList.toggle("wb-filled", all.length > 0);
    store.hold(props.field, all[0] ?? "");
  }

  function tile(asset, index, count) {
    const name = count > 1 ? `${title} ${index + 1}` : title;
    const start = (event) => {
      event.dataTransfer.setData("application/x-workbench-asset", asset);
      event.dataTransfer.setData("application/x-workbench-tile", "1");
    };
    return el("figure", { class: "wb-tile", draggable: "true", data: { asset }, on: { dragstart: start } },
      el("img", { src: thumbnail(asset), alt: name, decoding: "async" }),
      el("div", { class: "wb-tools" },
        index > 0 && button(`Move ${name} left`, "back", () => shift(index, -1)),
        index < count - 1 && button(`Move ${name} right`, "forward", () => shift(index, 1)),
        button(`Remove ${name}`, "close", () => { hold(held().filter((each) => each !== asset)); tiles.querySelector("button")?.focus(); })));
  }

  function shift(index, step) {
    const ids = [...held()];
    [ids[index], ids[index + step]] = [ids[index + step], ids[index]];
    hold(ids);
  }

  function drop(another) {
    const words = another ? "Add another" : required ? "Drop a photo here or browse" : "Add";
    return el("div", { class: "wb-drop" },
      el("button", { type: "button", class: "wb-browse", "aria-label": `${title}: upload`, on: { click: () => input.click() } },
        icon(required && !another ? "picture" : "add"), el("span", {}, words)),
      el("div", { class: "wb-ways" },
        button("Paste", "paste", paste, { text: true, "aria-label": `${title}: paste` }),
        button("Recent", "recent", async () => { const asset = await pickRecent(title); if (asset) keep(asset); }, { text: true, "aria-label": `${title}: use recent` })));
  }

  async function paste() {
    try {
      const items = await navigator.clipboard.read();
      const kinds = items.map((item) => ({ item, type: item.types.find((type) => type.startsWith("image/")) })).filter(({ type }) => type);
      if (!kinds.length) return say("There is no picture on the clipboard; copy one first.");
      await addAll(await Promise.all(kinds.map(async ({ item, type }) => new File([await item.getType(type)], "pasted", { type }))));
    } catch {
      say("The browser gives no access to the clipboard; press Ctrl+V instead.");
    }
  }
}

/** A pasted file goes to the focused field of the open tab, else to the first with room. */
function takePasted(event) {
  const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
  if (!files.length) return;
  const visible = [...open].filter((field) => field.element.isConnected && field.element.offsetParent);
  const target = visible.find((field) => field.element.contains(document.activeElement)) ?? visible.find((field) => field.room() > 0);
  if (!target) return;
  event.preventDefault();
  target.add(files);
}
