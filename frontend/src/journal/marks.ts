// How marks are sent, and what is made of the answer: what was taken is put in its place, what was refused is shown.
import htmx from "htmx.org";
import { csrf } from "../requests";
import { toast } from "../toasts";
import { cellAt, cellsOf, journal, type Place } from "./grid";

/** What stands in a cell. The status "" is none: a mark taken back. */
export type Value = { status: string; version: string; late: string };
export type Change = Place & { before: Value; after: Value };
/** What a cell is to be, and which version of it was looked at. */
export type Wish = Place & { status: string; late: string; seen: string };
/** What came of it: the cells that have changed; or it was refused; or nobody knows, and it may be sent again. */
export type Outcome = Change[] | "refused" | "lost";

/** All or nothing. */
export function write(wishes: Wish[]): Promise<Outcome> {
  const lessons = new Set(wishes.map((wish) => wish.lesson));
  const [only] = lessons;
  const body = new URLSearchParams();
  for (const { lesson, client, status, late, seen } of wishes) {
    const place = lessons.size === 1 ? client : `${lesson}-${client}`;
    body.set(`mark-${place}`, status);
    body.set(`seen-${place}`, seen);
    if (late) body.set(`late-${place}`, late);
  }
  const address = lessons.size === 1 ? `/lessons/${only}/marks/` : `/groups/${journal()!.dataset.group}/marks/`;
  return send(address, body, wishes.map(cellAt).filter((cell) => cell !== null));
}

/** Everyone who is expected and not marked yet was there. */
export function everyone(lesson: string): Promise<Outcome> {
  return send(`/lessons/${lesson}/everyone/`, new URLSearchParams(), []);
}

async function send(address: string, body: URLSearchParams, waiting: HTMLElement[]): Promise<Outcome> {
  for (const cell of waiting) {
    cell.classList.remove("failed");
    cell.classList.add("saving");
  }
  const unsaved = journal()!.dataset.unsaved!;
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": csrf() } });
    if (answer.headers.has("HX-Redirect")) location.href = answer.headers.get("HX-Redirect")!;
    const part = document.createElement("template");
    part.innerHTML = await answer.text();
    // What else went with it: a visit that was booked for a right which is gone.
    const said = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}").toast;
    if (said) toast(said);
    if (answer.ok) return put(part.content);
    refuse(part.content, answer.status, unsaved);
    return "refused";
  } catch {
    for (const cell of waiting) {
      cell.classList.add("failed");
      cell.title = unsaved;
    }
    toast({ text: unsaved, failed: true });
    return "lost";
  } finally {
    for (const cell of waiting) cell.classList.remove("saving");
  }
}

function refuse(part: DocumentFragment, status: number, unsaved: string): void {
  const place = document.getElementById("refusal")!;
  if (part.querySelector(".notice")) place.replaceChildren(part);
  else toast({ text: unsaved, failed: true });
  // Somebody else was here first: their marks are shown.
  if (status === 409) htmx.trigger("#sheet", "live", {});
}

/** Puts the answer in place; returns what has changed. */
function put(part: DocumentFragment): Change[] {
  const changes: Change[] = [];
  const lessons = new Set<string>();
  for (const told of part.querySelectorAll<HTMLElement>("[data-client]")) {
    const place = { lesson: told.dataset.lesson!, client: told.dataset.client! };
    const old = cellAt(place);
    const fresh = told.firstElementChild as HTMLElement | null;
    if (!old || !fresh) continue;
    const change = { ...place, before: valueOf(old), after: valueOf(fresh) };
    if (change.before.version !== change.after.version) changes.push(change);
    lessons.add(place.lesson);
    // Marking says nothing anew: what was said on the cell still stands on it.
    const said = old.querySelector(".note");
    if (said && !fresh.querySelector(".note")) fresh.append(said);
    const here = old === document.activeElement;
    fresh.tabIndex = old.tabIndex;
    old.replaceWith(fresh);
    if (here) fresh.focus();
  }
  for (const told of part.querySelectorAll<HTMLElement>("[data-balance]")) {
    for (const place of journal()!.querySelectorAll(`[data-balance="${told.dataset.balance}"]`)) {
      place.replaceChildren(...[...told.childNodes].map((node) => node.cloneNode(true)));
    }
  }
  for (const lesson of lessons) sum(lesson);
  return changes;
}

function valueOf(cell: HTMLElement): Value {
  return { status: cell.dataset.s ?? "", version: cell.dataset.v ?? "0", late: cell.dataset.late ?? "" };
}

/** The foot of a column says at once what the marks above it say. */
function sum(lesson: string): void {
  const foot = journal()!.querySelector(`[data-sum="${lesson}"]`);
  const cells = cellsOf(lesson);
  if (foot) foot.textContent = `${cells.filter((cell) => cell.classList.contains("attended")).length}/${cells.length}`;
}

/** Wishes for cells as they stand now. */
export function wishes(cells: Place[], status: string): Wish[] {
  return cells.map(({ lesson, client }) => {
    const cell = cellAt({ lesson, client });
    return { lesson, client, status, late: "", seen: cell ? valueOf(cell).version : "0" };
  });
}
