/** Files on their way into the studio. */

/** Ask the studio to take a file in; {id} or {error}. */
export async function take(file) {
  const form = new FormData();
  form.append("file", file, file.name || "pasted");
  try {
    const response = await fetch("/api/pictures", { method: "POST", body: form });
    const body = await response.json();
    return response.ok ? { id: body.id, notes: body.inputs?.notes ?? [] } : { error: wordsOf(body) };
  } catch {
    return { error: "could not be sent; check that the studio is running and try again." };
  }
}

/** What a refusal says. */
export function wordsOf(body) {
  return body.fields?.map((each) => each.message).join("; ") || body.message || "could not be taken in.";
}
