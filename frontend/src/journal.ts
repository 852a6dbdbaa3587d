// The journal: the home of the group. One cell has the focus; arrows move it, keys and clicks mark it, Shift takes more of
// them. Every mark is sent at once with the version that was seen. All is heard at the page and not at the grid, which is
// put anew whenever somebody else marks.
import { cellAt, edge, enter, headOf, isClosed, journal, mayMark, next, placeOf, rowOf, settle, type Place } from "./journal/grid";
import { isTyping, letterOf, MOVES, STATUSES } from "./journal/keys";
import { everyone, wishes, write, type Outcome } from "./journal/marks";
import { open as openMenu, walk } from "./journal/menus";
import { drop, extend, paint, selected } from "./journal/range";
import { redo, remember, show as showUndo, undo } from "./journal/undo";
import { open as openPanel } from "./panel";
import { toast } from "./toasts";

const menuOf = (name: string) => document.getElementById(name);
const cellOf = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLElement>(".journal button.cell") : null;
const headAt = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLElement>(".journal thead th[data-lesson]") : null;

// One after the other: each mark is sent with the version that the one before has made.
let last: Promise<unknown> = Promise.resolve();
function queue(act: () => Promise<void>): void {
  const turn = () => act();
  last = last.then(turn, turn);
}

let chosen: Place[] = [];
let head = "";

// ---- what is done

function set(places: Place[], status: string): void {
  if (!mayMark() || !places.length) return;
  if (places.map(cellAt).some((cell) => cell && isClosed(cell))) return toast({ text: journal()!.dataset.closed!, failed: true });
  queue(async () => take(await write(wishes(places, status))));
}

function take(outcome: Outcome): void {
  if (typeof outcome === "string" || !outcome.length) return;
  remember(outcome);
  if (outcome.length === 1) return;
  toast({ text: `${journal()!.dataset.marked}: ${outcome.length}`, undo: () => queue(() => undo(outcome)) });
}

/** The cell, or all that are selected where it is one of them; those that are as they shall be are left out. */
function reached(cell: HTMLElement): HTMLElement[] {
  const range = selected();
  return range.includes(cell) ? range : [cell];
}

function setAt(cell: HTMLElement, status: string): void {
  const cells = reached(cell).filter((each) => (each.dataset.s ?? "") !== status || each.matches(".failed, .saving"));
  if (!cells.some(isClosed)) for (const each of cells) each.classList.add("saving");
  set(cells.map(placeOf), status);
}

// ---- what is opened

function openCell(cell: HTMLElement): void {
  const menu = menuOf("mark-choice");
  if (!menu) return;
  if (!selected().includes(cell)) drop();
  enter(cell);
  const cells = reached(cell);
  chosen = cells.map(placeOf);
  for (const item of menu.querySelectorAll<HTMLButtonElement>("[role='menuitemradio']")) {
    item.ariaChecked = String(item.value !== "" && item.value === cell.dataset.s);
  }
  // What is opened beside the page speaks of one cell.
  const ids = cells.length === 1 ? { cell: idOf(cell), "cell-comments": idOf(cell) } : {};
  const is = `${isClosed(cell) ? "closed" : "open"} ${cell.dataset.right === undefined ? "" : "right"}`;
  openMenu(menu, cell, { ids, is });
}

function idOf(cell: HTMLElement): string {
  const { lesson, client } = placeOf(cell);
  return `${lesson}-${client}`;
}

function openLesson(of: HTMLElement): void {
  const menu = menuOf("lesson-menu");
  head = of.dataset.lesson!;
  if (menu) openMenu(menu, of, { ids: { lesson: head, "lesson-comments": head }, is: of.dataset.is ?? "" });
}

function openRow(row: HTMLTableRowElement, beside: Parameters<typeof openMenu>[1]): void {
  const menu = menuOf("row-menu");
  if (!menu) return;
  for (const item of menu.querySelectorAll<HTMLAnchorElement>("[data-as]")) {
    const known = row.querySelector<HTMLAnchorElement>(`.reach [data-is="${item.dataset.as}"]`);
    item.dataset.when = known ? "" : "never";
    if (known) item.href = known.href;
  }
  const { client, enrolment } = row.dataset;
  const ids = { client, enrolment, sale: client, ask: client, freezes: client, "client-comments": client };
  openMenu(menu, beside, { ids, is: "" });
}

// ---- what is heard

const main = document.getElementById("main");

main?.addEventListener("click", (event) => {
  if (!journal()) return;
  const target = event.target as Element;
  const cell = cellOf(target);
  if (cell && event.shiftKey) {
    const from = cellOf(document.activeElement);
    return from ? extend(from, cell) : enter(cell);
  }
  if (cell) return openCell(cell);
  const dots = target.closest<HTMLElement>(".journal .dots");
  if (dots) return openRow(rowOf(dots)!, dots);
  const act = target.closest<HTMLElement>("[data-do]")?.dataset.do;
  if (act === "undo") return queue(undo);
  if (act === "redo") return queue(redo);
  const menu = target.closest<HTMLElement>("[popover]");
  if (menu) return choose(menu, target.closest<HTMLElement>("a, button"));
  const of = headAt(target);
  if (!of || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  openLesson(of);
});

/** An item of a menu; a link goes on to open what it names. */
function choose(menu: HTMLElement, item: HTMLElement | null): void {
  if (!item || !["mark-choice", "lesson-menu", "row-menu"].includes(menu.id)) return;
  if (menu.matches(":popover-open")) menu.hidePopover();
  if (item.dataset.do === "everyone") {
    const lesson = head;
    queue(async () => take(await everyone(lesson)));
  } else if (item instanceof HTMLButtonElement) set(chosen, item.value);
}

// Shift and a click take cells, not the text between them.
main?.addEventListener("mousedown", (event) => {
  if (event.shiftKey && cellOf(event.target)) event.preventDefault();
});

main?.addEventListener("contextmenu", (event) => {
  const row = (event.target as Element).closest<HTMLTableRowElement>(".journal tr[data-client]");
  if (!row || event.shiftKey || event.ctrlKey || (event.target as Element).closest("a")) return;
  event.preventDefault();
  const show = () => openRow(row, { left: event.clientX, top: event.clientY, bottom: event.clientY });
  // Where the button is still down, letting it go would close what has opened.
  if (event.buttons) document.addEventListener("pointerup", () => window.setTimeout(show), { once: true });
  else show();
});

// Before anybody else: Escape drops a selection first, and closes the panel when pressed again.
document.addEventListener("keydown", (event) => {
  if (!journal() || document.querySelector("dialog[open]")) return;
  const menu = document.querySelector<HTMLElement>(".choice:popover-open");
  const heard = menu ? pressedIn(menu, event) : isTyping(event.target) ? false : pressed(event);
  if (heard) event.preventDefault();
}, true);

function pressedIn(menu: HTMLElement, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (menu.id === "mark-choice" && event.code in STATUSES && mayMark()) {
    menu.hidePopover();
    set(chosen, STATUSES[event.code]!);
    return true;
  }
  return walk(menu, event.key);
}

/** Whether the key meant something here. */
function pressed(event: KeyboardEvent): boolean {
  const letter = letterOf(event);
  if (event.ctrlKey || event.metaKey) {
    if (event.altKey || !mayMark() || !(letter === "Z" || (letter === "Y" && !event.shiftKey))) return false;
    queue(letter === "Z" && !event.shiftKey ? undo : redo);
    return true;
  }
  if (event.altKey) return false;
  if (event.key === "Escape") return !document.querySelector(":popover-open") && drop();
  const cell = cellOf(event.target);
  if (cell) return pressedAt(cell, letter, event);
  const of = headAt(event.target);
  if (of && event.key in MOVES) {
    enter(next(of, MOVES[event.key]!));
    return true;
  }
  const row = rowOf(event.target as Element);
  if (!row || letter !== "M") return false;
  openRow(row, row.querySelector(".dots") ?? row);
  return true;
}

function pressedAt(cell: HTMLElement, letter: string, event: KeyboardEvent): boolean {
  const way = MOVES[event.key];
  if (way || event.key === "Home" || event.key === "End") {
    const to = way ? next(cell, way) : edge(cell, event.key === "End" ? 1 : -1);
    if (event.shiftKey) extend(cell, to);
    else if (drop() || to) enter(to ?? cell);
    return true;
  }
  if (event.shiftKey) return false;
  if (event.code in STATUSES && mayMark()) setAt(cell, STATUSES[event.code]!);
  else if (letter === "C" && menuOf("mark-choice")?.querySelector("[data-to='cell-comments']")) about(cell, "cell-comments");
  else if (letter === "O" || letter === " ") about(cell, "cell");
  else if (letter === "M") openRow(rowOf(cell)!, rowOf(cell)!.querySelector(".dots") ?? cell);
  else if (letter === "H") openLesson(headOf(cell));
  else return false;
  return true;
}

function about(cell: HTMLElement, key: string): void {
  void openPanel({ key, id: idOf(cell) }, cell);
}

// A space pressed on a button counts when it is let go.
document.addEventListener("keyup", (event) => {
  if (event.code === "Space" && cellOf(event.target)) event.preventDefault();
});

function found(): void {
  if (!journal()) return;
  settle();
  paint();
  showUndo();
}
for (const name of ["htmx:afterSwap", "htmx:afterSettle"]) document.addEventListener(name, found);
found();
