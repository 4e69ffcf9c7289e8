/** Commands of this repository as child processes, as their users run them. */

import assert from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Nothing, at its end at once, if absent. */
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Without what this test run and npm put into the environment, and without colours. */
export function userEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_|VITEST|TEST$|NODE_ENV$|PORT$|PILOTLIGHT_MODELS_DIR$|PILOTLIGHT_TESTS$|FORCE_COLOR$)/.test(
        name,
      ),
  );
  return { ...Object.fromEntries(inherited), NO_COLOR: '1', ...extra };
}

export async function run(command: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: userEnvironment(options.env),
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  // A command may end before it has read its input, and is then judged by its exit code.
  child.stdin?.on('error', (error: NodeJS.ErrnoException) => assert.equal(error.code, 'EPIPE'));
  child.stdin?.end(options.stdin);
  assert(child.stdout !== null && child.stderr !== null);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

export const node = (script: string, ...args: readonly string[]) => [process.execPath, script, ...args];

export interface Service {
  /** Such as `http://localhost:40123`. */
  readonly url: string;
  /** What it printed up to now. */
  stdout(): string;
  /** Closes this end of the pipes that it prints into. */
  stopReading(): void;
  /** Sends a signal, to its whole process group as a terminal does, and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const GREETED = 'Ctrl-C ends it.';

/** Starts a command that serves and waits for its greeting. Rejects, with what it printed, if it ends before. */
export async function startService(command: readonly string[], options: RunOptions = {}): Promise<Service> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: userEnvironment(options.env),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  const closed = once(child, 'close');
  while (!printed.includes(GREETED)) {
    await Promise.race([once(child.stdout, 'data'), closed]);
    if (child.exitCode !== null) assert.fail(`It ended with ${child.exitCode}:\n${printed}${stderr}`);
  }
  return {
    url: /http:\/\/\S+/.exec(printed)?.[0] ?? '',
    stdout: () => printed,
    stopReading: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    end: async (signal) => {
      signalGroup(child, signal);
      const [code] = await closed;
      return code;
    },
  };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

/** Runs one line of bash, as somebody who copies it into a terminal. */
export function bash(line: string, options: RunOptions = {}): Promise<Ended> {
  return run(['bash', '-c', line], options);
}
