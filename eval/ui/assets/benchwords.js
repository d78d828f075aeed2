/** Numbers, times and states as people read them. */

export const MODES = { fast: "Fast", balanced: "Balanced", quality: "Quality", auto: "Auto" };
export const STATES = {
  running: "Running", stopping: "Stopping", writing: "Writing the report", finished: "Finished", stopped: "Stopped", interrupted: "Interrupted",
  failed: "Broke off", elsewhere: "Running elsewhere", unreadable: "Can’t be read",
};
export const STATUSES = { done: "done", refused: "refused", failed: "failed", unsupported: "not possible here" };

export const count = (number) => Number(number).toLocaleString("en");
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
export const resolution = (name) => (/^\dk$/.test(name) ? name.toUpperCase() : name === "auto" ? "Auto" : name);

export function span(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${Math.max(1, whole)} s`;
  if (whole < 3600) return whole < 150 && whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.round(whole / 60)} min`;
  const minutes = Math.round(whole / 60);
  return minutes % 60 ? `${count(Math.floor(minutes / 60))} h ${minutes % 60} min` : `${count(minutes / 60)} h`;
}

export const seconds = (value) => (value === null || value === undefined ? "–" : `${value < 1 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} s`);
export const credits = (value) => (value === null || value === undefined ? "–" : count(Math.round(value * 10) / 10));

export function when(iso) {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? "" : at.toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
}

/** `12 tools · Fast, Balanced · 1K · 3 seeds · 4 cases each`. */
export function grid(told) {
  const tools = told.titles.length > 3 ? `${told.titles.length} tools` : told.titles.join(", ");
  const cases = told.limit === null ? "all cases" : `${plural(told.limit, "case")} each`;
  const engines = told.engines.join(", ");
  return [tools, told.modes.map((each) => MODES[each] ?? each).join(", "), told.resolutions.map(resolution).join(", "), cases, plural(told.seeds.length, "seed"), engines].join(" · ");
}

/** `37 of 144 cells`, what went wrong, and how long the rest takes. */
export function progress(tally) {
  const parts = [`${count(tally.ended)} of ${plural(tally.total, "cell")}`];
  if (tally.left) parts.push(`about ${span(tally.left)} left`);
  for (const name of ["failed", "refused", "unsupported"]) if (tally[name]) parts.push(`${count(tally[name])} ${STATUSES[name]}`);
  return parts.join(" · ");
}
