/** Files that are processed by workers which are killed again and again, beside one that nothing disturbs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type Stored, startWorld, type World } from '../e2e/batch-world.ts';
import { userEnvironment } from '../e2e/command.ts';
import { unreliable } from '../e2e/unreliable-s3.ts';
import { Random } from '../fixtures/random.ts';

export interface Storm {
  readonly rows: number;
  readonly partRows: number;
  /** Workers to kill in all; files are processed one after the other until they are. */
  readonly kills: number;
  /** Requests to S3 that meet trouble, of one. */
  readonly trouble: number;
  /** A worker lives for up to so long once it has started. */
  readonly longestLifeMs: number;
}

export interface Aftermath {
  /** Results of the file that nothing disturbed, and of each of the others; names without their folder. */
  readonly calm: readonly Stored[];
  readonly stormy: readonly (readonly Stored[])[];
  /** Workers that were killed while their file was not finished. */
  readonly kills: number;
  readonly troubles: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const WORDS = [
  'film',
  'plot',
  'good',
  'bad',
  'never',
  'again',
  'moving',
  'dull',
  'music',
  'of',
  'the',
  'and',
  'a',
];
const FOLDER = 'out/sentiment@1.0.1/';

/** Every fiftieth row cannot be read. */
export function rowsOf(count: number, random = new Random(7)): string {
  const text = () =>
    Array.from({ length: 2 + random.below(20) }, () => WORDS[random.below(WORDS.length)]).join(' ');
  return Array.from({ length: count }, (_, i) =>
    i % 50 === 49 ? '{oops\n' : `${JSON.stringify({ id: i, text: text() })}\n`,
  ).join('');
}

export async function weather({ rows, partRows, kills, trouble, longestLifeMs }: Storm): Promise<Aftermath> {
  const random = new Random(11);
  const world = await startWorld({ visibilitySeconds: 1, maxReceives: 10_000 });
  const s3 = await unreliable(world.s3.endpoint, trouble, random);
  const environment = {
    ...world.environment,
    PILOTLIGHT_MODELS_DIR: 'model-assets/packages',
    PILOTLIGHT_INTRA_OP_THREADS: '1',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
    PILOTLIGHT_BATCH_PART_ROWS: String(partRows),
  };
  const content = rowsOf(rows);
  const start = performance.now();
  try {
    const calm = await processFile(world, 'calm', content, environment, []);
    const stormy: (readonly Stored[])[] = [];
    let killed = 0;
    while (killed < kills || stormy.length === 0) {
      const lives = Array.from({ length: kills - killed }, () => random.below(longestLifeMs));
      const name = `storm-${stormy.length}`;
      const unreliableS3 = { ...environment, AWS_ENDPOINT_URL_S3: s3.endpoint };
      const { results, used } = await processFile(world, name, content, unreliableS3, lives);
      stormy.push(results);
      killed += used;
    }
    const seconds = (performance.now() - start) / 1000;
    return { calm: calm.results, stormy, kills: killed, troubles: s3.troubles, seconds };
  } finally {
    await s3.close();
    await world.close();
  }
}

/** Uploads a file and lets workers live for the given milliseconds each, the last one until the file is finished. */
async function processFile(
  world: World,
  name: string,
  content: string,
  environment: NodeJS.ProcessEnv,
  lives: readonly number[],
) {
  await world.put(`in/sentiment/${name}.jsonl`, content);
  const folder = `${FOLDER}${name}.jsonl/`;
  const isFinished = async () => (await world.list(`${folder}summary.json`)).length > 0;
  let used = 0;
  for (const life of [...lives, undefined]) {
    const worker = spawn(process.execPath, ['test/e2e/batch-worker.ts'], {
      env: userEnvironment(environment),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(worker, 'exit');
    await Promise.race([once(worker.stdout, 'data'), exit]);
    worker.stdout.resume();
    if (life === undefined) while (worker.exitCode === null && !(await isFinished())) await pause(50);
    else await pause(life);
    worker.kill('SIGKILL');
    await exit;
    if (await isFinished()) break;
    used += 1;
  }
  const results = (await world.results(folder)).map(({ key, body }) => ({
    key: key.slice(folder.length),
    body,
  }));
  world.queue.drain();
  return { results, used };
}
