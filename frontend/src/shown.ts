// Fields that only some answers ask for: data-shown-for="kind:package,course charged:start" is shown while each of the
// fields it names has one of the values. What is not shown is not sent either. Without a script all are there, and the
// server leaves out what does not belong.
import { register } from "./register";

register<HTMLFormElement>("form:has([data-shown-for])", (form) => {
  const parts = [...form.querySelectorAll<HTMLElement>("[data-shown-for]")];
  const groups = [...form.querySelectorAll<HTMLElement>(".part")];

  function show(): void {
    for (const part of parts) {
      part.hidden = !part.dataset.shownFor!.split(" ").every(holds);
      for (const field of part.querySelectorAll<HTMLInputElement>("input, select, textarea")) field.disabled = part.hidden;
    }
    for (const group of groups) group.hidden = !group.querySelector(".field:not([hidden])");
  }

  function holds(condition: string): boolean {
    const [name = "", values = ""] = condition.split(":");
    const field = form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement | RadioNodeList | null;
    return !!field && values.split(",").includes(field.value);
  }

  form.addEventListener("change", show);
  show();
});
