/** The rounds of `bench peers`: every subject in turn, the order reversed in every other round. */
import { join } from 'node:path';
import { Samples } from '../measure/context.ts';
import { median, quantile } from '../statistics.ts';
import { alternateOrder } from '../subject-process.ts';
import type { Lognormal } from '../texts.ts';
import { type Agreement, compareEmbeddings, type Embedded } from './agreement.ts';
import { BulkProcess } from './bulk-process.ts';
import { type Cell, nameCell } from './cells.ts';
import { LineProcess } from './line-process.ts';
import type { ClientsConfig, LoadCommand, LoadReply } from './protocol.ts';
import { ServerProcess } from './server-process.ts';
import type { BulkSubject, ServerSubject, Subjects } from './subjects.ts';

/** The lengths of texts in bulk, and of those whose embeddings are compared. */
export const MIXED: Lognormal = { typical: 32, sigma: 1, shortest: 8, longest: 256 };

export interface RoundsOptions {
  readonly subjects: Subjects;
  readonly cells: readonly Cell[];
  readonly rounds: number;
  readonly clients: ClientsConfig;
  /** The text whose embedding ends a start. */
  readonly first: string;
  readonly compared: readonly string[];
  readonly bulk: readonly string[];
  /** Told of each figure as it is measured. */
  readonly say: (line: string) => void;
}

export interface RoundsResult {
  readonly agreements: readonly Agreement[];
  /** By `sampleName`. */
  readonly samples: Samples;
  readonly failed: number;
}

/** Rows of tables that are no cells. */
export const START = 'server: start to first embedding';
export const SERVER_MEMORY = 'server: resident memory';
export const BULK_START = 'process: start to first embedding';
export const BULK = 'bulk, texts of 8 to 256 tokens';

export type Metric =
  | 'rate'
  | 'p50'
  | 'p99'
  | 'CPU per text'
  | 'cores'
  | 'wall'
  | 'CPU'
  | 'after start'
  | 'loaded'
  | 'most';

export const sampleName = (row: string, metric: Metric, subject: string): string =>
  `${row}\t${metric}\t${subject}`;

/** @throws BenchError ANSWERS_DIFFER, SUBJECT_FAILED */
export async function measureRounds(options: RoundsOptions): Promise<RoundsResult> {
  const { rounds, say } = options;
  const agreements = await agree(options);
  const samples = new Samples();
  let failed = 0;
  const clients = new LineProcess('The process of the clients', process.execPath, [
    join(import.meta.dirname, 'clients-process.ts'),
    JSON.stringify(options.clients),
  ]);
  try {
    await clients.line();
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds}`);
      await bulkRound(options, round, samples);
      failed += await serverRound(options, round, samples, clients);
    }
  } finally {
    await clients.stop();
  }
  return { agreements, samples, failed };
}

/** Reads every file once, too: the starts that count find them in the page cache. */
async function agree({ subjects, first, compared, say }: RoundsOptions): Promise<readonly Agreement[]> {
  const embedded: Embedded[] = [];
  for (const { name, precision, spec } of subjects.servers) {
    const server = await ServerProcess.start(spec, first);
    try {
      embedded.push({ name, precision, vectors: await server.embed(compared) });
    } finally {
      await server.stop();
    }
  }
  for (const subject of subjects.bulk) {
    const started = await BulkProcess.start(subject, first);
    try {
      if (!subject.vectors) continue;
      const { name, precision } = subject;
      embedded.push({ name, precision, vectors: await started.vectors(compared) });
    } finally {
      await started.stop();
    }
  }
  const agreements = compareEmbeddings(embedded);
  for (const { name, reference, lowest, mean } of agreements)
    say(`${name}: cosine to ${reference} at least ${lowest.toFixed(6)}, mean ${mean.toFixed(6)}`);
  return agreements;
}

async function bulkRound(
  { subjects, first, bulk, say }: RoundsOptions,
  round: number,
  samples: Samples,
): Promise<void> {
  for (const subject of alternateOrder<BulkSubject>(round, subjects.bulk)) {
    const { name } = subject;
    const add = (row: string, metric: Metric, value: number) =>
      samples.add(sampleName(row, metric, name), value);
    const started = await BulkProcess.start(subject, first);
    try {
      add(BULK_START, 'wall', started.start.milliseconds);
      add(BULK_START, 'CPU', started.start.cpuMilliseconds);
      await started.embed(bulk.slice(0, Math.ceil(bulk.length / 4)));
      const { milliseconds, cpuMilliseconds } = await started.embed(bulk);
      add(BULK, 'rate', (bulk.length / milliseconds) * 1000);
      add(BULK, 'CPU per text', cpuMilliseconds / bulk.length);
      add(BULK, 'cores', cpuMilliseconds / milliseconds);
      add(BULK, 'most', started.memory().peak);
      say(
        `  ${BULK}: ${name} ${((bulk.length / milliseconds) * 1000).toFixed(0)}/s, started in ${started.start.milliseconds.toFixed(0)} ms`,
      );
    } finally {
      await started.stop();
    }
  }
}

/** Returns the number of requests without an embedding. */
async function serverRound(
  { subjects, first, cells, say }: RoundsOptions,
  round: number,
  samples: Samples,
  clients: LineProcess,
): Promise<number> {
  const running: { readonly server: ServerProcess; readonly loaded: number[] }[] = [];
  let failed = 0;
  try {
    for (const { name, spec } of alternateOrder<ServerSubject>(round, subjects.servers)) {
      const server = await ServerProcess.start(spec, first);
      running.push({ server, loaded: [] });
      samples.add(sampleName(START, 'wall', name), server.start.milliseconds);
      samples.add(sampleName(START, 'CPU', name), server.start.cpuMilliseconds);
      samples.add(sampleName(SERVER_MEMORY, 'after start', name), server.memory().resident);
      say(`  ${START}: ${name} ${server.start.milliseconds.toFixed(0)} ms`);
    }
    for (const [turn, cell] of cells.entries()) {
      const figures: string[] = [];
      for (const { server, loaded } of alternateOrder(turn, running)) {
        const { name, url, pid } = server;
        const reply = await clients.ask<LoadReply>({ url, pid, ...cell } satisfies LoadCommand);
        loaded.push(server.memory().resident);
        failed += reply.failed;
        addLoad(samples, nameCell(cell), name, cell.requests, reply);
        figures.push(
          `${name} ${((cell.requests / reply.milliseconds) * 1000).toFixed(0)}/s, ${(reply.cpuMilliseconds / cell.requests).toFixed(2)} ms CPU`,
        );
      }
      say(`  ${nameCell(cell)}: ${figures.join('; ')}`);
    }
    for (const { server, loaded } of running) {
      samples.add(sampleName(SERVER_MEMORY, 'loaded', server.name), median(loaded));
      samples.add(sampleName(SERVER_MEMORY, 'most', server.name), server.memory().peak);
    }
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
  return failed;
}

function addLoad(samples: Samples, row: string, name: string, requests: number, reply: LoadReply): void {
  const add = (metric: Metric, value: number) => samples.add(sampleName(row, metric, name), value);
  add('rate', (requests / reply.milliseconds) * 1000);
  add('CPU per text', reply.cpuMilliseconds / requests);
  add('cores', reply.cpuMilliseconds / reply.milliseconds);
  if (reply.latencies.length === 0) return;
  add('p50', quantile(reply.latencies, 0.5));
  add('p99', quantile(reply.latencies, 0.99));
}
