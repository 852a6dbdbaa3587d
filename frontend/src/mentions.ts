// Who may be called, while an "@" is being typed: data-mentions around a text and the list of colleagues. Without it the
// name is typed by hand.
import { register } from "./register";

const LONGEST = 60;
const MOST = 6; // one types on where there are more
const BEFORE = new RegExp(`(?<![\\p{L}\\p{N}_.+-])@([^\\n@]{0,${LONGEST}})$`, "u");
const plain = (text: string) => text.toLowerCase().replaceAll("ё", "е");

register("[data-mentions]", (around) => {
  const text = around.querySelector("textarea");
  const list = around.querySelector<HTMLElement>("[role='listbox']");
  const all = [...(list?.querySelectorAll<HTMLElement>("[role='option']") ?? [])];
  if (!text || !list || !all.length) return;
  text.setAttribute("aria-autocomplete", "list");
  text.setAttribute("aria-controls", list.id);
  const shown = () => all.filter((option) => !option.hidden);
  const chosen = () => all.find((option) => option.getAttribute("aria-selected") === "true");

  /** What has been typed since the "@", if the caret stands behind one. */
  const typed = () => BEFORE.exec(text.value.slice(0, text.selectionStart))?.[1];

  function choose(option: HTMLElement | undefined): void {
    for (const each of all) each.setAttribute("aria-selected", String(each === option));
    if (option) text!.setAttribute("aria-activedescendant", option.id);
    else text!.removeAttribute("aria-activedescendant");
  }

  function hide(): void {
    list!.hidden = true;
    choose(undefined);
  }

  function offer(): void {
    const word = typed();
    if (word === undefined) return hide();
    const wanted = plain(word);
    const fit = all.filter((option) => {
      const names = plain(option.textContent ?? "").split(/\s+/);
      return [plain(option.dataset.handle!), ...names].some((name) => name.startsWith(wanted));
    });
    for (const option of all) option.hidden = !fit.slice(0, MOST).includes(option);
    list!.hidden = !fit.length;
    choose(fit[0]);
  }

  function take(option: HTMLElement): void {
    const [caret, length] = [text!.selectionStart, (typed() ?? "").length];
    text!.setRangeText(`${option.dataset.handle} `, caret - length, caret, "end");
    text!.focus();
    text!.dispatchEvent(new Event("input", { bubbles: true }));
    hide();
  }

  text.addEventListener("input", offer);
  text.addEventListener("blur", hide);
  text.addEventListener("keydown", (event) => {
    const [open, at] = [shown(), chosen()];
    if (list.hidden || !at || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      choose(open[(open.indexOf(at) + (event.key === "ArrowDown" ? 1 : open.length - 1)) % open.length]);
    } else if (event.key === "Enter" || event.key === "Tab") {
      take(at);
    } else if (event.key === "Escape") {
      hide();
    } else return;
    event.preventDefault();
  });
  // Before the text loses the focus.
  list.addEventListener("pointerdown", (event) => {
    const option = (event.target as Element).closest<HTMLElement>("[role='option']");
    event.preventDefault();
    if (option) take(option);
  });
});
