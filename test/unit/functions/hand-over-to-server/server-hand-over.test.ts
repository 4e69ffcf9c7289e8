import { describe, expect, it } from 'vitest';
import { ServerError, type ServerErrorCode } from '../../../../functions/app/src/hand-over/errors.ts';
import {
  ServerHandOver,
  type ServerHandOverOptions,
} from '../../../../functions/app/src/hand-over/server-hand-over.ts';
import type { HandedRequest } from '../../../../functions/app/src/serve/hand-over-port.ts';
import { silent } from '../fake-engine.ts';
import { fakeJobs } from './fake-jobs.ts';

const settings = {
  url: 'http://gpu',
  models: { large: 'job', medium: 'cpu' },
  deadlineMs: 25_000,
  failuresToOpen: 2,
  coolDownMs: 1000,
} as const;

/** A server that answers as it is told, on a clock of its own. */
function world({ withoutJobs = false }: { withoutJobs?: boolean } = {}) {
  const jobs = fakeJobs();
  const server = {
    down: undefined as ServerErrorCode | undefined,
    ready: false,
    now: 0,
    sent: [] as number[],
    probes: 0,
    /** Holds probes back. */
    gate: Promise.resolve(),
  };
  const client: ServerHandOverOptions['client'] = {
    send: async (request, withinMs) => {
      server.sent.push(withinMs);
      request.signal.throwIfAborted();
      if (server.down) throw new ServerError(server.down, 'It is down.');
      return new Response('[1]', { status: 200 });
    },
    isReady: async () => {
      server.probes += 1;
      await server.gate;
      return server.ready;
    },
  };
  const logged: string[] = [];
  const handOver = new ServerHandOver({
    settings,
    client,
    logger: { ...silent, info: (message) => logged.push(message) },
    ...(withoutJobs ? {} : { jobs }),
    clock: () => server.now,
  });
  return { server, handOver, jobs, logged };
}

const request = (changes: Partial<HandedRequest> = {}): HandedRequest => ({
  method: 'POST',
  path: '/models/large',
  headers: new Headers({ 'content-type': 'application/json', accept: 'application/json' }),
  body: Buffer.from('{"inputs":"a"}'),
  model: 'large',
  ref: 'large',
  preference: undefined,
  idempotencyKey: undefined,
  remainingMs: undefined,
  servedHere: false,
  start: performance.now(),
  signal: new AbortController().signal,
  ...changes,
});

describe('a request for the server', () => {
  it('is forwarded within what is left of the deadline', async () => {
    const { handOver, server } = world();
    const outcome = await handOver.take(request({ start: performance.now() - 5000 }), 'server');
    expect(outcome).toMatchObject({ kind: 'forwarded', circuit: 'closed' });
    expect(server.sent[0]).toBeGreaterThan(19_000);
    expect(server.sent[0]).toBeLessThanOrEqual(20_000);
  });

  it('is forwarded for so long that Lambda leaves time for a job', async () => {
    const { handOver, server } = world();
    await handOver.take(request({ remainingMs: 10_000 }), 'server');
    expect(server.sent[0]).toBe(6000);
  });

  it.each(['SERVER_UNREACHABLE', 'SERVER_ABSENT', 'SERVER_TIMEOUT'] as const)(
    'becomes a job with everything that makes it, where the server is %s',
    async (down) => {
      const { handOver, server, jobs } = world();
      server.down = down;
      const outcome = await handOver.take(
        request({ ref: 'large@2.0.0', idempotencyKey: 'a-key-of-mine' }),
        'server',
      );
      expect(outcome).toMatchObject({ kind: 'queued', job: { id: '1'.padStart(22, '0') } });
      expect(jobs.submitted).toEqual([
        {
          model: 'large@2.0.0',
          request: {
            path: '/models/large',
            contentType: 'application/json',
            accept: 'application/json',
            body: Buffer.from('{"inputs":"a"}'),
          },
          options: { idempotencyKey: 'a-key-of-mine' },
        },
      ]);
    },
  );

  it('is refused where there is neither server nor queue', async () => {
    const { handOver, server } = world({ withoutJobs: true });
    server.down = 'SERVER_ABSENT';
    expect(await handOver.take(request(), 'server')).toMatchObject({ kind: 'refused' });
  });

  it('is refused where it is a GET, which is no job', async () => {
    const { handOver, server, jobs } = world();
    server.down = 'SERVER_ABSENT';
    expect(await handOver.take(request({ method: 'GET' }), 'server')).toMatchObject({ kind: 'refused' });
    expect(jobs.submitted).toEqual([]);
  });

  it('is dropped once its client is gone, which is no fault of the server', async () => {
    const { handOver } = world();
    const gone = AbortSignal.abort();
    for (let i = 0; i < settings.failuresToOpen; i++) {
      await expect(handOver.take(request({ signal: gone }), 'server')).rejects.toBe(gone.reason);
    }
    expect(await handOver.take(request(), 'server')).toMatchObject({ kind: 'forwarded', circuit: 'closed' });
  });
});

describe('a client that leaves while the server is asked whether it is back', () => {
  it('leaves no job behind, because nobody would learn its id', async () => {
    const { handOver, server, jobs } = world();
    server.down = 'SERVER_ABSENT';
    for (let i = 0; i < settings.failuresToOpen; i++) await handOver.take(request(), 'server');
    const before = jobs.submitted.length;
    server.now = settings.coolDownMs;
    const client = new AbortController();
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    const taken = handOver.take(request({ signal: client.signal }), 'server');
    client.abort();
    gate.resolve();
    await expect(taken).rejects.toBe(client.signal.reason);
    expect(server.probes).toBe(1);
    expect(jobs.submitted).toHaveLength(before);
  });
});

describe('a client that would rather not wait, where there is no queue', () => {
  it.each([0, 1000])('waits for the server as any other does: wait=%i ms', async (waitMs) => {
    const { handOver, server } = world({ withoutJobs: true });
    const outcome = await handOver.take(request({ preference: { waitMs } }), 'server');
    expect(outcome).toMatchObject({ kind: 'forwarded' });
    expect(server.sent[0]).toBeGreaterThan(24_000);
  });

  it('counts as a failure of the server what did not answer in time, because its own patience ended nothing', async () => {
    const { handOver, server } = world({ withoutJobs: true });
    server.down = 'SERVER_TIMEOUT';
    for (let i = 0; i < settings.failuresToOpen; i++) {
      const outcome = await handOver.take(request({ preference: { waitMs: 0 } }), 'server');
      expect(outcome).toMatchObject({ kind: 'refused' });
    }
    expect(await handOver.take(request(), 'server')).toMatchObject({ kind: 'refused', circuit: 'open' });
  });
});

describe('a model with the policy cpu', () => {
  const medium = { model: 'medium', ref: 'medium' };

  it('is answered here while there is no server, where it can be', async () => {
    const { handOver, server } = world();
    server.down = 'SERVER_ABSENT';
    expect(await handOver.take(request({ ...medium, servedHere: true }), 'server')).toMatchObject({
      kind: 'here',
    });
    expect(await handOver.take(request({ ...medium, servedHere: false }), 'server')).toMatchObject({
      kind: 'queued',
    });
    expect(await handOver.take(request({ servedHere: true }), 'server')).toMatchObject({ kind: 'queued' });
  });

  it('is a job where the server was waited for in vain, for no time is left', async () => {
    const { handOver, server } = world();
    server.down = 'SERVER_TIMEOUT';
    expect(await handOver.take(request({ ...medium, servedHere: true }), 'server')).toMatchObject({
      kind: 'queued',
    });
  });
});

describe('a client that would rather not wait', () => {
  it('gets a job at once, though the server answers', async () => {
    const { handOver, server } = world();
    expect(await handOver.take(request({ preference: { waitMs: 0 } }), 'queue')).toMatchObject({
      kind: 'queued',
    });
    expect(server.sent).toEqual([]);
  });

  it('gets a job after as long as it would wait, which is no fault of the server', async () => {
    const { handOver, server } = world();
    server.down = 'SERVER_TIMEOUT';
    for (let i = 0; i < settings.failuresToOpen; i++) {
      const outcome = await handOver.take(request({ preference: { waitMs: 3000 } }), 'server');
      expect(outcome).toMatchObject({ kind: 'queued', circuit: 'closed' });
    }
    expect(Math.max(...server.sent)).toBeLessThanOrEqual(3000);
  });

  it('waits as others do where there is no queue', async () => {
    const { handOver, server } = world({ withoutJobs: true });
    expect(handOver.queues).toBe(false);
    const waiting = handOver.take(request({ preference: { waitMs: 1 } }), 'server');
    expect(await waiting).toMatchObject({ kind: 'forwarded' });
    expect(server.sent[0]).toBeGreaterThan(20_000);
  });
});

describe('the circuit to the server', () => {
  it('opens at failures in a row, so that nobody waits for the next one', async () => {
    const { handOver, server, logged } = world();
    server.down = 'SERVER_UNREACHABLE';
    const circuits: string[] = [];
    for (let i = 0; i < 4; i++) circuits.push((await handOver.take(request(), 'server')).circuit);
    expect(circuits).toEqual(['closed', 'open', 'open', 'open']);
    expect(server.sent).toHaveLength(2);
    expect(logged).toEqual(['The circuit to the server is open']);
  });

  it('sends one probe after the cool-down, however many requests come, and forwards again where it is ready', async () => {
    const { handOver, server } = world();
    server.down = 'SERVER_UNREACHABLE';
    for (let i = 0; i < 2; i++) await handOver.take(request(), 'server');
    server.now = settings.coolDownMs;
    const answered = Promise.withResolvers<void>();
    Object.assign(server, { down: undefined, ready: true, gate: answered.promise });
    const first = handOver.take(request(), 'server');
    const others = await Promise.all(Array.from({ length: 20 }, () => handOver.take(request(), 'server')));
    expect(new Set(others.map(({ kind, circuit }) => `${kind} ${circuit}`))).toEqual(
      new Set(['queued half-open']),
    );
    answered.resolve();
    expect(await first).toMatchObject({ kind: 'forwarded', circuit: 'closed' });
    expect(await handOver.take(request(), 'server')).toMatchObject({ kind: 'forwarded', circuit: 'closed' });
    expect(server.probes).toBe(1);
  });

  it('stays open where the probe finds the server not ready, and cools down anew', async () => {
    const { handOver, server } = world();
    server.down = 'SERVER_UNREACHABLE';
    for (let i = 0; i < 2; i++) await handOver.take(request(), 'server');
    for (const [now, probes] of [
      [999, 0],
      [1000, 1],
      [1999, 1],
      [2000, 2],
    ] as const) {
      server.now = now;
      expect(await handOver.take(request(), 'server')).toMatchObject({ kind: 'queued', circuit: 'open' });
      expect(server.probes).toBe(probes);
    }
    expect(server.sent).toHaveLength(2);
  });
});
