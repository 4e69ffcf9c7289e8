/** What the local commands share: options, one line for what went wrong, exit codes. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { PilotlightError } from '@pilotlight/engine';
import { didYouMean } from '@pilotlight/model-format/errors';
import { paint } from './terminal.ts';

export type LocalErrorCode =
  | 'USAGE'
  | 'PORT_UNAVAILABLE'
  | 'NO_MODELS'
  | 'MODEL_REFUSED'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'INPUT_REFUSED'
  | 'REDRIVE_FAILED'
  | 'SERVER_UNREACHABLE';

export class LocalError extends PilotlightError<LocalErrorCode> {
  override readonly name = 'LocalError';
}

export const usageError = (message: string) => new LocalError('USAGE', message);

/** Options that npm has too, so that their variables say nothing of this command. */
const OPTIONS_OF_NPM = ['help', 'json', 'quiet'];

/** npm takes options before `--` for its own and leaves them in variables: `npm start --port 9000`. */
function refuseTakenByNpm(names: readonly string[]): void {
  const taken = names.find(
    (name) =>
      !OPTIONS_OF_NPM.includes(name) && process.env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined,
  );
  if (taken !== undefined) throw usageError(`npm kept --${taken} to itself: write "--" before the options.`);
}

/** @throws LocalError USAGE, with the nearest option for a typo */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  refuseTakenByNpm(Object.keys(options));
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const unknown = /Unknown option '(-[^']*)'/.exec(error.message)?.[1];
    if (unknown === undefined) throw usageError(error.message.split('\n', 1)[0] ?? error.message);
    const names = Object.keys(options).map((name) => `--${name}`);
    throw usageError(`There is no option ${unknown}${didYouMean(unknown, names)}`);
  }
}

/** A whole number from `minimum` to `maximum`. @throws LocalError USAGE */
export function wholeNumber(text: string, what: string, minimum: number, maximum: number): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(number) && number >= minimum && number <= maximum) return number;
  throw usageError(
    `${what} must be a whole number from ${minimum} to ${maximum}, not ${JSON.stringify(text)}.`,
  );
}

/**
 * Runs a command. An error that was thrown on purpose becomes one line on stderr; the exit code is 2 where the
 * command line is at fault, else 1. A reader that closes the pipe early (`| head`) ends the command quietly.
 */
export async function runCommand(
  name: string,
  main: (args: readonly string[]) => Promise<void>,
): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!PilotlightError.is(error)) throw error;
    const usage = error.code === 'USAGE' || error.code === 'INVALID_CONFIGURATION';
    const hint = error.code === 'USAGE' ? ` See: ${name} -- --help` : '';
    console.error(`${paint('red', 'error:', process.stderr)} ${error.message}${hint}`);
    process.exitCode = usage ? 2 : 1;
  }
}
