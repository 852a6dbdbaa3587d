// A rectangle of cells, from where it was begun to where the focus is; a key marks them all.
import { between, cellAt, enter, mayMark, placeOf, type Place } from "./grid";

let begun: Place | null = null;
let ends: Place | null = null;

/** The cells that are selected; none where there is but one, which has the focus. */
export function selected(): HTMLElement[] {
  const [one, other] = [begun && cellAt(begun), ends && cellAt(ends)];
  return one && other ? between(one, other) : [];
}

/** As far as `to`, from where it was begun or else from the cell `from`. */
export function extend(from: HTMLElement, to: HTMLElement | null): void {
  if (!to?.matches("button.cell") || !mayMark()) return;
  begun ??= placeOf(from);
  ends = placeOf(to);
  paint();
  enter(to);
}

export function drop(): boolean {
  const was = begun !== null;
  begun = ends = null;
  paint();
  return was;
}

/** Shows what is selected in the page as it is now. */
export function paint(): void {
  for (const each of document.querySelectorAll(".journal td[aria-selected]")) each.removeAttribute("aria-selected");
  for (const cell of selected()) cell.parentElement!.setAttribute("aria-selected", "true");
}
