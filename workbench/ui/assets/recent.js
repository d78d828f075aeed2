import { button, el, thumbnail } from "./dom.js";
import { store } from "./store.js";

/** Let the person pick one of the studio's recent pictures; its asset id, or null. */
export async function pickRecent(title) {
  const pictures = await store.recent();
  return new Promise((resolve) => {
    const done = (asset) => { dialog.close(); dialog.remove(); resolve(asset); };
    const tiles = pictures.map((each) => el("button", { type: "button", class: "wb-pick", title: each.name, on: { click: () => done(each.id) } },
      el("img", { src: thumbnail(each.id), alt: `${each.name || each.kind}, ${each.width} by ${each.height}`, loading: "lazy" })));
    const dialog = el("dialog", { class: "wb-dialog", "aria-label": `Recent pictures for ${title}`, on: { cancel: () => done(null) } },
      el("div", { class: "wb-dialog-head" }, el("h3", {}, "Recent pictures"), button("Close", "close", () => done(null))),
      tiles.length ? el("div", { class: "wb-picks" }, tiles) : el("p", { class: "wb-help" }, "Pictures that you upload or make appear here."));
    dialog.addEventListener("click", (event) => { if (event.target === dialog) done(null); });
    document.querySelector(".gradio-container").append(dialog);
    dialog.showModal();
  });
}
