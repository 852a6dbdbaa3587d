// The side panel: opened from anywhere, present in the address (?client=12, ?cell=12-34), so that back, reload and links
// keep it. data-open="payment" beside data-panel="client=12" opens that part of it, which says data-fold="payment".
import htmx from "htmx.org";
import { ask } from "./dialogs";
import { text } from "./texts";

/** What can be opened, and where it is read, with 0 where each id belongs: {"cell": "/lessons/0/clients/0/"}. */
type Addresses = Record<string, string>;
export type Shown = { key: string; id: string };

const panel = document.getElementById("panel");
const addresses: Addresses = JSON.parse(panel?.dataset.panels ?? "{}");
const narrow = window.matchMedia("(max-width: 40rem)");
const covered = () => document.querySelectorAll<HTMLElement>(".rail, .topbar, #main");

let shown: Shown | null = null;
let opener: HTMLElement | null = null;
let address = location.href;
let loads = 0; // what is no longer the last of them has nothing to say when its answer comes
let gone: Promise<unknown> = Promise.resolve(); // the step back that closing is: it is taken a moment later

/** What the address says is open. */
function said(): Shown | null {
  const query = new URLSearchParams(location.search);
  for (const key of Object.keys(addresses)) {
    const id = query.get(key);
    if (id && fits(key, id)) return { key, id };
  }
  return null;
}

/** Whether there are as many ids as the address has places. */
function fits(key: string, id: string): boolean {
  const ids = id.split("-");
  return ids.every((each) => /^[0-9]{1,18}$/.test(each)) && addresses[key]?.match(/\b0\b/g)?.length === ids.length;
}

export function addressOf({ key, id }: Shown): string {
  const ids = id.split("-");
  return addresses[key]!.replace(/\b0\b/g, () => ids.shift()!);
}

/** What a panel would show of an address, if anything. */
function shownAt(address: string): Shown | null {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin) return null;
  for (const [key, pattern] of Object.entries(addresses)) {
    const ids = new RegExp(`^${pattern.replace(/\b0\b/g, "([0-9]{1,18})")}$`).exec(url.pathname);
    if (ids) return { key, id: ids.slice(1).join("-") };
  }
  return null;
}

function addressWith(next: Shown | null): string {
  const url = new URL(location.href);
  for (const key of Object.keys(addresses)) url.searchParams.delete(key);
  if (next) url.searchParams.set(next.key, next.id);
  return url.toString();
}

function same(one: Shown | null, other: Shown | null): boolean {
  return one?.key === other?.key && one?.id === other?.id;
}

function dirty(): boolean {
  return !!panel?.querySelector("form[data-dirty], form [aria-invalid='true']");
}

async function mayLeave(): Promise<boolean> {
  return !dirty() || ask(text("unsaved"), text("leave"));
}

/** Opens what `next` names; `fold` is the part of it to open; the focus goes back to `from`. */
export async function open(next: Shown, from: HTMLElement | null, fold = ""): Promise<void> {
  if (!panel || !fits(next.key, next.id) || !(await mayLeave())) return;
  await gone;
  if (from && !panel.contains(from)) opener = from;
  // One entry for the panel, whatever is looked at in it: the way back is the page without it.
  if (shown) history.replaceState(history.state, "", addressWith(next));
  else history.pushState({ panel: true }, "", addressWith(next));
  await load(next, fold);
}

async function load(next: Shown, fold = ""): Promise<void> {
  if (!panel) return;
  const mine = ++loads;
  shown = next;
  address = location.href;
  panel.replaceChildren(...skeleton());
  panel.hidden = false;
  cover();
  // The month that the page shows is the one that the panel tells of.
  const month = new URLSearchParams(location.search).get("month");
  // And what is sold from a journal is sold for its group.
  const group = next.key === "sale" ? document.querySelector<HTMLElement>(".journal[data-group]")?.dataset.group : "";
  const told = [["month", month ?? ""], ["group", group ?? ""], ["open", fold]].filter(([, value]) => value);
  const query = new URLSearchParams(told).toString();
  const where = addressOf(next) + (query ? `?${query}` : "");
  await htmx.ajax("get", where, { target: panel, swap: "innerHTML", source: panel }).catch(() => undefined);
  if (mine !== loads) return;
  if (panel.querySelector("[data-loading]")) return leave(); // it was refused, and the refusal says why
  if (fold && unfold(fold)) return;
  const head = panel.querySelector<HTMLElement>("h2");
  if (head && !panel.contains(document.activeElement)) {
    head.tabIndex = -1;
    head.focus({ preventScroll: true });
  }
}

/** The fold of that name, open and in sight, its first field ready to be typed in. */
function unfold(name: string): boolean {
  const named = CSS.escape(name);
  const fold = panel!.querySelector(`[id="${named}"], [data-fold="${named}"]`) ?? panel!.querySelector("details[open]");
  if (!fold) return false;
  // What is fetched by itself is ready a moment later.
  if (fold.querySelector(".later")) fold.addEventListener("htmx:afterSettle", () => void unfold(name), { once: true });
  for (let part = fold.closest("details"); part; part = part.parentElement?.closest("details") ?? null) part.open = true;
  const field = fold.querySelector<HTMLElement>("input:not([type='hidden'], :disabled), select, textarea, button, a[href]");
  fold.scrollIntoView({ block: "start" });
  (field ?? fold.querySelector("summary"))?.focus({ preventScroll: true });
  return true;
}

function skeleton(): Node[] {
  const template = document.getElementById("panel-loading") as HTMLTemplateElement | null;
  return template ? [template.content.cloneNode(true)] : [];
}

export async function close(): Promise<void> {
  if (shown && (await mayLeave())) leave();
}

/** The address of the page without the panel: one step back where it was opened here, else in its place. */
function leave(): void {
  if (history.state?.panel) {
    gone = new Promise((done) => window.addEventListener("popstate", done, { once: true }));
    history.back();
  } else history.replaceState(history.state, "", addressWith(null));
  hide();
}

/** Empties the panel and gives the focus back. */
function hide(): void {
  const was = shown;
  loads += 1;
  shown = null;
  panel!.hidden = true;
  panel!.replaceChildren();
  cover();
  const again = was && document.querySelector<HTMLElement>(`[data-panel="${was.key}=${was.id}"]`);
  (opener?.isConnected ? opener : again)?.focus();
  opener = null;
}

/** A sheet over the whole phone hides what lies below from the keyboard, too. */
function cover(): void {
  for (const part of covered()) part.inert = narrow.matches && shown !== null;
}
narrow.addEventListener("change", cover);

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const target = event.target as Element;
  if (target.closest("#panel .close")) {
    event.preventDefault();
    return void close();
  }
  const link = target.closest<HTMLElement>("[data-panel], #panel a[href]:not([hx-get], [target])");
  const next = link && leadsTo(link);
  if (!next || !panel) return;
  event.preventDefault();
  // A menu has closed behind the click and has given the focus back: there it belongs afterwards.
  const from = link.closest("[popover]") ? (document.activeElement as HTMLElement) : link;
  void open(next, from, link.dataset.open ?? foldOf(link));
});

/** What of the panel a link opens: what it names, or, inside the panel, what its address is; not what is open already. */
function leadsTo(link: HTMLElement): Shown | null {
  const [key = "", id = ""] = link.dataset.panel?.split("=") ?? [];
  if (key in addresses) return { key, id };
  const next = link instanceof HTMLAnchorElement && panel?.contains(link) ? shownAt(link.href) : null;
  return same(next, shown) ? null : next;
}

/** What a link that leads to a page of its own asks to be opened there: /enrolments/12/?open=end */
function foldOf(link: HTMLElement): string {
  return link instanceof HTMLAnchorElement ? new URL(link.href).searchParams.get("open") ?? "" : "";
}

// A plain form inside the panel is sent without leaving the page, too. What answers with another page than a panel shows
// leads there.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method !== "post" || !panel?.contains(form)) return;
  event.preventDefault();
  const pressed = event.submitter as HTMLButtonElement | null;
  const values = pressed?.name ? { [pressed.name]: pressed.value } : {};
  void htmx.ajax("post", form.action, { source: form, target: panel, swap: "innerHTML", values });
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event as CustomEvent;
  if (detail.target === panel && !shown) detail.shouldSwap = false; // it was closed before the answer came
  const answered = detail.xhr.responseURL;
  if (detail.target !== panel || detail.isError || !answered || shownAt(answered)) return;
  if (new URL(answered).pathname === new URL(detail.pathInfo.requestPath, location.href).pathname) return;
  detail.shouldSwap = false;
  location.href = answered;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector("dialog[open], :popover-open, details.more[open]")) return;
  const refusal = document.getElementById("refusal");
  if (!refusal?.childElementCount && !shown) return;
  event.preventDefault(); // else the same key would close the question that it asks
  if (refusal?.childElementCount) refusal.replaceChildren();
  else void close();
});

window.addEventListener("popstate", async () => {
  const next = said();
  if (same(next, shown)) return;
  if (!(await mayLeave())) return history.pushState({ panel: true }, "", address);
  if (next) await load(next);
  else hide();
});

// What was typed and not sent is asked about before it goes; a plain page asks, too, where its form says data-guard.
document.addEventListener("input", (event) => {
  const form = (event.target as Element).closest<HTMLFormElement>("form");
  if (form && (panel?.contains(form) || "guard" in form.dataset)) form.dataset.dirty = "";
});
for (const name of ["submit", "htmx:afterRequest"]) {
  document.addEventListener(name, (event) => {
    const done = name === "submit" ? !panel?.contains(event.target as Node) : (event as CustomEvent).detail.successful;
    if (done && event.target instanceof HTMLFormElement) delete event.target.dataset.dirty;
  });
}
window.addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-dirty]")) event.preventDefault();
});

const first = said();
if (first && panel) document.addEventListener("DOMContentLoaded", () => void load(first));
