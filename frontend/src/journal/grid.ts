// The grid as it stands in the page: whoever else marks changes it at any time, so it is asked anew and not kept.

/** Where a cell is, whatever is put in its place. */
export type Place = { lesson: string; client: string };

const BEFORE = 2; // the columns that stand before the first lesson: name and balance

export const journal = () => document.querySelector<HTMLElement>(".journal[data-group]");
export const mayMark = () => journal()?.dataset.marks !== undefined;
export const heads = () => [...(journal()?.querySelectorAll<HTMLTableCellElement>("thead th[data-lesson]") ?? [])];
const rows = () => [...(journal()?.querySelectorAll<HTMLTableRowElement>("tr[data-client]") ?? [])];
const column = (part: Element) => part.closest<HTMLTableCellElement>("td, th")!.cellIndex - BEFORE;
/** The cell that something can be done with, where there is one. */
const openAt = (row: HTMLTableRowElement | undefined, place: number) =>
  row?.cells[place + BEFORE]?.querySelector<HTMLElement>("button.cell") ?? null;

export const headOf = (cell: Element) => heads()[column(cell)]!;
export const rowOf = (part: Element) => part.closest<HTMLTableRowElement>("tr[data-client]");

/** Whether the month of its lesson is closed: then nobody marks it. */
export const isClosed = (cell: Element) => headOf(cell).dataset.is === "closed";

export function placeOf(cell: Element): Place {
  return { lesson: headOf(cell).dataset.lesson!, client: rowOf(cell)!.dataset.client! };
}

export function cellAt({ lesson, client }: Place): HTMLElement | null {
  const place = heads().findIndex((head) => head.dataset.lesson === lesson);
  const row = rows().find((each) => each.dataset.client === client);
  return (place >= 0 && row?.cells[place + BEFORE]?.querySelector<HTMLElement>(".cell")) || null;
}

/** The open cells of a lesson. */
export function cellsOf(lesson: string): HTMLElement[] {
  const place = heads().findIndex((head) => head.dataset.lesson === lesson);
  return rows().map((row) => openAt(row, place)).filter((cell) => cell !== null);
}

/** The open cells between two, these included: what is frozen, cancelled or empty is passed over. */
export function between(one: Element, other: Element): HTMLElement[] {
  const all = rows();
  const [top, bottom] = ordered(all.indexOf(rowOf(one)!), all.indexOf(rowOf(other)!));
  const [left, right] = ordered(column(one), column(other));
  const found: HTMLElement[] = [];
  for (const row of all.slice(top, bottom + 1)) {
    for (let place = left; place <= right; place += 1) {
      const cell = openAt(row, place);
      if (cell) found.push(cell);
    }
  }
  return found;
}

function ordered(one: number, other: number): [number, number] {
  return [Math.min(one, other), Math.max(one, other)];
}

/** The next open cell that way; above the first one of a column stands its lesson's head. */
export function next(from: Element, [down, right]: [number, number]): HTMLElement | null {
  const all = rows();
  const places = heads().length;
  let row = all.indexOf(rowOf(from)!); // -1 at a head
  let place = column(from);
  for (;;) {
    row += down;
    place += right;
    if (row === -1 && place >= 0 && place < places) return heads()[place]!.querySelector("a");
    if (!all[row] || place < 0 || place >= places) return null;
    const cell = openAt(all[row], place);
    if (cell) return cell;
  }
}

/** The first or last open cell of a row. */
export function edge(from: Element, right: number): HTMLElement | null {
  const cells = [...(rowOf(from)?.querySelectorAll<HTMLElement>("button.cell") ?? [])];
  return cells.at(right > 0 ? -1 : 0) ?? null;
}

// One cell of the grid is in the order of Tab: the one that was used last, in the beginning the first one of today.
let used: Place | null = null;

export function enter(cell: HTMLElement | null, focus = true): void {
  if (!cell) return;
  for (const other of journal()!.querySelectorAll("button.cell[tabindex='0']")) other.setAttribute("tabindex", "-1");
  if (cell.matches("button.cell")) {
    used = placeOf(cell);
    cell.tabIndex = 0;
  }
  if (focus) cell.focus();
}

/** Puts the order of Tab right in a page that has just come. */
export function settle(): void {
  if (!journal()?.querySelector("table[role='grid']")) return;
  for (const head of heads()) head.querySelector("a")!.tabIndex = -1;
  const last = used && cellAt(used);
  const today = heads().find((head) => head.classList.contains("today"))?.dataset.lesson;
  const first = (today && cellsOf(today)[0]) || journal()!.querySelector<HTMLElement>("button.cell");
  enter(last?.matches("button") ? last : first, false);
}
