/** The parts that all readers of environment variables share. */
import { closest, explainIssue, PilotlightError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';

export type Environment = Readonly<Record<string, string | undefined>>;

export const text = z.string().check(z.minLength(1));
export const count = z.pipe(
  z.string().check(z.regex(/^[1-9]\d{0,14}$/, 'must be a whole number above 0')),
  z.transform(Number),
);

/**
 * The settings of `environment`. `otherFaults` gives a line for each fault that the schema does not see; it gets the settings
 * where the schema sees none.
 *
 * @throws PilotlightError INVALID_CONFIGURATION that names every variable at fault.
 */
export function readSettings<Settings>(
  schema: z.ZodMiniType<Settings>,
  environment: Environment,
  otherFaults: (settings: Settings | undefined) => readonly string[] = () => [],
): Settings {
  const parsed = schema.safeParse(environment);
  const faults = [...listFaults(parsed.error), ...otherFaults(parsed.data)];
  if (parsed.success && faults.length === 0) return parsed.data;
  throw invalidEnvironment(faults);
}

/** A line for each variable that is wrong; none where nothing is. */
export function listFaults(error: z.core.$ZodError | undefined): string[] {
  return (error?.issues ?? []).map((issue) => `${String(issue.path[0])}: ${explainIssue(issue)}`);
}

/** Gives a line for each variable whose name looks like ours and is not known: a typing mistake. */
export function listUnknown(
  environment: Environment,
  isOurs: (name: string) => boolean,
  names: readonly string[],
): string[] {
  return Object.keys(environment)
    .filter((name) => isOurs(name) && !names.includes(name))
    .map((name) => {
      const own = closest(ownPart(name), names.map(ownPart));
      const meant = names.find((known) => ownPart(known) === own);
      return `${name}: is not known${meant === undefined ? '' : `. Did you mean ${meant}?`}`;
    });
}

/** The name without the prefix that all of them have, which would make any two of them alike. */
function ownPart(name: string): string {
  return name.replace(/^PILOTLIGHT_/, '');
}

/** Names every variable at fault; `details.faults` has them one by one. */
export function invalidEnvironment(faults: readonly string[]): PilotlightError {
  return new PilotlightError(
    'INVALID_CONFIGURATION',
    `The environment is not valid:\n  ${faults.join('\n  ')}`,
    { details: { faults } },
  );
}
