/** What the parts of the page share: the selected tool, and the desk's way to recent pictures. */

const bus = new EventTarget();

export const store = {
  tool: "",
  recent: async () => [],
  say: (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail })),
  hear: (name, listener) => bus.addEventListener(name, (event) => listener(event.detail)),
};
