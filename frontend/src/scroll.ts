// Where a row of links is longer than the screen, the one that is open stands in view.
import { register } from "./register";

register(".settings > nav, .seg", (row) => {
  const current = row.querySelector<HTMLElement>("[aria-current]");
  if (current) row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
});
