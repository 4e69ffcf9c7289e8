/** Options of a command: one record of them parses the command line and writes the help. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { didYouMean } from '@pilotlight/model-format/errors';
import { usageError } from './errors.ts';

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  readonly default?: string | boolean;
  /** The word that stands for the value in the help, such as `FILE`. */
  readonly value?: string;
  readonly help: string;
  /** The default in words, where it is found at run time. */
  readonly otherwise?: string;
}

export type Options = Readonly<Record<string, Option>>;

type Parsed<Declared extends Options> = ReturnType<
  typeof parseArgs<{ options: Declared & ParseArgsConfig['options']; strict: true; allowPositionals: true }>
>;

export interface CommandLine<Declared extends Options> {
  readonly values: Parsed<Declared>['values'];
  readonly positionals: readonly string[];
}

/** Options that npm has too: its variables for them say nothing of our command line. */
const OPTIONS_OF_NPM = ['help', 'json', 'quiet', 'version', 'force', 'description', 'cache'];

/** npm takes options before `--` for its own and leaves them in variables: `npm start --port 9000`. */
function refuseTakenByNpm(names: readonly string[]): void {
  const taken = names.find((name) => {
    const value = process.env[`npm_config_${name.replaceAll('-', '_')}`];
    if (value === undefined || OPTIONS_OF_NPM.includes(name)) return false;
    // npm's own registry is in this variable, too, where .npmrc names one.
    return name !== 'registry' || value.startsWith('s3:');
  });
  if (taken !== undefined) throw usageError(`npm kept --${taken} to itself: write "--" before the options.`);
}

/** @throws CliError USAGE, with the nearest option for a typo */
export function parseOptions<const Declared extends Options>(
  args: readonly string[],
  options: Declared,
): CommandLine<Declared> {
  refuseTakenByNpm(Object.keys(options));
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usageError(explain(error.message, Object.keys(options)));
  }
}

function explain(message: string, names: readonly string[]): string {
  const unknown = /Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown === undefined) return `${message.split('\n', 1)[0]}`.replace(/\.?$/, '.');
  const options = names.map((name) => `--${name}`);
  return `There is no option '${unknown}'${didYouMean(unknown, options, (option) => `'${option}'`)}`;
}

/** A whole number from `minimum` to `maximum`. @throws CliError USAGE */
export function wholeNumber(
  text: string,
  option: string,
  minimum: number,
  maximum = Number.MAX_SAFE_INTEGER,
): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(number) && number >= minimum && number <= maximum) return number;
  const range =
    maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
  throw usageError(`${option} takes a whole number ${range}, not ${JSON.stringify(text)}.`);
}

/** The choice that `text` names. @throws CliError USAGE */
export function chooseOne<Choice extends string>(
  choices: readonly Choice[],
  text: string,
  option: string,
): Choice {
  const chosen = choices.find((choice) => choice === text);
  if (chosen !== undefined) return chosen;
  throw usageError(`${option} takes ${choices.join(', ')}, not '${text}'.`);
}
