/** Entry of a session's thread: opens the graph that `workerData` names, then answers runs in order. */
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Session, SessionOptions } from '../ports.ts';
import { whileBusy } from './busy-threads.ts';
import { createOnnxSession } from './onnx-session.ts';
import { poolRows } from './pool-rows.ts';
import {
  type FromWorker,
  listTransferred,
  type ToWorker,
  toFailure,
  type WorkerData,
} from './worker-protocol.ts';

const port = parentPort;
const { file, graph, options, busy }: WorkerData = workerData;

const LEAST = constants.priority.PRIORITY_LOW;

/** Lowers the priority of this thread. Linux counts it by thread, and the session's threads inherit it; elsewhere it would be that of the whole process. */
function giveWay({ niceness = 0 }: SessionOptions): void {
  if (niceness > 0 && process.platform === 'linux') setPriority(Math.min(getPriority() + niceness, LEAST));
}

/** `transferred` is memory of this thread's own, which is handed over; memory of the runtime's is copied instead. */
function send(message: FromWorker, transferred: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, transferred);
}

function fail(error: unknown, id?: number): void {
  send(toFailure(error, id));
}

async function answer(session: Session, message: ToWorker): Promise<void> {
  if (message.kind === 'dispose') {
    await session.dispose();
    port?.close();
    return;
  }
  const { id, feeds, outputs: names, pooled } = message;
  try {
    const outputs = await whileBusy(busy, () => session.run(feeds, names));
    const vectors = pooled && poolRows(outputs, pooled);
    if (vectors) send({ kind: 'outputs', id, outputs: vectors }, listTransferred(vectors));
    else send({ kind: 'outputs', id, outputs });
  } catch (error) {
    fail(error, id);
  }
}

try {
  giveWay(options);
  const session = await whileBusy(busy, () => createOnnxSession(file, graph, options));
  // One after the other, so that a session is not disposed of under a run.
  let last = Promise.resolve();
  port?.on('message', (message: ToWorker) => {
    last = last.then(() => answer(session, message));
  });
  send({ kind: 'ready' });
} catch (error) {
  fail(error);
  port?.close();
}
