#!/usr/bin/env node
/** `npm run models -- <command>`: bring models in, prove them, list them, time them. */
import { styleText } from 'node:util';
import { PilotlightError } from '@pilotlight/engine';
import { didYouMean } from '@pilotlight/model-format/errors';
import { add } from './commands/add.ts';
import { bench } from './commands/bench.ts';
import { list } from './commands/list.ts';
import { verify } from './commands/verify.ts';
import { usage } from './terminal/arguments.ts';
import { type Command, EXIT, type Terminal } from './terminal/command.ts';

const COMMANDS: Readonly<Record<string, Command>> = { add, verify, list, bench };

const HELPS: readonly string[] = ['--help', '-h'];

const HELP = `Model packages: bring models in, prove them, list them, time them.

Usage: npm run models -- <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`)
  .join('\n')}

Each command explains itself: npm run models -- add --help
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
`;

/** Runs one command line and gives its exit code; every error is one line on stderr. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || HELPS.includes(name) || name === 'help') {
    (name === undefined ? terminal.stderr : terminal.stdout).write(HELP);
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  try {
    const command = COMMANDS[name];
    if (command === undefined) throw unknownCommand(name);
    if (rest.some((arg) => HELPS.includes(arg))) {
      terminal.stdout.write(command.help);
      return EXIT.ok;
    }
    return await command.run(rest, terminal);
  } catch (error) {
    return fail(error, terminal);
  }
}

function unknownCommand(name: string): PilotlightError {
  return usage(
    `There is no command '${name}'${didYouMean(name, Object.keys(COMMANDS), (known) => `'${known}'`)}`,
  );
}

function fail(error: unknown, { stderr }: Terminal): number {
  const code = PilotlightError.is(error) ? error.code : 'UNEXPECTED';
  const message = error instanceof Error ? error.message : String(error);
  stderr.write(`${styleText('red', `error ${code}:`, { stream: stderr })} ${message}\n`);
  if (process.env.PILOTLIGHT_DEBUG && error instanceof Error) stderr.write(`${error.stack}\n`);
  return code === 'USAGE' ? EXIT.usage : EXIT.failed;
}

if (import.meta.main) {
  // An exit by signal runs no clean-up; an exit by process.exit does.
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  process.exitCode = await main(process.argv.slice(2), process);
}
