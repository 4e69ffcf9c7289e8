/** The variables of this process as they are now: give it to `restoreEnvironment`. */
export const readEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env });

/** Gives this process the variables that it had, one by one, because `process.env` is more than an object. */
export function restoreEnvironment(before: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(before, name)) delete process.env[name];
  Object.assign(process.env, before);
}
