// The last acts, taken back and done again one by one. Each goes with the versions that it left behind: where somebody
// has marked since, it is refused, and both values are shown.
import { write, type Change, type Outcome, type Value } from "./marks";

type Act = Change[];
const MOST = 50;
const done: Act[] = [];
const undone: Act[] = [];

/** What can be taken back from now on; what was taken back before can no longer be done again. */
export function remember(act: Act): void {
  keep(done, act);
  undone.length = 0;
  show();
}

export const undo = (act = done.at(-1)) => turn(act, done, undone, "after", "before");
export const redo = () => turn(undone.at(-1), undone, done, "before", "after");

async function turn(act: Act | undefined, from: Act[], to: Act[], is: keyof Sides, shall: keyof Sides): Promise<void> {
  if (!act || !from.includes(act)) return;
  from.splice(from.indexOf(act), 1);
  show();
  const outcome = await write(act.map((each) => ({ ...each, ...each[shall], seen: each[is].version })));
  if (outcome === "lost") keep(from, act);
  else if (outcome !== "refused") {
    keep(to, act);
    rename(act, shall, outcome);
  }
  show();
}

type Sides = { before: Value; after: Value };

/** What was put back has a new version but is what it was: the acts before and after it go by that name from now on. */
function rename(act: Act, side: keyof Sides, outcome: Exclude<Outcome, string>): void {
  for (const { lesson, client, after } of outcome) {
    const old = act.find((each) => each.lesson === lesson && each.client === client)?.[side].version;
    for (const each of [...done, ...undone].flat()) {
      if (each.lesson !== lesson || each.client !== client) continue;
      for (const value of [each.before, each.after]) if (value.version === old) value.version = after.version;
    }
  }
}

function keep(stack: Act[], act: Act): void {
  stack.push(act);
  if (stack.length > MOST) stack.shift();
}

/** Whether there is anything to be taken back or done again. */
export function show(): void {
  for (const [name, stack] of [["undo", done], ["redo", undone]] as const) {
    for (const button of document.querySelectorAll<HTMLButtonElement>(`[data-do="${name}"]`)) button.disabled = !stack.length;
  }
}
