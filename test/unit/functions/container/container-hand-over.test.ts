import { describe, expect, it } from 'vitest';
import type { HandedRequest } from '../../../../functions/app/src/serve/hand-over-port.ts';
import {
  ContainerHandOver,
  type ContainerHandOverParts,
} from '../../../../functions/app/src/hand-over/server-hand-over.ts';
import { ContainerError, type ContainerErrorCode } from '../../../../functions/app/src/hand-over/errors.ts';
import { silent } from '../fake-engine.ts';
import { fakeJobs } from './fake-jobs.ts';

const settings = {
  url: 'http://gpu',
  models: { large: 'job', medium: 'cpu' },
  deadlineMs: 25_000,
  failuresToOpen: 2,
  coolDownMs: 1000,
} as const;

/** A container that answers as it is told, on a clock of its own. */
function world({ withoutJobs = false }: { withoutJobs?: boolean } = {}) {
  const jobs = fakeJobs();
  const container = {
    down: undefined as ContainerErrorCode | undefined,
    ready: false,
    now: 0,
    sent: [] as number[],
    probes: 0,
    /** Holds probes back. */
    gate: Promise.resolve(),
  };
  const client: ContainerHandOverParts['client'] = {
    send: async (request, withinMs) => {
      container.sent.push(withinMs);
      request.signal.throwIfAborted();
      if (container.down) throw new ContainerError(container.down, 'It is down.');
      return new Response('[1]', { status: 200 });
    },
    isReady: async () => {
      container.probes += 1;
      await container.gate;
      return container.ready;
    },
  };
  const logged: string[] = [];
  const handOver = new ContainerHandOver({
    settings,
    client,
    logger: { ...silent, info: (message) => logged.push(message) },
    ...(withoutJobs ? {} : { jobs }),
    clock: () => container.now,
  });
  return { container, handOver, jobs, logged };
}

const request = (changes: Partial<HandedRequest> = {}): HandedRequest => ({
  method: 'POST',
  path: '/models/large',
  headers: new Headers({ 'content-type': 'application/json', accept: 'application/json' }),
  body: Buffer.from('{"inputs":"a"}'),
  model: 'large',
  ref: 'large',
  servedHere: false,
  start: performance.now(),
  signal: new AbortController().signal,
  ...changes,
});

describe('a request for the container', () => {
  it('is forwarded within what is left of the deadline', async () => {
    const { handOver, container } = world();
    const outcome = await handOver.take(request({ start: performance.now() - 5000 }));
    expect(outcome).toMatchObject({ kind: 'forwarded', circuit: 'closed' });
    expect(container.sent[0]).toBeGreaterThan(19_000);
    expect(container.sent[0]).toBeLessThanOrEqual(20_000);
  });

  it('is forwarded for so long that Lambda leaves time for a job', async () => {
    const { handOver, container } = world();
    await handOver.take(request({ remainingMs: 10_000 }));
    expect(container.sent[0]).toBe(6000);
  });

  it.each(['CONTAINER_UNREACHABLE', 'CONTAINER_ABSENT', 'CONTAINER_TIMEOUT'] as const)(
    'becomes a job with everything that makes it, where the container is %s',
    async (down) => {
      const { handOver, container, jobs } = world();
      container.down = down;
      const outcome = await handOver.take(request({ ref: 'large@2.0.0', idempotencyKey: 'a-key-of-mine' }));
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

  it('is refused where there is neither container nor queue', async () => {
    const { handOver, container } = world({ withoutJobs: true });
    container.down = 'CONTAINER_ABSENT';
    expect(await handOver.take(request())).toMatchObject({ kind: 'refused' });
  });

  it('is refused where it is a GET, which is no job', async () => {
    const { handOver, container, jobs } = world();
    container.down = 'CONTAINER_ABSENT';
    expect(await handOver.take(request({ method: 'GET' }))).toMatchObject({ kind: 'refused' });
    expect(jobs.submitted).toEqual([]);
  });

  it('is dropped once its client is gone, which is no fault of the container', async () => {
    const { handOver } = world();
    const gone = AbortSignal.abort();
    for (let i = 0; i < settings.failuresToOpen; i++) {
      await expect(handOver.take(request({ signal: gone }))).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
    }
    expect(await handOver.take(request())).toMatchObject({ kind: 'forwarded', circuit: 'closed' });
  });
});

describe('a model with the policy cpu', () => {
  const medium = { model: 'medium', ref: 'medium' };

  it('is answered here while there is no container, where it can be', async () => {
    const { handOver, container } = world();
    container.down = 'CONTAINER_ABSENT';
    expect(await handOver.take(request({ ...medium, servedHere: true }))).toMatchObject({ kind: 'here' });
    expect(await handOver.take(request({ ...medium, servedHere: false }))).toMatchObject({ kind: 'queued' });
    expect(await handOver.take(request({ servedHere: true }))).toMatchObject({ kind: 'queued' });
  });

  it('is a job where the container was waited for in vain, for no time is left', async () => {
    const { handOver, container } = world();
    container.down = 'CONTAINER_TIMEOUT';
    expect(await handOver.take(request({ ...medium, servedHere: true }))).toMatchObject({ kind: 'queued' });
  });
});

describe('a client that would rather not wait', () => {
  it('gets a job at once, though the container answers', async () => {
    const { handOver, container } = world();
    expect(await handOver.take(request({ preference: { waitMs: 0 } }))).toMatchObject({ kind: 'queued' });
    expect(container.sent).toEqual([]);
  });

  it('gets a job after as long as it would wait, which is no fault of the container', async () => {
    const { handOver, container } = world();
    container.down = 'CONTAINER_TIMEOUT';
    for (let i = 0; i < settings.failuresToOpen; i++) {
      const outcome = await handOver.take(request({ preference: { waitMs: 3000 } }));
      expect(outcome).toMatchObject({ kind: 'queued', circuit: 'closed' });
    }
    expect(Math.max(...container.sent)).toBeLessThanOrEqual(3000);
  });

  it('is answered here or by the container where there is no queue', async () => {
    const { handOver } = world({ withoutJobs: true });
    const preference = { waitMs: 0 };
    expect(await handOver.take(request({ preference, servedHere: true }))).toMatchObject({ kind: 'here' });
    expect(await handOver.take(request({ preference }))).toMatchObject({ kind: 'forwarded' });
  });
});

describe('the circuit to the container', () => {
  it('opens at failures in a row, so that nobody waits for the next one', async () => {
    const { handOver, container, logged } = world();
    container.down = 'CONTAINER_UNREACHABLE';
    const circuits: string[] = [];
    for (let i = 0; i < 4; i++) circuits.push((await handOver.take(request())).circuit);
    expect(circuits).toEqual(['closed', 'open', 'open', 'open']);
    expect(container.sent).toHaveLength(2);
    expect(logged).toEqual(['The circuit to the container is open']);
  });

  it('sends one probe after the cool-down, however many requests come, and forwards again where it is ready', async () => {
    const { handOver, container } = world();
    container.down = 'CONTAINER_UNREACHABLE';
    for (let i = 0; i < 2; i++) await handOver.take(request());
    container.now = settings.coolDownMs;
    const answered = Promise.withResolvers<void>();
    Object.assign(container, { down: undefined, ready: true, gate: answered.promise });
    const first = handOver.take(request());
    const others = await Promise.all(Array.from({ length: 20 }, () => handOver.take(request())));
    expect(new Set(others.map(({ kind, circuit }) => `${kind} ${circuit}`))).toEqual(
      new Set(['queued half-open']),
    );
    answered.resolve();
    expect(await first).toMatchObject({ kind: 'forwarded', circuit: 'closed' });
    expect(await handOver.take(request())).toMatchObject({ kind: 'forwarded', circuit: 'closed' });
    expect(container.probes).toBe(1);
  });

  it('stays open where the probe finds the container not ready, and cools down anew', async () => {
    const { handOver, container } = world();
    container.down = 'CONTAINER_UNREACHABLE';
    for (let i = 0; i < 2; i++) await handOver.take(request());
    for (const [now, probes] of [
      [999, 0],
      [1000, 1],
      [1999, 1],
      [2000, 2],
    ] as const) {
      container.now = now;
      expect(await handOver.take(request())).toMatchObject({ kind: 'queued', circuit: 'open' });
      expect(container.probes).toBe(probes);
    }
    expect(container.sent).toHaveLength(2);
  });
});
