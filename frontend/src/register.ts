// How a module takes hold of its part of a page: once for each element, on load and after every swap.
import htmx from "htmx.org";

/** Calls `init` once for every element that matches, now or when htmx brings it. */
export function register<E extends HTMLElement = HTMLElement>(selector: string, init: (element: E) => void): void {
  const met = new WeakSet<Element>();
  htmx.onLoad((root) => {
    if (!(root instanceof Element)) return;
    for (const element of [root, ...root.querySelectorAll(selector)]) {
      if (!element.matches(selector) || met.has(element)) continue;
      met.add(element);
      init(element as E);
    }
  });
}
