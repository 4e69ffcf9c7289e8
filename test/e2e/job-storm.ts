/** Jobs on servers that are killed again and again, whose S3 fails now and then, and whose messages come twice. */
import { setTimeout as pause } from 'node:timers/promises';
import type { JobView } from '../../functions/app/src/jobs/job.ts';
import { Random } from '../fixtures/random.ts';
import { predictionOf, startJobWorld } from './job-world.ts';
import { type InferenceServer, startServer } from './server.ts';
import { unreliable } from './unreliable-s3.ts';

export interface Storm {
  readonly jobs: number;
  /** Inputs of each job. */
  readonly inputs: number;
  /** Servers at once. */
  readonly servers: number;
  /** Servers that are killed in all. */
  readonly kills: number;
  /** A server lives for up to so long once it is ready. */
  readonly longestLifeMs: number;
  /** Requests to S3 that meet trouble, of one. */
  readonly trouble: number;
}

export interface Aftermath {
  readonly jobs: readonly (JobView & { readonly resultWrites: number })[];
  /** Jobs that were under way at the moments when servers were killed. */
  readonly interrupted: number;
  readonly troubles: Readonly<Record<string, number>>;
  readonly waiting: { readonly visible: number; readonly hidden: number };
  readonly deadLetters: number;
  readonly seconds: number;
}

const WORDS = 'the plot was thin but I loved every minute of this slow and lovely film'.split(' ');

/** Inputs of one job, of lengths that vary; the same for the same number. */
export function inputsOf(job: number, count: number): string[] {
  const random = new Random(job);
  const text = () => Array.from({ length: 5 + random.below(150) }, () => WORDS[random.below(WORDS.length)]);
  return Array.from({ length: count }, () => text().join(' '));
}

export async function jobStorm(storm: Storm): Promise<Aftermath> {
  const random = new Random(5);
  const world = await startJobWorld();
  const s3 = await unreliable(world.s3.endpoint, storm.trouble, random);
  const start = performance.now();
  const environment = {
    ...world.environment,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    PILOTLIGHT_MODELS_DIR: 'model-assets/packages',
    PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
    PILOTLIGHT_INTRA_OP_THREADS: '1',
    PILOTLIGHT_JOB_LEASE_SECONDS: '1',
    PILOTLIGHT_JOB_CONCURRENCY: '6',
    // A storm kills more often than a job that is to blame.
    PILOTLIGHT_JOB_MAX_ATTEMPTS: '1000',
  };
  const servers: InferenceServer[] = [];
  let interrupted = 0;
  try {
    const submitted = await Promise.all(
      Array.from({ length: storm.jobs }, (_, i) =>
        world.jobs.submit(predictionOf(inputsOf(i, storm.inputs)), 'sentiment'),
      ),
    );
    const ids = submitted.map(({ id }) => id);
    const views = () => Promise.all(ids.map(world.view));
    for (const id of ids.filter((_, i) => i % 5 === 0)) await world.queue.send({ format: 1, job: id });
    const lives = async (count: number) => {
      for (let life = 0; life < count; life++) {
        const server = await startServer(environment);
        servers.push(server);
        await pause(random.below(storm.longestLifeMs));
        interrupted += (await views()).filter(({ status }) => status === 'running').length;
        server.signal('SIGKILL');
        await server.ended;
      }
    };
    const each = Math.ceil(storm.kills / storm.servers);
    await Promise.all(Array.from({ length: storm.servers }, () => lives(each)));
    servers.push(await startServer(environment));
    while ((await views()).some(({ finished_at }) => finished_at === undefined)) await pause(100);
    // A message that was hidden while another run worked on its job comes back, finds the job over, and is deleted.
    for (let i = 0; i < 600 && world.messages.counts().hidden > 0; i++) await pause(100);
    const jobs = (await views()).map((view) => ({ ...view, resultWrites: world.resultWrites(view.id) }));
    return {
      jobs,
      interrupted,
      troubles: s3.troubles,
      waiting: world.messages.counts(),
      deadLetters: world.deadLetters.counts().visible,
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    for (const server of servers) server.signal('SIGKILL');
    await Promise.all(servers.map(({ ended }) => ended));
    await s3.close();
    await world.close();
  }
}
