// A file that is chosen or dropped is sent at once; one that is too large is not sent at all.
import { register } from "./register";

register<HTMLFormElement>("form[data-upload]", (form) => {
  const input = form.querySelector<HTMLInputElement>("input[type=file]")!;

  const send = () => {
    const file = input.files?.[0];
    const tooLarge = !!file && file.size > Number(form.dataset.most);
    input.setCustomValidity(tooLarge ? (form.dataset.tooLarge ?? "") : "");
    if (!file) return;
    if (form.reportValidity()) form.requestSubmit();
  };

  form.classList.add("by-itself"); // nothing but the file is to be chosen
  input.addEventListener("change", send);
  form.addEventListener("submit", () => form.setAttribute("aria-busy", "true"));
  window.addEventListener("pageshow", () => form.removeAttribute("aria-busy"));
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (!event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files;
    send();
  });
});
