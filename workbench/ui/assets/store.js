/** What the parts of the page share: the selected tool, which picture a field holds, and the desk's way to recent pictures. */

const bus = new EventTarget();
const pictures = new Map();

export const store = {
  tool: "",
  recent: async () => [],
  say: (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail })),
  /** Note that a field holds an asset, or with an empty text that it holds none. */
  hold(field, asset) {
    if (pictures.get(field) === asset) return;
    pictures.set(field, asset);
    store.say("held", { field, asset });
  },
  held: (field) => pictures.get(field) ?? "",
  hear: (name, listener) => bus.addEventListener(name, (event) => listener(event.detail)),
};
