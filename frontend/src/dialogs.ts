// Questions before what cannot be taken back, in the page's own dialog.
import { register } from "./register";
import { text } from "./texts";

/** Asks and waits; closing the dialog is a no. */
export function ask(question: string, action = text("yes")): Promise<boolean> {
  const dialog = document.getElementById("ask") as HTMLDialogElement | null;
  if (!dialog) return Promise.resolve(window.confirm(question));
  dialog.querySelector("[data-question]")!.textContent = question;
  dialog.querySelector("[value='yes']")!.textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}

// hx-confirm="…"
document.addEventListener("htmx:confirm", (event) => {
  const { detail } = event as CustomEvent;
  if (!detail.question) return;
  event.preventDefault();
  void ask(detail.question, detail.elt.dataset.confirmAction).then((yes) => yes && detail.issueRequest(true));
});

// The same for a plain form: data-confirm="…"
const confirmed = new WeakSet<HTMLFormElement>();
register<HTMLFormElement>("form[data-confirm]", (form) => {
  form.addEventListener("submit", (event) => {
    if (confirmed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    void ask(form.dataset.confirm ?? "", form.dataset.confirmAction).then((yes) => {
      if (!yes) return;
      confirmed.add(form);
      form.requestSubmit(submitter);
    });
  });
});

// A dialog that stands in the page: opened by data-dialog="its id", closed by Escape or method="dialog".
document.addEventListener("click", (event) => {
  const opener = (event.target as Element).closest<HTMLElement>("[data-dialog]");
  if (opener) (document.getElementById(opener.dataset.dialog!) as HTMLDialogElement | null)?.showModal();
});
// A row's menu closes when one looks elsewhere.
document.addEventListener("click", (event) => closeMenus(event.target as Node));
document.addEventListener("focusin", (event) => closeMenus(event.target as Node));

function closeMenus(except: Node): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.more[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}
