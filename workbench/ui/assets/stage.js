/** The job that is looked at: waiting, running, failed, or its results with what can be done with them. */
import { button, el, icon, original, thumbnail } from "./dom.js";
import { viewer } from "./viewer.js";

const seconds = (value) => (value < 10 ? value.toFixed(1) : Math.round(value).toString());
const isVideo = (output) => output.media?.startsWith("video/");
const shown = (output) => (isVideo(output) ? thumbnail : original)(output.asset);
const credits = (value) => `${value} ${value === 1 ? "credit" : "credits"}`;

export function stage({ cancel, again, use, preview: previewOf }) {
  const node = el("div", { class: "wb-stage" });
  const toast = el("p", { class: "wb-problem", role: "alert", hidden: true });
  let destinations = [];
  let built = "";
  let update = () => {};
  return { node, show, say, destinations: (all) => { destinations = all; } };

  function say(text) { toast.textContent = text; toast.hidden = !text; }

  function show(job, unknown) {
    const kind = job ? `${job.id} ${job.ended ? `${job.status} ${job.outputs.length}` : "under way"}` : unknown ? "unknown" : "none";
    if (kind !== built) {
      built = kind;
      say("");
      update = () => {};
      node.replaceChildren(...(!job ? [empty(unknown)] : job.ended ? ended(job) : underway(job)), toast);
    }
    update(job);
  }

  function empty(unknown) {
    if (unknown) return el("div", { class: "wb-empty" }, el("h2", {}, "No such job"), el("p", {}, "It is not in this studio; pick another one from the history."));
    return el("div", { class: "wb-empty" }, el("h2", {}, "Your picture appears here"),
      el("p", {}, "Choose a tool, add a photo and press Run. Everything stays on this machine."));
  }

  function underway(job) {
    const preview = el("img", { class: "wb-preview", alt: "Preview", hidden: true });
    const bar = el("div", { class: "wb-progress", role: "progressbar", "aria-label": job.title, "aria-valuemin": 0, "aria-valuemax": 100 }, el("span", {}));
    const words = el("p", { class: "wb-note", "aria-live": "polite" });
    const time = el("span", { class: "wb-aside" });
    let drawn = "";
    if (job.before) { preview.src = thumbnail(job.before); preview.hidden = false; preview.classList.add("wb-behind"); }
    update = (now) => {
      const part = now.of ? Math.min(1, now.step / now.of) : 0;
      bar.setAttribute("aria-valuenow", Math.round(part * 100));
      bar.firstChild.style.width = `${Math.max(2, part * 100)}%`;
      bar.classList.toggle("wb-idle", now.status === "waiting");
      words.textContent = now.status === "waiting" ? "Waiting for its turn" : now.note || "Starting";
      time.textContent = now.status === "waiting" ? "" : `${now.of ? `step ${now.step} of ${now.of}, ` : ""}${seconds(now.seconds)} s`;
      drawLatest(now);
    };
    /** The newest finished output, else the engine's preview, else the picture that is worked on. */
    const drawLatest = async (now) => {
      const made = now.outputs.findLast((output) => output.asset);
      const wanted = made?.asset ?? (now.preview ? `${now.step}` : "");
      if (!wanted || wanted === drawn) return;
      drawn = wanted;
      const picture = made ? shown(made) : await previewOf(now.id).catch(() => "");
      if (!picture) return;
      Object.assign(preview, { src: picture, hidden: false });
      preview.classList.remove("wb-behind");
    };
    const stop = button("Cancel", null, () => { stop.disabled = true; cancel(job.id); }, { text: true, class: "wb-button wb-plain" });
    return [el("div", { class: "wb-view wb-making" }, preview,
      el("div", { class: "wb-making-card" }, el("h2", {}, job.title), words, bar, el("div", { class: "wb-making-foot" }, time, stop)))];
  }

  function ended(job) {
    const made = job.outputs.filter((output) => output.asset);
    if (!made.length) return [failed(job), about(job, null)];
    const view = el("div", { class: "wb-viewport" });
    const side = el("div", { class: "wb-beneath" });
    const strip = el("div", { class: "wb-strip", role: "group", "aria-label": "Outputs", hidden: job.outputs.length < 2 });
    const marks = job.outputs.map((output) => output.asset
      ? el("button", { type: "button", class: "wb-pick", "aria-label": `Output ${output.index + 1}`, on: { click: () => choose(output) } }, el("img", { src: thumbnail(output.asset), alt: "" }))
      : el("span", { class: "wb-pick wb-missing", role: "img", "aria-label": `Output ${output.index + 1} failed`, title: output.error?.message ?? "" }, icon("warning")));
    strip.replaceChildren(...marks);
    const choose = (output) => {
      const name = job.outputs.length > 1 ? `${job.title}, output ${output.index + 1}` : job.title;
      view.replaceChildren(viewer({ after: output.asset, before: job.before, media: output.media, width: output.width, height: output.height, name }).node);
      side.replaceChildren(about(job, output));
      marks.forEach((mark, index) => mark.setAttribute("aria-current", String(job.outputs[index] === output)));
    };
    choose(made[0]);
    return [view, strip, side];
  }

  function failed(job) {
    const cancelled = job.status === "cancelled";
    const why = job.error?.message ?? job.outputs.find((output) => output.error)?.error.message ?? "";
    return el("div", { class: "wb-empty", role: "status" }, cancelled ? null : icon("warning"), el("h2", {}, cancelled ? "Cancelled" : "That did not work"),
      why && !cancelled && el("p", {}, why), el("p", { class: "wb-aside" }, job.credits ? `${credits(job.credits)} for what was delivered.` : "Nothing was charged."));
  }

  function about(job, output) {
    const notes = output ? output.notes : [];
    const missed = output ? job.outputs.filter((each) => each.error) : [];
    return el("div", { class: "wb-about" },
      el("div", { class: "wb-about-head" },
        el("h2", {}, job.title),
        el("span", { class: `wb-badge${job.draft ? " wb-draft" : ""}`, title: job.draft ? "Made without any downloaded model" : "" }, job.engine),
        actions(job, output)),
      el("dl", { class: "wb-facts" }, [...job.facts, { title: "Time", text: `${seconds(output ? output.seconds || job.seconds : job.seconds)} s` }, { title: "Price", text: credits(job.credits) }]
        .map((fact) => el("div", {}, el("dt", {}, fact.title), el("dd", {}, fact.text)))),
      notes.length > 0 && el("ul", { class: "wb-notes" }, notes.map((note) => el("li", {}, note))),
      output && job.better && el("p", { class: "wb-aside wb-better" }, job.better),
      missed.length > 0 && el("ul", { class: "wb-problems" }, missed.map((each) => el("li", {}, `Output ${each.index + 1}: ${each.error.message}`))),
      output && nextSteps(output),
      inputs(job));
  }

  function actions(job, output) {
    return el("div", { class: "wb-actions" },
      button("Run again", "recent", () => again(job.id, "same"), { text: true, "aria-label": job.seeded ? "Run again with the same seed" : "Run again" }),
      job.seeded && button("New variation", "add", () => again(job.id, "new"), { text: true, "aria-label": "New variation with a new seed" }),
      output && el("a", { class: "wb-button wb-strong", href: original(output.asset), download: fileName(job, output) }, icon("download"), "Download"));
  }

  function fileName(job, output) {
    const end = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "video/mp4": "mp4" }[output.media] ?? "png";
    return `${job.tool}-${job.id.slice(0, 8)}-${output.index + 1}.${end}`;
  }

  /** No tool takes a video. */
  function nextSteps(output) {
    if (isVideo(output)) return null;
    return el("div", { class: "wb-next", role: "group", "aria-label": "Use in" }, el("span", { class: "wb-aside" }, "Use in"),
      destinations.map((each) => el("button", { type: "button", class: "wb-chip", disabled: !each.runnable, title: each.runnable ? "" : "Not available on this machine yet",
        on: { click: () => use(each.tool, each.field, output.asset) } }, each.title)));
  }

  function inputs(job) {
    if (!job.inputs.length) return null;
    return el("div", { class: "wb-inputs" }, job.inputs.map((input) => el("div", {}, el("span", { class: "wb-aside" }, input.title),
      input.text ? el("q", {}, input.text) : el("span", { class: "wb-given" }, input.assets.map((asset) => el("a", { href: original(asset), target: "_blank", rel: "noopener" }, el("img", { src: thumbnail(asset), alt: input.title })))))));
  }
}
