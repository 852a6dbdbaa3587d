// How htmx asks and what it does with the answer.
import htmx from "htmx.org";
import { Idiomorph } from "idiomorph";
import { text } from "./texts";
import { toast } from "./toasts";

Object.assign(htmx.config, {
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  historyCacheSize: 0, // no names or phones are left behind in the browser's store
  refreshOnHistoryMiss: true,
  scrollBehavior: "auto",
  timeout: 30_000,
  // A refusal is shown, too: htmx by itself swaps nothing that is no success.
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "400|403|404|409|413|415|422|429|503", swap: true, error: true },
    { code: "...", swap: false, error: true },
  ],
});

// hx-swap="morph": what stays the same stays in place, with its focus, its scrolling and what is being typed.
htmx.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph",
  handleSwap(style, target, fragment) {
    if (style !== "morph" && style !== "morph:innerHTML") return false;
    const morphStyle = style === "morph" ? "outerHTML" : "innerHTML";
    const answer = (fragment as DocumentFragment).children;
    return Idiomorph.morph(target as Element, answer, { morphStyle, ignoreActiveValue: true }) as Node[];
  },
});

const refusal = () => document.getElementById("refusal");

document.addEventListener("htmx:configRequest", (event) => {
  const { detail } = event as CustomEvent;
  if (detail.verb === "get") return;
  // The cookie is newer than a form that was loaded before signing in again in another tab.
  const token = csrf();
  if (!token) return;
  detail.headers["X-CSRFToken"] = token;
  detail.parameters.delete?.("csrfmiddlewaretoken");
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { requestConfig } = (event as CustomEvent).detail;
  if (requestConfig.triggeringEvent?.isTrusted) refusal()?.replaceChildren();
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = (event as CustomEvent).detail;
  if (xhr.status >= 500 && xhr.status !== 503) toast({ text: text("failed"), failed: true });
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => toast({ text: text("offline"), failed: true }));
}

// A refusal is put aside by its cross or by Escape.
document.addEventListener("click", (event) => {
  if ((event.target as Element).closest(".refusal .close")) refusal()?.replaceChildren();
});

// A plain form is sent once, however often its button is pressed; without an answer it may be sent again.
const PATIENCE = 8_000;
const sent = new WeakSet<HTMLFormElement>();
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sent.has(form)) event.preventDefault();
  else sent.add(form);
  window.setTimeout(() => sent.delete(form), PATIENCE);
});

/** For requests that htmx does not make. */
export function csrf(): string {
  return cookie("__Host-csrftoken") || cookie("csrftoken"); // the first where the address is an https one
}

function cookie(name: string): string {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}
