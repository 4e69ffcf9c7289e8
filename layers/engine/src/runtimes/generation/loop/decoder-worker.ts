/** Entry of a decoder's thread: opens the graphs of the plan in `workerData`, then runs the loop for the requests that come. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Session } from '../../../ports.ts';
import { whileBusy } from '../../../session/busy-threads.ts';
import { toFailure } from '../../../session/worker-protocol.ts';
import type { DecodeLoop } from './decode-loop.ts';
import type { RunningRequest, TokenEvent } from './decoder-port.ts';
import {
  countRun,
  type DecoderThreadData,
  type FromDecoder,
  type ToDecoder,
  writeLoad,
} from './decoder-protocol.ts';
import { openLoop } from './open-loop.ts';

const port = parentPort;
const { plan, busy, signs }: DecoderThreadData = workerData;
const running = new Map<number, RunningRequest>();

function send(message: FromDecoder): void {
  port?.postMessage(message);
}

/** The process may end while no run is under way; see session/busy-threads.ts. */
function watched(session: Session): Session {
  return {
    run: async (feeds, outputs) => {
      const given = await whileBusy(busy, () => session.run(feeds, outputs));
      countRun(signs);
      return given;
    },
    get ended() {
      return session.ended;
    },
    dispose: () => session.dispose(),
  };
}

function tell(id: number, event: TokenEvent): void {
  if (event.kind !== 'tokens') running.delete(id);
  send(event.kind === 'failure' ? toFailure(event.error, id) : { kind: 'event', id, event });
}

async function obey(loop: DecodeLoop, message: ToDecoder): Promise<void> {
  if (message.kind === 'dispose') {
    await loop.dispose();
    port?.close();
    return;
  }
  if (message.kind === 'share') return loop.share(message.table);
  const { id } = message;
  if (message.kind === 'cancel') return running.get(id)?.cancel();
  try {
    running.set(
      id,
      loop.start(message.request, (event) => tell(id, event)),
    );
  } catch (error) {
    send(toFailure(error, id));
  }
}

try {
  const loop = await whileBusy(busy, () =>
    openLoop(plan, { watch: watched, onTurn: (load) => writeLoad(signs, load) }),
  );
  port?.on('message', (message: ToDecoder) => void obey(loop, message));
  send({ kind: 'ready' });
} catch (error) {
  send(toFailure(error));
  port?.close();
}
