import { isTyping } from "./journal/keys";

// Ctrl/Cmd-K goes to the search, from wherever one is.
document.addEventListener("keydown", (event) => {
  if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  const search = document.querySelector<HTMLInputElement>(".search input");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// "?" shows what the keys of this page do. It is told by what the key says, for it has another place on each layout; the
// place that it has on an English one counts as well.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key !== "?" && !(event.code === "Slash" && event.shiftKey)) return;
  const help = document.getElementById("keys") as HTMLDialogElement | null;
  if (!help || help.open || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  help.showModal();
});
