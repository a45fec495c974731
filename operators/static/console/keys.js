// The keyboard and the clock of the console. Everything here presses what stands on the page anyway, so no key does
// what a button would not, and without scripts every page still works.
//
// data-key="a"        pressed by that key: inside the current row first, else outside all rows; a field is focused
// data-row            a row: moved to with arrows, j and k; the one with the focus, or aria-current, is the current one
// data-dialog="#id"   opens that <dialog>; a link gives its address to the form in it, and data-what a name
// data-until="ISO"    counts down to it (data-now: the server's clock), then hides what is data-ends around it
// data-poll="url"     asks for it every data-every seconds (10), while somebody looks; a form is sent instead
// data-live           a button whose form is sent in the background whenever somebody stops typing
// data-copy="#id"     copies the text of that element, or the address of the page; data-print prints it
// data-fresh          of the answers to those two: what takes the place of the element with the same id

const TYPING = "input, textarea, select, [contenteditable]";
const MOVES = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
const SECOND = 1000;
const rows = () => [...document.querySelectorAll("[data-row]")];
const boxes = () => [...document.querySelectorAll('[data-row] input[type="checkbox"]:enabled')];
const current = () =>
  document.activeElement.closest("[data-row]") ?? document.querySelector('[data-row][aria-current="true"]');
const usable = (element) => !element.disabled && element.checkVisibility();

function moveTo(row) {
  for (const other of rows()) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  row.tabIndex = -1;
  row.focus();
}

function move(by) {
  const all = rows().filter(usable);
  const at = all.indexOf(current());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  if (next) moveTo(next);
}

function keyed(key) {
  const named = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter(usable);
  const row = current();
  return named.find((one) => row?.contains(one)) ?? named.find((one) => !one.closest("[data-row]"));
}

function press(element) {
  if (element.matches(TYPING)) element.focus();
  else element.click();
}

function select(chosen) {
  for (const box of boxes()) box.checked = chosen(box);
  tell();
}

function tell() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  for (const place of document.querySelectorAll("[data-chosen]")) place.textContent = chosen ? `${chosen} selected` : "";
  for (const box of document.querySelectorAll("[data-all]")) {
    box.checked = chosen > 0 && chosen === all.length;
    box.indeterminate = chosen > 0 && chosen < all.length;
  }
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const { key, target } = event;
  if (key === "Escape") {
    if (target.matches(TYPING)) target.blur();
    else select(() => false);
    return;
  }
  if (target.matches(TYPING)) return;
  if (event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    if (key.toLowerCase() !== "a" || event.shiftKey || !boxes().length) return;
    event.preventDefault();
    select(() => true);
  } else if (key in MOVES && rows().length) {
    event.preventDefault();
    move(MOVES[key]);
  } else if (key === " " || key === "Enter") {
    const row = target.matches("a, button, summary") ? null : current();
    const box = row?.querySelector('input[type="checkbox"]');
    const link = row?.querySelector('[data-key="Enter"]');
    if (!row || !(key === " " ? box : link)) return;
    event.preventDefault();
    (key === " " ? box : link).click();
  } else if (!event.repeat && key.length === 1) {
    const element = keyed(key);
    if (!element) return;
    event.preventDefault();
    press(element);
  }
}

async function copy(button) {
  const source = button.dataset.copy && document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText(source ? source.textContent : location.href);
  button.textContent = "Copied";
}

function onClick(event) {
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  if (event.target.closest("[data-print]")) print();
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.querySelector(opener.dataset.dialog);
  if (event.target.closest("[data-close]")) {
    event.preventDefault();
    event.target.closest("dialog").close();
    return;
  }
  if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const form = dialog.querySelector("form:not([method=dialog])");
  if (form && opener.href) form.action = opener.href;
  const name = dialog.querySelector("[data-what]");
  if (name && opener.dataset.what) name.textContent = opener.dataset.what;
  dialog.showModal();
}

// A second press before the next page comes would be a second decision.
function onSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.dataset.poll !== undefined) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "true";
}

function refresh(text) {
  const answer = new DOMParser().parseFromString(text, "text/html");
  for (const fresh of answer.querySelectorAll("[data-fresh][id]")) {
    const old = document.getElementById(fresh.id);
    if (old && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(fresh));
  }
}

async function ask(url, form, button) {
  const body = form ? { method: "POST", body: new FormData(form, button) } : {};
  const answer = await fetch(url, { ...body, redirect: "error" });
  return { ok: answer.ok, text: await answer.text() };
}

function poll(element) {
  const form = element.matches("form") ? element : null;
  const timer = setInterval(async () => {
    if (document.hidden) return;
    const answer = await ask(form ? form.action : element.dataset.poll, form).catch(() => null); // away: ask again
    if (answer) refresh(answer.text);
    if (answer?.ok === false || !element.isConnected) clearInterval(timer);
  }, Number(element.dataset.every ?? 10) * SECOND);
}

function live(button) {
  let waiting;
  let last = 0;
  button.form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = ++last;
      const answer = await ask(button.formAction, button.form, button).catch(() => null);
      if (answer && mine === last) refresh(answer.text);
    }, SECOND / 3);
  });
}

const opened = Date.now();
function count() {
  for (const clock of document.querySelectorAll("[data-until]")) {
    const skew = clock.dataset.now ? Date.parse(clock.dataset.now) - opened : 0;
    const left = Math.max(0, Math.ceil((Date.parse(clock.dataset.until) - Date.now() - skew) / SECOND));
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left === 0) (clock.closest("[data-ends]") ?? clock).hidden = true;
  }
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
document.addEventListener("submit", onSubmit);
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) select(() => event.target.checked);
  else if (event.target.matches('[data-row] input[type="checkbox"]')) tell();
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
document.querySelectorAll("[data-poll]").forEach(poll);
document.querySelectorAll("button[data-live]").forEach(live);
for (const dialog of document.querySelectorAll("dialog[data-open]")) {
  dialog.close();
  dialog.showModal();
}
setInterval(count, SECOND);
count();
tell();
