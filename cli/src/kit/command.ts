/** The form of a command, and how a command line finds its own among many. */
import { didYouMean } from '@pilotlight/model-format/errors';
import { usageError } from './errors.ts';
import { type CommandLine, type Options, parseOptions } from './options.ts';

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Results go to stdout, progress and errors to stderr. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
}

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** The texts of a command's help. `pilotlight` in an example or a usage becomes what the user typed. */
export interface CommandHelp {
  /** One line for the list of commands, and the first line of the help. */
  readonly summary: string;
  /** The words after the name of the command, one text for each form: `FILE --model NAME [OPTIONS]`. */
  readonly usage: readonly string[];
  /** More than the summary says, below the usage. */
  readonly description?: string;
  readonly options: Options;
  /** Further facts, which a reader needs once the options are understood. */
  readonly notes?: string;
  /** Whole lines to copy, at least one. */
  readonly examples: readonly [string, ...string[]];
}

export interface Command extends CommandHelp {
  /** Gives the exit code, or nothing for 0. Throws PilotlightError. */
  run(args: readonly string[], terminal: Terminal): Promise<number | undefined>;
}

/** Commands under one name, such as `models`. */
export interface CommandGroup {
  readonly summary: string;
  readonly commands: Registry;
}

/** Each command is loaded only where its help or the command itself is asked for. */
export type Registry = Readonly<Record<string, () => Promise<{ readonly command: Command | CommandGroup }>>>;

interface Definition<Declared extends Options> extends CommandHelp {
  readonly options: Declared;
  run(line: CommandLine<Declared>, terminal: Terminal): Promise<number | undefined>;
}

/** A command whose `run` gets its options parsed, with the types that its record of options says. */
export function defineCommand<const Declared extends Options>(definition: Definition<Declared>): Command {
  const { run, ...help } = definition;
  return { ...help, run: async (args, terminal) => run(parseOptions(args, help.options), terminal) };
}

export interface Found {
  /** `pilotlight models add`. */
  readonly name: string;
  readonly command: Command | CommandGroup;
  /** The arguments after the name. */
  readonly args: readonly string[];
}

/**
 * The next command that `args` name inside of a group; nothing where there is none to name.
 *
 * @throws CliError USAGE, with the nearest name for a typo
 */
export async function findNext({ name, command, args }: Found): Promise<Found | undefined> {
  const [first, ...rest] = args;
  if (!('commands' in command) || first === undefined || first.startsWith('-')) return undefined;
  const load = Object.hasOwn(command.commands, first) ? command.commands[first] : undefined;
  if (load !== undefined) return { name: `${name} ${first}`, command: (await load()).command, args: rest };
  const names = Object.keys(command.commands);
  throw usageError(`There is no command '${first}'${didYouMean(first, names, (known) => `'${known}'`)}`);
}
