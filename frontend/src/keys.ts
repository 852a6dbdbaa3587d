// Ctrl/Cmd-K goes to the search, from wherever one is.
document.addEventListener("keydown", (event) => {
  if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  const search = document.querySelector<HTMLInputElement>(".search input");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});
