/** `synth`, `diff`, `deploy` and `destroy`: the AWS CDK's own command line, with our team and environment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { asCalled } from '../kit/called-as.ts';
import type { Command } from '../kit/command.ts';
import { CliError, usageError } from '../kit/errors.ts';
import type { Options } from '../kit/options.ts';

const OPTIONS = {
  team: { type: 'string', value: 'NAME', help: 'the team whose configuration is used, as -c team=NAME' },
  env: { type: 'string', value: 'NAME', help: 'the environment of that team, as -c env=NAME' },
} as const satisfies Options;

type Context = keyof typeof OPTIONS;

/** `first` are the arguments of the CDK that come before those of the user. */
export function cdkCommand(verb: string, summary: string, first: readonly string[]): Command {
  return {
    summary,
    usage: ['[--team NAME] [--env NAME] [CDK OPTIONS]'],
    description: `Runs "cdk ${[verb, ...first].join(' ')}" of this project; every other option is handed on to it.`,
    options: OPTIONS,
    notes: `The options of the CDK: npx cdk ${verb} --help`,
    examples: [`pilotlight ${verb} --team demo --env dev`],
    run: (args) => runCdk([verb, ...first, ...withContext(args)]),
  };
}

/** `--team demo` and `--team=demo` become `-c team=demo`; all else stays where it is. @throws CliError USAGE */
export function withContext(args: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? '';
    const [, name, given] = /^--(team|env)(?:=(.*))?$/.exec(argument) ?? [];
    if (!isContext(name)) {
      out.push(argument);
      continue;
    }
    const value = given ?? args[++i];
    if (value === undefined || value === '' || value.startsWith('-'))
      throw usageError(`--${name} takes a name.`);
    out.push('-c', `${name}=${value}`);
  }
  return out;
}

const isContext = (name: string | undefined): name is Context =>
  name !== undefined && Object.hasOwn(OPTIONS, name);

/** Gives the exit code of the CDK. @throws CliError NO_CDK_APP */
export async function runCdk(args: readonly string[]): Promise<number> {
  const folder = process.cwd();
  if (!existsSync(join(folder, 'cdk.json'))) {
    const init = asCalled('pilotlight init my-nlp');
    throw new CliError(
      'NO_CDK_APP',
      `There is no CDK app here: ${folder} has no cdk.json. "${init}" writes one.`,
    );
  }
  const cdk = findUpwards(folder, join('node_modules', '.bin', 'cdk'));
  if (cdk === undefined) {
    throw new CliError('NO_CDK_APP', 'The AWS CDK is not installed here: npm install --save-dev aws-cdk');
  }
  const child = spawn(cdk, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  // A terminal sends Ctrl-C to both processes: the CDK decides when it is over.
  const ignore = () => {};
  const passOn = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', passOn);
  try {
    const [code] = await once(child, 'close');
    return typeof code === 'number' ? code : 1;
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', passOn);
  }
}

function findUpwards(folder: string, path: string): string | undefined {
  const here = join(folder, path);
  if (existsSync(here)) return here;
  const parent = dirname(resolve(folder));
  return parent === folder ? undefined : findUpwards(parent, path);
}
