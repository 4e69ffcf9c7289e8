/** S3 in a process of its own, so that nothing that befalls it ends the one that started it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { extname } from 'node:path';
import { EmulatorError } from '../../errors.ts';
import type { S3Options, S3Server } from '../server.ts';
import { type Order, type Report, reportSchema } from './protocol.ts';

/** It is `.js` in an installed package. */
const PROGRAM = new URL(`./s3-process${extname(import.meta.filename)}`, import.meta.url);

/** The time that it has to end by itself. */
const ENDING_MS = 5000;

export interface S3ProcessOptions extends Omit<S3Options, 'failed'> {
  /** Gets, in words, what could not be done for a request, and the end of the process where nobody asked for it. */
  readonly failed: (problem: string) => void;
}

/**
 * The folder is removed at the end, also where this process is killed.
 *
 * @throws EmulatorError PORT_UNAVAILABLE, NOT_STARTED
 */
export async function startS3Process({ notify, failed, ...order }: S3ProcessOptions): Promise<S3Server> {
  // In a process group of its own it outlives Ctrl-C and answers for as long as the other one needs it.
  const child = fork(PROGRAM, {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let isClosing = false;
  const started = Promise.withResolvers<string>();
  const gone = (why: string) => {
    started.reject(new EmulatorError('NOT_STARTED', `The process of S3 did not start (${why}).`));
  };
  child.on('error', (error) => gone(error.message));
  child.once('exit', (code, signal) => {
    gone(`it ended with ${signal ?? code}`);
    if (!isClosing) failed(`S3 has ended (${signal ?? code}); no files are taken until the next start.`);
  });
  child.on('message', (message) => {
    const report = reportSchema.parse(message);
    if (report.kind === 'listening') started.resolve(report.endpoint);
    else if (report.kind === 'notification') notify?.(report.notification);
    else if (report.kind === 'failed') failed(report.message);
    else started.reject(refusal(report));
  });
  const close = async () => {
    isClosing = true;
    await end(child);
    rmSync(order.folder, { recursive: true, force: true });
  };
  child.send(order satisfies Order);
  try {
    return { endpoint: await started.promise, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function refusal({ code, message }: Extract<Report, { kind: 'not-started' }>): EmulatorError {
  return new EmulatorError(code === 'PORT_UNAVAILABLE' ? code : 'NOT_STARTED', message);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), ENDING_MS);
  await exited;
  clearTimeout(timer);
}
