/** Ends its process with SIGKILL at a rename: `KILL_AT=before:2` is before the second one. Loaded with --import. */
import { createRequire, syncBuiltinESMExports } from 'node:module';

const [when, number] = (process.env.KILL_AT ?? 'never:0').split(':');
const promises = createRequire(import.meta.url)('node:fs/promises');
const { rename } = promises;
let renames = 0;

promises.rename = async (...paths) => {
  renames++;
  const isDue = renames === Number(number);
  if (isDue && when === 'before') process.kill(process.pid, 'SIGKILL');
  await rename(...paths);
  if (isDue && when === 'after') process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();
