/** Every command of `pilotlight`, by what it says of itself. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../../cli/src/commands/index.ts';
import type { Command, Registry } from '../../../../cli/src/kit/command.ts';
import { main } from '../../../../cli/src/main.ts';

const MAIN = 'cli/src/main.ts';

async function run(...args: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await main(args, { stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

/** The words that lead to each command. */
async function leaves(registry: Registry, before: readonly string[] = []): Promise<[string, Command][]> {
  const found = await Promise.all(
    Object.entries(registry).map(async ([name, load]): Promise<[string, Command][]> => {
      const { command } = await load();
      const words = [...before, name];
      return 'commands' in command ? leaves(command.commands, words) : [[words.join(' '), command]];
    }),
  );
  return found.flat();
}

const commands = await leaves(COMMANDS);
/** What they do not know is for the CDK. */
const HANDED_ON = ['synth', 'diff', 'deploy', 'destroy'];

describe('pilotlight --help', () => {
  test('lists every command with one line, and lines to copy', async () => {
    const { code, stdout, stderr } = await run('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of Object.keys(COMMANDS)) expect(stdout).toMatch(new RegExp(`^ {2}${name} +\\S.+$`, 'm'));
    expect(stdout).toMatch(/^Examples:\n {2}pilotlight start\n/m);
  });

  test.each([['-h'], ['help']])('is what %s prints, too', async (argument) => {
    expect(await run(argument)).toEqual(await run('--help'));
  });

  test('is printed to stderr, with the exit code of wrong usage, where no command is named', async () => {
    const { stdout } = await run('--help');
    expect(await run()).toEqual({ code: 2, stdout: '', stderr: stdout });
  });

  test('loads neither the engine nor the AWS SDK nor the CDK', () => {
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      const { main } = await import('./${MAIN}');
      await main(['--help'], { stdout: { write() {} }, stderr: process.stderr });
      console.log(JSON.stringify(loaded));`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    expect(printed).toContain('commands/predict.ts');
    expect(printed).not.toMatch(/onnxruntime|layers\/engine|@aws-sdk|aws-cdk|esbuild/);
  });
});

describe.each(commands)('pilotlight %s', (name, command) => {
  const words = name.split(' ');

  test('explains itself with its usage, each of its options, and examples of itself', async () => {
    const { code, stdout, stderr } = await run(...words, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: pilotlight ${name}`);
    for (const [option, { help }] of Object.entries(command.options)) {
      expect(stdout).toContain(`--${option}`);
      expect(help).not.toBe('');
    }
    const [, examples = ''] = stdout.split('Examples:\n');
    expect(examples).toMatch(new RegExp(`^  (\\w+=\\S+ )?pilotlight ${name}\\b`));
    expect(await run('help', ...words)).toEqual({ code, stdout, stderr });
  });

});

describe.each(commands.filter(([name]) => !HANDED_ON.includes(name)))('pilotlight %s', (name, command) => {
  const words = name.split(' ');

  test('names the nearest option for a typo and exits with 2', async () => {
    const [option = 'help'] = Object.keys(command.options);
    const typo = `--${option}x`;
    const { code, stdout, stderr } = await run(...words, typo);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `error: There is no option '${typo}'; did you mean '--${option}'? See: pilotlight ${name} --help\n`,
    );
  });
});

describe('pilotlight', () => {
  test.each([
    [['strat'], "There is no command 'strat'; did you mean 'start'? See: pilotlight --help"],
    [
      ['models', 'verfy'],
      "There is no command 'verfy'; did you mean 'verify'? See: pilotlight models --help",
    ],
    [['--versoin'], "There is no option '--versoin' before a command; did you mean '--version'?"],
    [['deploy', '--team'], '--team takes a name. See: pilotlight deploy --help'],
  ])('exits with 2 and one line for %j', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('prints its version', async () => {
    const { version } = JSON.parse(readFileSync('cli/package.json', 'utf8'));
    expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('exits with 1 for what fails, and its error cannot steer the terminal', async () => {
    const { code, stderr } = await run('predict', '--model', 'x', '--packages', '/nowhere\u001b[31m', 'text');
    expect(code).toBe(1);
    expect(stderr).toContain('There is no model package in /nowhere\\x1b[31m.');
  });
});
