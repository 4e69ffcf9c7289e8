import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { didYouMean } from '@pilotlight/model-format/errors';
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

function explain(message: string, names: readonly string[]): string {
  const unknown = /Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown === undefined) return `${message.split('\n', 1)[0]?.replace(/\.?$/, '.')}`;
  const options = names.map((name) => `--${name}`);
  return `There is no option '${unknown}'${didYouMean(unknown, options, (option) => `'${option}'`)}`;
}
