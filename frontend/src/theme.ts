// The theme changes under the hand; the form beside it remembers it.
import { register } from "./register";

register<HTMLFormElement>("form[data-theme-form]", (form) => {
  form.addEventListener("submit", (event) => {
    const chosen = event.submitter as HTMLButtonElement | null;
    if (!chosen) return;
    const theme = chosen.value;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === chosen));
  });
});
