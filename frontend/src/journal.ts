// The journal: the home of the group. One cell has the focus; arrows move it, keys and clicks mark it. Every mark is
// sent at once with the version that was seen; what the server answers is put in place, and what it refuses is shown.
import htmx from "htmx.org";
import { csrf } from "./requests";
import { register } from "./register";
import { toast } from "./toasts";

/** A status of a mark; "" is none: a mark taken back. */
type Status = string;
type Act = { lesson: string; marks: Map<string, Status> };

// By the place of the key, so that it is the same on a Russian, a Ukrainian and an English keyboard.
const KEYS: Record<string, Status> = {
  Digit1: "attended", Numpad1: "attended", Digit2: "missed", Numpad2: "missed", Digit3: "excused", Numpad3: "excused",
  Digit4: "planned", Numpad4: "planned", Digit0: "", Numpad0: "", Delete: "", Backspace: "",
};
const MOVES: Record<string, [number, number]> = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
};
const MOST_UNDONE = 50;
const narrow = window.matchMedia("(max-width: 40rem)");

register(".journal", (journal) => {
  const choice = document.getElementById("mark-choice");
  const menu = document.getElementById("lesson-menu");
  if (!choice || !menu) return; // whoever only looks
  const done: Act[] = [];
  // One after the other: each mark is sent with the version that the one before has made.
  let last: Promise<unknown> = Promise.resolve();
  const after = (act: () => Promise<void>): void => void (last = last.then(act, act));
  let chosen: HTMLElement | null = null;
  let head: HTMLElement | null = null;

  const cells = () => [...journal.querySelectorAll<HTMLElement>("button.cell")];
  const clientOf = (cell: Element) => cell.closest<HTMLElement>("tr")!.dataset.client!;
  const heads = () => [...journal.querySelectorAll<HTMLElement>("thead th[data-lesson]")];
  const lessonOf = (cell: Element) => heads()[column(cell)]!.dataset.lesson!;
  const column = (cell: Element) => cell.closest<HTMLTableCellElement>("td")!.cellIndex - 2;
  const cellAt = (client: string, lesson: string) => {
    const index = heads().findIndex((each) => each.dataset.lesson === lesson);
    const row = journal.querySelector<HTMLTableRowElement>(`tr[data-client="${client}"]`);
    return row?.cells[index + 2]?.querySelector<HTMLElement>(".cell") ?? null;
  };

  // One cell of the grid is in the order of Tab; it is the one that was used last.
  function enter(cell: HTMLElement | undefined, focus = true): void {
    if (!cell) return;
    journal.querySelector("button.cell[tabindex='0']")?.setAttribute("tabindex", "-1");
    cell.tabIndex = 0;
    if (focus) cell.focus();
  }
  function startAt(): void {
    if (journal.querySelector("button.cell[tabindex='0']")) return;
    const today = heads().findIndex((each) => each.classList.contains("today"));
    enter(cells().find((cell) => column(cell) === today) ?? cells()[0], false);
  }
  startAt();
  document.body.addEventListener("htmx:afterSettle", startAt);

  function move(from: HTMLElement, [down, right]: [number, number]): void {
    const rows = [...journal.querySelectorAll<HTMLTableRowElement>("tr[data-client]")];
    let row = rows.indexOf(from.closest("tr")!);
    let place = column(from);
    for (;;) {
      row += down;
      place += right;
      if (!rows[row] || place < 0 || place >= heads().length) return;
      const next = rows[row]!.cells[place + 2]?.querySelector<HTMLElement>("button.cell");
      if (next) return enter(next);
    }
  }

  async function send(lesson: string, address: string, body: URLSearchParams, waiting: HTMLElement[]): Promise<Act | null> {
    for (const cell of waiting) {
      cell.classList.remove("failed");
      cell.classList.add("saving");
    }
    try {
      const answer = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": csrf() } });
      if (answer.headers.has("HX-Redirect")) location.href = answer.headers.get("HX-Redirect")!;
      const part = document.createElement("template");
      part.innerHTML = await answer.text();
      if (!answer.ok) {
        refuse(part.content, answer.status);
        return null;
      }
      const said = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}").toast;
      if (said) toast(said);
      return put(part.content, lesson);
    } catch {
      for (const cell of waiting) {
        cell.classList.add("failed");
        cell.title = journal.dataset.unsaved!;
      }
      toast({ text: journal.dataset.unsaved!, failed: true });
      return null;
    } finally {
      for (const cell of waiting) cell.classList.remove("saving");
    }
  }

  function refuse(part: DocumentFragment, status: number): void {
    const place = document.getElementById("refusal")!;
    if (part.querySelector(".notice")) place.replaceChildren(part);
    else toast({ text: journal.dataset.unsaved!, failed: true });
    // Somebody else was here first: their marks are shown.
    if (status === 409) htmx.trigger("#sheet", "live", {});
  }

  /** Puts the answer in place; returns how it was before. */
  function put(part: DocumentFragment, lesson: string): Act {
    const before: Act = { lesson, marks: new Map() };
    for (const told of part.querySelectorAll<HTMLElement>("[data-client]")) {
      const client = told.dataset.client!;
      const old = cellAt(client, told.dataset.lesson!);
      const fresh = told.firstElementChild as HTMLElement | null;
      if (!old || !fresh) continue;
      before.marks.set(client, old.dataset.s ?? "");
      const here = old === document.activeElement;
      fresh.tabIndex = old.tabIndex;
      old.replaceWith(fresh);
      if (here) fresh.focus();
    }
    for (const told of part.querySelectorAll<HTMLElement>("[data-balance]")) {
      for (const place of journal.querySelectorAll(`[data-balance="${told.dataset.balance}"]`)) {
        place.replaceChildren(...[...told.childNodes].map((node) => node.cloneNode(true)));
      }
    }
    sum(lesson);
    return before;
  }

  /** The foot of a column says at once what the marks above it say. */
  function sum(lesson: string): void {
    const index = heads().findIndex((each) => each.dataset.lesson === lesson);
    const foot = journal.querySelector(`[data-sum="${lesson}"]`);
    const column = [...journal.querySelectorAll<HTMLTableRowElement>("tr[data-client]")];
    const open = column.map((row) => row.cells[index + 2]?.querySelector("button.cell")).filter(Boolean);
    if (foot) foot.textContent = `${open.filter((cell) => cell!.classList.contains("attended")).length}/${open.length}`;
  }

  function bodyOf(lesson: string, marks: Map<string, Status>): URLSearchParams {
    const body = new URLSearchParams();
    for (const [client, status] of marks) {
      body.set(`mark-${client}`, status);
      body.set(`seen-${client}`, cellAt(client, lesson)?.dataset.v ?? "0");
    }
    return body;
  }

  async function mark(lesson: string, marks: Map<string, Status>, keep = true): Promise<void> {
    const waiting = [...marks.keys()].map((client) => cellAt(client, lesson)).filter((cell) => cell !== null);
    const before = await send(lesson, `/lessons/${lesson}/marks/`, bodyOf(lesson, marks), waiting);
    if (before && keep) remember(before);
  }

  async function everyone(lesson: string): Promise<void> {
    const before = await send(lesson, `/lessons/${lesson}/everyone/`, new URLSearchParams(), []);
    if (!before?.marks.size) return;
    remember(before);
    toast({ text: `${journal.dataset.marked}: ${before.marks.size}`, undo });
  }

  function remember(act: Act): void {
    done.push(act);
    if (done.length > MOST_UNDONE) done.shift();
  }

  const undo = () => after(async () => {
    const act = done.pop();
    if (act) await mark(act.lesson, act.marks, false);
  });

  function set(cell: HTMLElement, status: Status): void {
    if ((cell.dataset.s ?? "") === status && !cell.matches(".failed, .saving")) return;
    cell.classList.add("saving");
    const [lesson, client] = [lessonOf(cell), clientOf(cell)];
    after(() => mark(lesson, new Map([[client, status]])));
  }

  function openChoice(cell: HTMLElement): void {
    enter(cell);
    chosen = cell;
    for (const item of choice!.querySelectorAll("button")) {
      item.setAttribute("aria-checked", String(item.value !== "" && item.value === cell.dataset.s));
    }
    show(choice!, cell);
    choice!.querySelector<HTMLElement>("[aria-checked='true'], button")?.focus();
  }

  journal.addEventListener("click", (event) => {
    const cell = (event.target as Element).closest<HTMLElement>("button.cell");
    if (cell) return openChoice(cell);
    const of = (event.target as Element).closest<HTMLElement>("thead th[data-lesson]:not([data-off])");
    if (!of || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    head = of;
    menu.querySelector<HTMLAnchorElement>("[data-act='open']")!.href = `/lessons/${of.dataset.lesson}/`;
    show(menu, of);
    menu.querySelector("button")?.focus();
  });

  journal.addEventListener("keydown", (event) => {
    const cell = (event.target as Element).closest<HTMLElement>("button.cell");
    if (event.code === "KeyZ" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
      event.preventDefault();
      return undo();
    }
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = MOVES[event.key];
    if (way) {
      event.preventDefault();
      move(cell, way);
    } else if (event.code in KEYS && !event.shiftKey) {
      event.preventDefault();
      set(cell, KEYS[event.code]!);
    }
  });

  choice.addEventListener("click", (event) => {
    const item = (event.target as Element).closest<HTMLButtonElement>("button");
    if (!item || !chosen) return;
    choice.hidePopover();
    const cell = chosen.isConnected ? chosen : null;
    cell?.focus();
    if (cell) set(cell, item.value);
  });
  choice.addEventListener("keydown", (event) => {
    const items = [...choice.querySelectorAll<HTMLElement>("button")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      items[(at + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length]!.focus();
    } else if (event.code in KEYS && chosen) {
      event.preventDefault();
      choice.hidePopover();
      chosen.focus();
      set(chosen, KEYS[event.code]!);
    }
  });

  menu.addEventListener("click", (event) => {
    if (!(event.target as Element).closest("[data-act='everyone']") || !head) return;
    menu.hidePopover();
    head.querySelector("a")?.focus();
    const lesson = head.dataset.lesson!;
    after(() => everyone(lesson));
  });
});

/** A popover beside what it belongs to, inside the window. */
function show(popover: HTMLElement, anchor: HTMLElement): void {
  popover.showPopover();
  if (narrow.matches) return; // there it is a sheet at the bottom
  const beside = anchor.getBoundingClientRect();
  const { width, height } = popover.getBoundingClientRect();
  const below = beside.bottom + 4 + height <= innerHeight ? beside.bottom + 4 : Math.max(4, beside.top - 4 - height);
  popover.style.top = `${below}px`;
  popover.style.left = `${Math.max(4, Math.min(beside.left, innerWidth - width - 4))}px`;
}
