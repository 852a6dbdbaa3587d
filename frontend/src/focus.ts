// After a swap the focus is where the hand is: at the first field to mend, else where it was, else at the new part.
let inside = false;

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = (event as CustomEvent).detail;
  inside = target instanceof Element && target.contains(document.activeElement);
});

document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.target;
  if (!(part instanceof HTMLElement)) return;
  const wrong = part.querySelector<HTMLElement>("[aria-invalid='true']");
  if (inside && wrong) return wrong.focus();
  if (!inside || (document.activeElement && document.activeElement !== document.body)) return;
  const next = part.querySelector<HTMLElement>("[autofocus]") ?? part.querySelector<HTMLElement>("h1, h2") ?? part;
  if (!next.matches("a[href], button, input, select, textarea, [tabindex]")) next.tabIndex = -1;
  next.focus({ preventScroll: true });
});
