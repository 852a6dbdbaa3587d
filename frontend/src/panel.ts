// The side panel: opened from anywhere, present in the address (?client=12), so that back, reload and links keep it.
import htmx from "htmx.org";
import { ask } from "./dialogs";
import { text } from "./texts";

/** What can be opened, and where it is read: {"client": "/clients/0/"}. */
type Addresses = Record<string, string>;
type Shown = { key: string; id: string };

const panel = document.getElementById("panel");
const addresses: Addresses = JSON.parse(panel?.dataset.panels ?? "{}");
const narrow = window.matchMedia("(max-width: 40rem)");
const covered = () => document.querySelectorAll<HTMLElement>(".rail, .topbar, #main");

let shown: Shown | null = null;
let opener: HTMLElement | null = null;
let address = location.href;

/** What the address says is open. */
function said(): Shown | null {
  const query = new URLSearchParams(location.search);
  for (const key of Object.keys(addresses)) {
    const id = query.get(key);
    if (id && /^[0-9]{1,18}$/.test(id)) return { key, id };
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

async function open(next: Shown, from: HTMLElement | null): Promise<void> {
  if (!panel || !(await mayLeave())) return;
  if (from && !panel.contains(from)) opener = from;
  // One entry for the panel, whatever is looked at in it: the way back is the page without it.
  if (shown) history.replaceState(history.state, "", addressWith(next));
  else history.pushState({ panel: true }, "", addressWith(next));
  await load(next);
}

async function load(next: Shown): Promise<void> {
  if (!panel) return;
  shown = next;
  address = location.href;
  panel.replaceChildren(...skeleton());
  panel.hidden = false;
  cover();
  // The month that the page shows is the one that the panel tells of.
  const month = new URLSearchParams(location.search).get("month");
  const where = addresses[next.key]!.replace(/0(?=\/?$)/, next.id) + (month ? `?month=${encodeURIComponent(month)}` : "");
  await htmx.ajax("get", where, { target: panel, swap: "innerHTML", source: panel });
  if (!same(shown, next)) return;
  if (panel.querySelector(".skeleton")) return leave(); // it was refused, and the refusal says why
  const head = panel.querySelector<HTMLElement>("h2");
  if (head && !panel.contains(document.activeElement)) {
    head.tabIndex = -1;
    head.focus({ preventScroll: true });
  }
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
  if (history.state?.panel) history.back();
  else history.replaceState(history.state, "", addressWith(null));
  hide();
}

/** Empties the panel and gives the focus back. */
function hide(): void {
  const was = shown;
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
  const link = target.closest<HTMLElement>("[data-panel]");
  const [key = "", id = ""] = link?.dataset.panel?.split("=") ?? [];
  if (!link || !panel || !(key in addresses)) return;
  event.preventDefault();
  void open({ key, id }, link);
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
