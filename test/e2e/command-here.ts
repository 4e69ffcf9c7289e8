/**
 * Command lines of ours in the process of the test, which saves the half of a second and more that a process takes to start. For what is judged by
 * its exit code and by what it writes; that a command is a process is tested with those that are.
 */
import { PassThrough } from 'node:stream';
import { main } from '../../cli/src/main.ts';
import { readEnvironment, restoreEnvironment } from '../support/environment.ts';
import type { Ended } from './command.ts';

/** Runs `pilotlight ARGS`; not beside another one, because both have the environment and the standard output of this process. */
export async function runHere(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const before = readEnvironment();
  const write = process.stdout.write;
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  Object.assign(process.env, { NO_COLOR: '1', ...env });
  // Some commands write their answers there and not into the terminal that they get.
  process.stdout.write = ((chunk: string | Uint8Array) => stdout.write(chunk)) as typeof write;
  try {
    const code = await main(args, { stdout, stderr });
    return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
  } finally {
    process.stdout.write = write;
    restoreEnvironment(before);
  }
}
