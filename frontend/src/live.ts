// What others do is seen within a second: an event names what changed, and its element fetches itself
// (data-live="group:7" with hx-get="…" hx-trigger="live").
import htmx from "htmx.org";

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;
const HIDDEN_FOR = 30_000;

const where = document.querySelector<HTMLMetaElement>("meta[name='live-url']")?.content;
let source: EventSource | null = null;
let topics = "";
let wait = FIRST_WAIT;
let retry = 0;
let hidden = 0;
let missed = false; // between two connections anything may have happened

const topicsOf = (element: HTMLElement) => (element.dataset.live ?? "").split(/\s+/).filter(Boolean);
const parts = () => [...document.querySelectorAll<HTMLElement>("[data-live]")];

function connect(): void {
  window.clearTimeout(retry);
  source?.close();
  source = null;
  if (!where || !topics || document.hidden) return;
  const url = new URL(where, location.href);
  url.searchParams.set("topics", topics);
  source = new EventSource(url, { withCredentials: true });
  source.onopen = () => {
    wait = FIRST_WAIT;
    if (missed) refresh(parts());
    missed = false;
  };
  source.onmessage = (message) => {
    const changed = new Set(String(message.data).split(/\s+/));
    refresh(parts().filter((element) => topicsOf(element).some((topic) => changed.has(topic))));
  };
  source.onerror = () => {
    missed = true;
    source?.close();
    source = null;
    // Many pages lose a restarted server at once: they do not come back at once.
    retry = window.setTimeout(connect, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };
}

function refresh(elements: HTMLElement[]): void {
  for (const element of elements) htmx.trigger(element, "live");
}

/** The page listens to what it shows, no more and no less. */
function follow(): void {
  const next = [...new Set(parts().flatMap(topicsOf))].sort().join(",");
  if (next === topics) return;
  topics = next;
  connect();
}

document.addEventListener("htmx:load", follow);
document.addEventListener("htmx:afterSettle", follow);
document.addEventListener("visibilitychange", () => {
  window.clearTimeout(hidden);
  if (document.hidden) {
    hidden = window.setTimeout(() => {
      missed = true;
      window.clearTimeout(retry);
      source?.close();
      source = null;
    }, HIDDEN_FOR);
  } else if (!source) {
    wait = FIRST_WAIT;
    connect();
  }
});
