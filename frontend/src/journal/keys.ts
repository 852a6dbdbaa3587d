// By the place of a key, so that it is the same on a Russian, a Ukrainian and an English keyboard. Where the key bears a
// Latin letter this is what counts: it is what stands on it.

/** The status that a key sets; "" takes the mark back. */
export const STATUSES: Record<string, string> = {
  Digit1: "attended", Numpad1: "attended", Digit2: "missed", Numpad2: "missed", Digit3: "excused", Numpad3: "excused",
  Digit4: "planned", Numpad4: "planned", Digit0: "", Numpad0: "", Delete: "", Backspace: "",
};
export const MOVES: Record<string, [number, number]> = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
};

export function letterOf(event: KeyboardEvent): string {
  if (/^[a-z]$/i.test(event.key)) return event.key.toUpperCase();
  return event.code === "Space" ? " " : /^Key[A-Z]$/.test(event.code) ? event.code.slice(3) : "";
}

/** Whether what is pressed goes into a field. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]") !== null;
}
