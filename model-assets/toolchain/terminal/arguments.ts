import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { ToolchainError } from '../errors.ts';

/** Options and positionals of a command line. Throws USAGE, naming the nearest option for a typo. */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  command: string,
) {
  try {
    return parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals: true,
      allowNegative: false,
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usage(explain(error.message, Object.keys(options)), command);
  }
}

/** A USAGE error that ends with where to read more: the help of `command`, or that of all. */
export function usage(message: string, command?: string): ToolchainError {
  const help = command === undefined ? '--help' : `${command} --help`;
  return new ToolchainError('USAGE', `${message} See: npm run models -- ${help}`);
}

/** The number that `text` spells. Throws USAGE unless it is a whole number of at least `minimum`. */
export function wholeNumber(text: string, option: string, minimum: number, command: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= minimum) return number;
  throw usage(`--${option} takes a whole number of at least ${minimum}, not '${text}'.`, command);
}

/** The candidate with the fewest edits to `word`, if they are few enough to be a typo. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .sort((left, right) => left.edits - right.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.max(2, Math.floor(word.length / 3))
    ? best.candidate
    : undefined;
}

function explain(message: string, names: readonly string[]): string {
  const unknown = /Unknown option '-{1,2}([^']*)'/.exec(message)?.[1];
  if (unknown === undefined) return `${message.split('\n', 1)[0]?.replace(/\.?$/, '.')}`;
  const suggestion = nearest(unknown, names);
  return `There is no option '--${unknown}'${suggestion === undefined ? '.' : `; did you mean '--${suggestion}'?`}`;
}

/** Levenshtein distance, one row of the table at a time. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
