// The journal: the home of the group.
import { register } from "./register";

register(".journal", () => undefined);
