/** A command that serves HTTP until it is told to end. */
import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { userEnvironment } from '../e2e/command.ts';

const START_MS = 60_000;

/** Runs `use` while `command` serves at a free port of this machine, which it is given as PORT. */
export async function withService(
  command: readonly string[],
  { cwd, env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
  use: (url: string) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd,
    env: userEnvironment({ ...env, PORT: String(port) }),
    // A group of its own: npx starts the command through a shell, and neither passes a signal on.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log += chunk;
    });
  }
  const ended = once(child, 'close');
  try {
    const deadline = Date.now() + START_MS;
    while (!(await answers(port))) {
      assert.ok(child.exitCode === null && Date.now() < deadline, `It does not serve:\n${log}`);
      await sleep(100);
    }
    await use(`http://127.0.0.1:${port}`);
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    await ended;
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/`);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  server.close();
  await once(server, 'close');
  return address.port;
}
