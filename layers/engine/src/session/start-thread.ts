/** Starts a thread that runs graphs, and waits until it is ready. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EngineError } from '@pilotlight/model-format/errors';
import { forgetThread, watchThread } from './busy-threads.ts';
import { type Failure, toError } from './worker-protocol.ts';

/**
 * Starts a thread with `data` and a flag `busy`, and waits for its first message, which says that it is ready or why not.
 *
 * @throws EngineError of the thread's failure; SESSION_FAILED where it cannot start
 */
export async function startThread(script: URL, data: object): Promise<Worker> {
  const busy = watchThread();
  const worker = new Worker(script, { workerData: { ...data, busy } });
  worker.once('exit', () => forgetThread(busy));
  const message = await firstMessage(worker);
  if (message?.kind === 'failure') throw toError(message);
  return worker;
}

/** Nothing that a thread throws or does before it is ready leaves anybody waiting. */
async function firstMessage(worker: Worker): Promise<{ readonly kind: 'ready' } | Failure | undefined> {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(worker, 'exit', { signal }).then(([code]) => {
    throw new EngineError('SESSION_FAILED', `The thread of the session ended with exit code ${code}.`);
  });
  try {
    const [message] = await Promise.race([once(worker, 'message', { signal }), ended]);
    return message;
  } catch (cause) {
    throw new EngineError('SESSION_FAILED', 'The thread of the session did not start.', { cause });
  } finally {
    settled.abort();
  }
}
