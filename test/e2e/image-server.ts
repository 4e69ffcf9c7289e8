/** The process of an image, started from a folder with its files, as its Dockerfile says. */
import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Stage } from '../fixtures/dockerfile.ts';

export interface ImageServer {
  readonly url: string;
  readonly port: string;
  log(): string;
  /** Sends SIGTERM, and gives the exit code. */
  end(): Promise<number | null>;
}

/** As the user of the image, if this process may choose one, with the variables of the image and no others but `more`. */
export async function startImage(
  image: Stage,
  root: string,
  more: Readonly<Record<string, string>>,
): Promise<ImageServer> {
  const inImage = (path: string) => (path.startsWith('/tmp') ? path : join(root, path));
  const environment = Object.fromEntries(
    Object.entries(image.environment).map(([name, value]) => [
      name,
      value.startsWith('/') ? inImage(value) : value,
    ]),
  );
  const [program, ...args] = [
    ...(image.commands.get('ENTRYPOINT') ?? []),
    ...(image.commands.get('CMD') ?? []),
  ];
  assert.equal(program, 'node');
  const [uid, gid] = (image.instructions.get('USER') ?? '').split(':').map(Number);
  const asUser = process.getuid?.() === 0 && uid !== undefined && gid !== undefined ? { uid, gid } : {};
  const child = spawn(process.execPath, args, {
    cwd: inImage(image.instructions.get('WORKDIR') ?? ''),
    env: { PATH: '/usr/bin:/bin', ...environment, PILOTLIGHT_PORT: '0', ...more },
    ...asUser,
  });
  const ended = once(child, 'close');
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
    });
  }
  const port = () => /"Listening".*"port":(\d+)/.exec(log)?.[1];
  while (port() === undefined) {
    await Promise.race([once(child.stdout, 'data'), ended]);
    if (child.exitCode !== null) assert.fail(`It ended with ${child.exitCode}:\n${log}`);
  }
  return {
    url: `http://127.0.0.1:${port()}`,
    port: port() ?? '',
    log: () => log,
    async end() {
      child.kill('SIGTERM');
      const [code]: (number | null)[] = await ended;
      return code ?? null;
    },
  };
}
