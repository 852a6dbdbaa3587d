// What was just done, and the way back. The server says it: HX-Trigger: {"toast": {"text": "…", "undo": "/address/"}}.
import htmx from "htmx.org";
import { text } from "./texts";

export interface Toast {
  text: string;
  undo?: string | (() => void); // what takes it back: an address, by POST, or a function
  failed?: boolean;
}

const STAYS = 8_000;
const AT_ONCE = 3;

export function toast({ text: sentence, undo, failed = false }: Toast): void {
  const place = document.getElementById("toasts");
  if (!place) return;
  const element = document.createElement("div");
  element.className = failed ? "toast failed" : "toast";
  element.append(Object.assign(document.createElement("span"), { className: "grow", textContent: sentence }));
  if (undo) element.append(button(text("undo"), () => takeBack(undo)));
  element.append(button("✕", () => undefined, text("close")));
  while (place.childElementCount >= AT_ONCE) place.firstElementChild!.remove();
  place.append(element);
  expire(element);
}

function button(label: string, act: () => void, name?: string): HTMLButtonElement {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: label });
  if (name) made.setAttribute("aria-label", name);
  made.addEventListener("click", () => {
    made.closest(".toast")?.remove();
    act();
  });
  return made;
}

function takeBack(undo: string | (() => void)): void {
  if (typeof undo === "function") return undo();
  void htmx.ajax("post", undo, { source: document.body, target: document.body, swap: "none" });
}

/** Whoever reads or reaches for it has the time they need. */
function expire(element: HTMLElement): void {
  let timer = 0;
  const start = () => (timer = window.setTimeout(() => element.remove(), STAYS));
  const stop = () => window.clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) element.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) element.addEventListener(name, start);
  start();
}

document.addEventListener("toast", (event) => toast((event as CustomEvent<Toast>).detail));
