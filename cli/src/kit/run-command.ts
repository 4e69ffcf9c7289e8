/** A process that is one command line: its errors are lines, its exit code is 0, 1 or 2. */
import { didYouMean, PilotlightError } from '@pilotlight/model-format/errors';
import { asCalled } from './called-as.ts';
import { type CommandGroup, EXIT, type Found, findNext, type Terminal } from './command.ts';
import { isNoTemporaryFolder, temporaryFolderError, usageError } from './errors.ts';
import { commandHelp, groupHelp } from './help.ts';
import type { Options } from './options.ts';
import { paint, printableLines } from './style.ts';

export interface Program {
  readonly name: string;
  readonly version: string;
  readonly commands: CommandGroup;
  readonly options: Options;
  readonly examples: readonly string[];
}

const HELP: readonly string[] = ['--help', '-h'];

/** Runs a command line and gives its exit code; an error is one line on stderr that says what to do. */
export async function runCommand(
  program: Program,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version' || first === '-V') return print(`${program.version}\n`, terminal);
  const isHelp = first === 'help' || wantsHelp(args);
  const top: Found = { name: program.name, command: program.commands, args: first === 'help' ? rest : args };
  let found = top;
  try {
    for (let next = await findNext(top); next !== undefined; next = await findNext(next)) found = next;
    const { name, command } = found;
    if (!('commands' in command)) {
      if (isHelp) return print(commandHelp(name, command), terminal);
      return (await command.run(found.args, terminal)) ?? EXIT.ok;
    }
    const help = await groupHelp(name, command, found === top ? program : undefined);
    if (isHelp) return print(help, terminal);
    refuseOption(found.args[0]);
    terminal.stderr.write(help);
    return EXIT.usage;
  } catch (error) {
    return fail(error, found.name, terminal);
  }
}

/** @throws CliError USAGE */
function refuseOption(option: string | undefined): void {
  if (option === undefined) return;
  const near = didYouMean(option, ['--help', '--version'], (known) => `'${known}'`);
  throw usageError(`There is no option '${option}' before a command${near}`);
}

/** An argument after `--` is what it is. */
function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).some((argument) => HELP.includes(argument));
}

function print(text: string, { stdout }: Terminal): number {
  stdout.write(text);
  return EXIT.ok;
}

function fail(error: unknown, name: string, terminal: Terminal): number {
  const told = isNoTemporaryFolder(error) ? temporaryFolderError(error) : error;
  const code = PilotlightError.is(told) ? told.code : 'UNEXPECTED';
  const message = told instanceof Error ? told.message : String(told);
  if (process.env.PILOTLIGHT_DEBUG && error instanceof Error) terminal.stderr.write(`${error.stack}\n`);
  const hints: Readonly<Record<string, string>> = {
    USAGE: ` See: ${asCalled(`${name} --help`)}`,
    UNEXPECTED: ' PILOTLIGHT_DEBUG=1 shows where.',
  };
  // No line but the first begins where a line of our own would.
  const lines = printableLines(message).replaceAll('\n', '\n  ');
  terminal.stderr.write(`${paint('red', `error ${code}:`, terminal.stderr)} ${lines}${hints[code] ?? ''}\n`);
  return code === 'USAGE' || code === 'INVALID_CONFIGURATION' ? EXIT.usage : EXIT.failed;
}
