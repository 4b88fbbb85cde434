// The only script of the site; every page works without it.
const all = (query, root = document) => [...root.querySelectorAll(query)];
const one = (query) => document.querySelector(query);
document.documentElement.dataset.script = "on";

// the plan follows the form
const form = one("form[data-live]");
const plan = one("#plan");
let waiting = 0;
let asked = null;

const replace = (text) => {
  const before = new Map(all("details[id]", plan).map((found) => [found.id, found.open]));
  const focus = plan.contains(document.activeElement) ? document.activeElement.id : "";
  plan.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  for (const details of all("details[id]", plan)) {
    // what the server unfolds nobody may miss
    details.open ||= before.get(details.id);
  }
  if (focus) (document.getElementById(focus) || plan).focus({ preventScroll: true });
  const short = one("#short");
  const says = one("[data-short]")?.dataset.short || one(".errors h2")?.textContent;
  if (short && says) short.textContent = says;
  offer();
};

const unfold = (field) => {
  const box = field.closest("details");
  if (box) box.open = true;
};

const settle = (target) => {
  // an answer beside the plan becomes the answer in the form
  const name = target.name?.match(/^answer\.(.+)$/)?.[1];
  const field = name && form.elements[name];
  if (field && !(field instanceof RadioNodeList)) {
    field.value = target.value;
    unfold(field);
  }
};

const update = async () => {
  asked?.abort();
  asked = new AbortController();
  const said = new URLSearchParams(new FormData(form));
  try {
    const answer = await fetch(form.dataset.live, { method: "POST", body: said, signal: asked.signal });
    const text = await answer.text();
    if (answer.ok || answer.status === 422) replace(text);
    else one("#short").textContent = `The plan could not be brought up to date (${answer.status}); send the form.`;
  } catch (problem) {
    if (problem.name !== "AbortError") one("#short").textContent = "No connection: the plan below is the last one.";
  }
};

if (form && plan) {
  const later = (event) => {
    if (event.target.form !== form || event.target.closest("#impact")) return;
    settle(event.target);
    clearTimeout(waiting);
    waiting = setTimeout(update, event.type === "input" ? 400 : 0);
  };
  document.addEventListener("change", later);
  document.addEventListener("input", (event) => event.target.matches("input:not([type=checkbox])") && later(event));
}

// a link that carries the facts in its fragment, which no server ever sees
const link = () => {
  const said = [...new FormData(form)].filter(([name, value]) => value && name !== "csrfmiddlewaretoken");
  const bytes = new TextEncoder().encode(JSON.stringify(said));
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${location.origin}${location.pathname}#p=${text}`;
};

const fill = () => {
  const packed = location.hash.match(/^#p=([\w-]+)$/)?.[1];
  if (!packed || !form) return;
  try {
    const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    for (const [name, value] of JSON.parse(new TextDecoder().decode(bytes))) {
      const field = form.elements[name];
      if (!field || name === "csrfmiddlewaretoken") continue;
      const boxes = field instanceof RadioNodeList ? [...field] : [field];
      for (const box of boxes) {
        if (box.type !== "checkbox") box.value = value;
        else if (box.value === value) box.checked = true;
      }
      unfold(boxes[0]);
    }
  } catch {
    one("#short").textContent = "The link is broken; nothing was filled in.";
    return;
  }
  history.replaceState(null, "", location.pathname);
  update();
};

// buttons that need a script
const offer = () => {
  for (const button of all("[data-copy=link], [data-print]")) button.hidden = false;
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-print]");
  if (!button) return;
  if ("print" in button.dataset) return void window.print();
  if (!navigator.clipboard) return;
  event.preventDefault();
  let said = "Copied";
  try {
    if (button.dataset.copy === "link") await navigator.clipboard.writeText(link());
    else {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(button.formAction, { method: "POST", body });
      await navigator.clipboard.writeText(await answer.text());
    }
  } catch {
    said = "The browser does not allow copying";
  }
  one("#copied").textContent = said;
});

// shortcuts, which can be turned off
const OFF = "consilium-shortcuts=off";
const pages = { p: "/plan", a: "/ask/", e: "/evidence/" };
let last = "";
document.addEventListener("keydown", (event) => {
  if (document.cookie.includes(OFF) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) return;
  const key = event.key;
  if (last === "g" && pages[key]) location.assign(pages[key]);
  else if (key === "/") (one("[data-ask]") || one("a[href='/ask/']"))?.focus();
  else if (key === "?") location.assign("/shortcuts");
  else if (key === "j" || key === "k") {
    const options = all(".option").filter((option) => option.offsetParent);
    const at = options.indexOf(document.activeElement.closest(".option"));
    options[Math.max(0, at + (key === "j" ? 1 : -1))]?.focus();
  } else if (key === "p") one("[formaction='/plan/print'], [data-print]")?.click();
  else if (key === "e") (one("[formaction='/plan/everything']") || one("a[href='/evidence/']"))?.click();
  else {
    last = key;
    setTimeout(() => (last = ""), 1500);
    return;
  }
  last = "";
  event.preventDefault();
});

offer();
fill();
