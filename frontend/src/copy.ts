// A button that copies what stands in a field: data-copy="its id". Without the right to it, the text is selected.
document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
  const field = button && (document.getElementById(button.dataset.copy!) as HTMLInputElement | null);
  if (!field) return;
  field.select();
  void navigator.clipboard?.writeText(field.value).catch(() => undefined);
});
