/** Clients that read streams from the long-lived server, of which a third leaves, for minutes; then the end of that server. */
import { join } from 'node:path';
import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import { STREAMS_MODEL } from '../default-models.ts';
import { type LoadedServer, startServer } from '../load/server.ts';
import { LineProcess } from '../peers/line-process.ts';
import type { Measured } from '../results.ts';
import type { AloneReply, EndReply, HoldReply, LoadReply, StreamCommand } from '../streams/protocol.ts';
import { reportStreams } from '../streams/report.ts';
import { makeStreamRequests, PACKAGES } from '../streams/requests.ts';
import { pause, SEED } from './context.ts';
import { readEachSecond } from './server-readings.ts';

const CLIENTS = 64;
const SLOTS = 16;
export const STREAMS_MINUTES = 5;
/** The grace of the server, and streams that take longer. */
const GRACE_MS = 8000;
const HELD_TOKENS = 2000;
/** The server is at rest long before. */
const REST_MS = 10_000;
const LOOK_MS = 100;

export interface StreamsContext {
  readonly minutes: number;
  readonly threads: number;
  readonly progress: ProgressBar;
}

/** @throws BenchError SUBJECT_FAILED */
export async function measureStreams({ minutes, threads, progress }: StreamsContext): Promise<Measured> {
  const seconds = minutes * 60;
  const prepared = { packages: PACKAGES, model: STREAMS_MODEL };
  const server = await startServer(
    { prepared, threads },
    { PILOTLIGHT_GENERATION_SLOTS: String(SLOTS), PILOTLIGHT_SHUTDOWN_GRACE_MS: String(GRACE_MS) },
  );
  const config = { url: server.url, seed: SEED.streams, requests: makeStreamRequests() };
  const script = join(import.meta.dirname, '..', 'streams', 'clients-process.ts');
  const clients = new LineProcess('clients', process.execPath, [script, JSON.stringify(config)]);
  const ask = <Reply>(command: StreamCommand): Promise<Reply> => clients.ask(command);
  let stopped: Promise<void> | undefined;
  try {
    await clients.line();
    progress.say('asking for each text alone');
    await ask<AloneReply>({ do: 'alone' });
    const work = ask<LoadReply>({ do: 'load', clients: CLIENTS, seconds });
    const readings = await readEachSecond(server, work, (count) =>
      progress.count('streams', count, Math.ceil(seconds)),
    );
    const load = await work;
    progress.say('ending the server while streams run');
    const remaining = await waitForRest(server);
    const cancelled = await server.labelled('pilotlight_generated_sequences_total', 'cancelled');
    const held = await ask<HoldReply>({
      do: 'hold',
      streams: CLIENTS,
      atOnce: SLOTS,
      tokens: HELD_TOKENS,
    });
    stopped = server.stop();
    const [ended] = await Promise.all([ask<EndReply>({ do: 'end' }), stopped]);
    progress.clear();
    const found = { readings, load, remaining, cancelled, held, ended };
    return reportStreams({ clients: CLIENTS, slots: SLOTS, seconds, ...found });
  } finally {
    await Promise.all([clients.stop(), stopped ?? server.stop()]);
  }
}

/** Requests under way and inputs that wait for a slot: once there are none, or after a while. */
async function waitForRest(server: LoadedServer): Promise<number> {
  const until = performance.now() + REST_MS;
  while (true) {
    const [waiting = Number.NaN, underWay = Number.NaN] = await server.metrics(
      'te_queue_size',
      'te_requests_in_flight',
    );
    // The request for the metrics is under way itself.
    const remaining = waiting + underWay - 1;
    if (remaining === 0 || performance.now() > until) return remaining;
    await pause(LOOK_MS);
  }
}
