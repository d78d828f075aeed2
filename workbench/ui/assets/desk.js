/** Follows the studio's jobs: asks while one is under way, and goes on asking when the server is away for a moment. */
import { el } from "./dom.js";
import { historyList } from "./history.js";
import { stage } from "./stage.js";
import { store } from "./store.js";

const BUSY_MS = 600;
const LOST_MS = 1500;
const active = (entry) => entry.status === "waiting" || entry.status === "running";

export function start({ element, props, trigger, server, watch }) {
  let timer = 0;
  let asked = 0;
  let first = true;
  const lost = el("p", { class: "wb-lost", role: "status", hidden: true }, "The studio does not answer. Jobs go on by themselves; trying again …");
  const shown = stage({ cancel, again, use, preview: (job) => server.preview(job) });
  const past = historyList({ pick: load });
  const canvas = el("section", { class: "wb-canvas", "aria-label": "Result" }, lost, shown.node);
  element.replaceChildren(el("div", { class: "wb-studio" }, canvas, past.node));

  store.recent = async () => (await server.recent()).pictures;
  shown.destinations(props.destinations);
  watch("value", () => { reveal(); look(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  look();

  async function look() {
    clearTimeout(timer);
    const ticket = ++asked;
    const answer = await server.look(props.value || "").catch(() => null);
    if (ticket !== asked) return;
    if (answer) return show(answer);
    lost.hidden = false;
    timer = setTimeout(look, LOST_MS);
  }

  function show(answer) {
    lost.hidden = true;
    if (first) restore(answer.job);
    first = false;
    store.say("balance", answer.balance);
    shown.show(answer.job, answer.unknown);
    past.show(answer.history, answer.job?.id);
    if (answer.history.some(active)) timer = setTimeout(look, BUSY_MS);
  }

  /** After a reload, a job under way finds its inputs in its tab again. */
  function restore(job) { if (job && active(job) && job.tool === store.tool) fill(job.tool, { job: job.id, values: {} }); }

  function fill(tool, what) { trigger(`fill_${tool.replaceAll("-", "_")}`, what); }

  function load(entry) {
    props.value = entry.id;
    fill(entry.tool, { job: entry.id, values: {} });
    look();
  }

  function use(tool, field, asset) {
    fill(tool, { job: "", values: { [field]: asset } });
    document.getElementById("tool")?.scrollIntoView({ behavior: "smooth", block: "start" });
  }

  /** On a narrow screen the result is below the inputs. */
  function reveal() {
    if (matchMedia("(max-width: 900px)").matches) canvas.scrollIntoView({ behavior: "smooth", block: "start" });
  }

  async function cancel(job) { await ask(() => server.cancel(job)); }

  async function again(job, seed) { await ask(() => server.again({ job, seed })); }

  async function ask(call) {
    try {
      const answer = await call();
      if (answer.error) return shown.say(answer.error);
      if (answer.job) props.value = answer.job;
    } catch {
      shown.say("The studio does not answer; nothing was changed.");
    }
    return look();
  }
}
