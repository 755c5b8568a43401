// Forms that act (silences, retries): they ask the API of this server, say what it answered, and do one thing however
// often they are pressed. Forms with data-filter choose what the page shows.

const LENGTH = /^[0-9]+[smhd]$/;
const busy = new WeakSet();

// `choose` takes an address on this page. Answers with a function that stops it all.
export function forms(root, choose) {
  const submitted = (event) => {
    if (event.target.matches("form[data-send]")) {
      event.preventDefault();
      send(event.target, choose);
    } else if (event.target.matches("form[data-filter]")) {
      event.preventDefault();
      filter(event.target, choose);
    }
  };
  const changed = (event) => {
    const form = event.target.closest("form[data-filter]");
    if (form) filter(form, choose);
  };
  const pressed = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], :popover-open")) return;
    root.querySelector("a[data-escape]")?.click();
  };
  root.addEventListener("submit", submitted);
  root.addEventListener("change", changed);
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}

// Choices of the form replace those of the address; empty ones, and the page of the history, leave it.
function filter(form, choose) {
  const address = new URL(location.href);
  address.searchParams.delete("before");
  for (const [name, value] of new FormData(form)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  choose(address.pathname + address.search);
}

async function send(form, choose) {
  if (busy.has(form)) return;
  busy.add(form);
  try {
    if (form.dataset.ask && !(await asked(form.dataset.ask, form.dataset.verb))) return;
    clear(form);
    const answer = await fetch(form.dataset.to, {
      method: form.dataset.send,
      headers: { "content-type": "application/json" },
      body: form.dataset.send === "DELETE" ? undefined : (form.dataset.body ?? JSON.stringify(silenceOf(form))),
    });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) refused(form, found, answer.status);
    else done(form, found, choose);
  } catch {
    say(form, "The monitor does not answer; nothing was done.", false);
  } finally {
    busy.delete(form);
  }
}

function silenceOf(form) {
  const given = new FormData(form);
  const wanted = { why: given.get("why").trim(), by: given.get("by").trim() };
  for (const name of ["rule", "instance"]) if (given.get(name)) wanted[name] = given.get(name);
  if (given.has("levels")) wanted.levels = given.getAll("levels");
  const end = given.get("end");
  if (end === "other") wanted.until = `${given.get("other")}:00+08:00`;
  else wanted[LENGTH.test(end) ? "length" : "until"] = end;
  return wanted;
}

function done(form, found, choose) {
  say(form, [form.dataset.done, found.id].filter(Boolean).join(": "), true);
  form.reset();
  const close = form.querySelector("a[data-escape]");
  if (close) choose(close.getAttribute("href"));
}

// The sentence stands at the first field that it names, else below the form.
function refused(form, found, status) {
  const sentence = [found.reason || found.error || `refused (${status})`, found.hint].filter(Boolean).join(". ");
  const text = sentence.replace(/^body: /, "");
  const place = (output) => text.search(new RegExp(`\\b${output.dataset.error}\\b`));
  const [nearest] = [...form.querySelectorAll("[data-error]")]
    .filter((output) => place(output) >= 0)
    .sort((one, other) => place(one) - place(other));
  if (!nearest) {
    say(form, text, false);
    return;
  }
  nearest.textContent = text;
  const field = nearest.parentElement.querySelector("select, input");
  field?.setAttribute("aria-invalid", "true");
  field?.focus();
}

function clear(form) {
  for (const output of form.querySelectorAll("[data-error]")) output.textContent = "";
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  say(form, "", true);
}

function say(form, text, good) {
  const output = document.getElementById(form.dataset.says) ?? form.querySelector("output[data-says]");
  if (!output) return;
  output.textContent = text;
  output.className = good ? "good" : "bad";
}

// Asks once; Escape and the second button leave things as they are.
function asked(question, verb) {
  const dialog = document.createElement("dialog");
  const text = document.createElement("p");
  const form = document.createElement("form");
  const [yes, no] = [verb, "Leave it"].map((label) => {
    const button = document.createElement("button");
    button.textContent = label;
    button.className = "button";
    return button;
  });
  dialog.className = "ask";
  text.textContent = question;
  form.method = "dialog";
  yes.value = "yes";
  yes.classList.add("primary");
  form.append(yes, no);
  dialog.append(text, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
