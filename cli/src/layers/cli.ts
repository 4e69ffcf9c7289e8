/** `npm run layers -- <command>`: what the Lambda layers hold, the layers themselves, and the image of the container. */
import { didYouMean } from '@pilotlight/model-format/errors';
import { parseOptions, runCommand, usageError } from '../command.ts';
import { build } from './build.ts';
import { HELP } from './help.ts';
import { image } from './image.ts';
import { OPTIONS, type Options, optionsOf } from './options.ts';
import { plan } from './plan.ts';

/** Gives what is printed. */
const COMMANDS: Readonly<Record<string, (options: Options) => string>> = { build, image, plan };

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  const [name, ...rest] = positionals;
  if (values.help || name === 'help') return console.log(HELP);
  const names = Object.keys(COMMANDS);
  if (name === undefined) throw usageError(`Name a command: ${names.join(', ')}.`);
  const command = COMMANDS[name];
  if (command === undefined) {
    throw usageError(`There is no command '${name}'${didYouMean(name, names, (known) => `'${known}'`)}`);
  }
  if (rest.length > 0) throw usageError(`${name} takes no argument, but got '${rest[0]}'.`);
  console.log(command(optionsOf(values)));
}

await runCommand('npm run layers', main);
