/** Recent jobs of all tools, newest first; entries keep their nodes, and with them the focus. */
import { el, icon, thumbnail } from "./dom.js";

const WORDS = { waiting: "waiting", running: "running", completed: "done", failed: "failed", cancelled: "cancelled" };

export function historyList({ pick }) {
  const list = el("ol", { class: "wb-past" });
  const none = el("p", { class: "wb-aside" }, "What you make is kept here.");
  const entries = new Map();
  const node = el("aside", { class: "wb-history", "aria-label": "History" }, el("h2", { class: "wb-caption" }, "History"), none, list);
  return { node, show };

  function show(jobs, current) {
    none.hidden = jobs.length > 0;
    const wanted = jobs.map((job) => entryOf(job, job.id === current));
    if (wanted.some((each, index) => list.children[index] !== each) || list.children.length !== wanted.length) list.replaceChildren(...wanted);
    const ids = new Set(jobs.map((job) => job.id));
    for (const id of entries.keys()) if (!ids.has(id)) entries.delete(id);
  }

  function entryOf(job, current) {
    const known = entries.get(job.id);
    const look = JSON.stringify([job.status, job.progress, job.assets, current]);
    if (known?.look === look) return known.item;
    const item = known?.item ?? el("li", {});
    if (known?.kind === `${job.status}${job.assets}`) refresh(item, job, current);
    else item.replaceChildren(tile(job, current));
    entries.set(job.id, { look, item, kind: `${job.status}${job.assets}` });
    return item;
  }

  function refresh(item, job, current) {
    const made = item.firstElementChild;
    made.setAttribute("aria-current", String(current));
    made.style.setProperty("--progress", job.progress);
  }

  function tile(job, current) {
    const when = new Date(job.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    const words = `${job.title}, ${WORDS[job.status]}`;
    const made = el("button", { type: "button", class: `wb-entry wb-${job.status}`, title: `${words}\n${when}`, "aria-label": words, "aria-current": String(current),
      draggable: job.assets.length && job.media === "image" ? "true" : false, on: { click: () => pick(job), dragstart: (event) => event.dataTransfer.setData("application/x-workbench-asset", job.assets[0] ?? "") } },
    job.assets.length ? picture(job.assets[0]) : job.source && picture(job.source, "wb-source"),
    !job.assets.length && mark(job),
    job.assets.length > 1 && el("span", { class: "wb-count" }, String(job.assets.length)));
    made.style.setProperty("--progress", job.progress);
    return made;
  }

  function picture(asset, kind = "") {
    return el("img", { src: thumbnail(asset), alt: "", loading: "lazy", draggable: "false", class: kind });
  }

  function mark(job) {
    if (job.status === "failed") return icon("warning");
    if (job.status === "cancelled") return icon("close");
    return el("span", { class: "wb-ring" });
  }
}
