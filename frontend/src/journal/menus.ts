// What opens at a cell, a head or a row. There is one of each menu: on opening it learns of whom it speaks, and hides what
// cannot be done there. Its links open the panel by themselves (panel.ts).
import { addressOf } from "../panel";
import { cellAt, enter, placeOf, type Place } from "./grid";

const narrow = window.matchMedia("(max-width: 40rem)");

/** `ids`: of what it speaks, by the keys of the panel. `is`: the words of which an item asks for one by data-when. */
export type About = { ids: Record<string, string | undefined>; is: string };
type Corner = { left: number; top: number; bottom: number };

export function open(menu: HTMLElement, beside: Element | Corner, { ids, is }: About): void {
  for (const item of menu.querySelectorAll<HTMLElement>("a, button, [data-when]")) {
    const { to, when } = item.dataset;
    const id = to ? ids[to] : undefined;
    item.hidden = (!!to && !id) || (!!when && !when.split(" ").some((word) => is.split(" ").includes(word)));
    if (!to || !id) continue;
    item.dataset.panel = `${to}=${id}`;
    (item as HTMLAnchorElement).href = addressOf({ key: to, id });
  }
  const items = itemsOf(menu);
  if (items.length === 1) return items[0]!.click(); // nothing to choose from
  const cell = document.activeElement?.closest("button.cell");
  show(menu, beside instanceof Element ? beside.getBoundingClientRect() : beside);
  if (cell) comeBack(menu, placeOf(cell));
  (items.find((item) => item.ariaChecked === "true") ?? items[0])?.focus();
}

/** To the cell from which the menu was opened, when it closes: the sheet may have been put anew meanwhile. */
function comeBack(menu: HTMLElement, place: Place): void {
  const closed = (event: Event): void => {
    if ((event as ToggleEvent).newState !== "closed") return;
    menu.removeEventListener("toggle", closed);
    const at = document.activeElement;
    if (!at || at === document.body || menu.contains(at)) enter(cellAt(place));
  };
  menu.addEventListener("toggle", closed);
}

export function itemsOf(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>("a, button")].filter((item) => !item.hidden);
}

/** A popover beside what it belongs to, inside the window. */
function show(menu: HTMLElement, beside: Corner): void {
  menu.showPopover();
  if (narrow.matches) return; // there it is a sheet at the bottom
  const { width, height } = menu.getBoundingClientRect();
  const below = beside.bottom + 4 + height <= innerHeight ? beside.bottom + 4 : Math.max(4, beside.top - 4 - height);
  menu.style.top = `${below}px`;
  menu.style.left = `${Math.max(4, Math.min(beside.left, innerWidth - width - 4))}px`;
}

/** Arrows walk through a menu; whether the key was one. */
export function walk(menu: HTMLElement, key: string): boolean {
  const items = itemsOf(menu);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
  if (to === undefined) return false;
  items.at(to % items.length)?.focus();
  return true;
}
