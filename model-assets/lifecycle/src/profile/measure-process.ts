/** The process that measures one shape, alone: memory that an earlier shape took would count for it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine, type LoadedModel } from '@pilotlight/engine';
import { quantile } from '../compare/run/quantile.ts';
import { type Job, type JobAnswer, jobSchema } from './job.ts';
import {
  mergeTrace,
  mostArenaBytes,
  parseRuntimeProfile,
  type RuntimeProfile,
  sharesOf,
  sumByOperator,
  type TracedCall,
} from './trace.ts';
import { workloadFor } from './workload.ts';

const WARM_UP = 2;
/** The first of them are not counted. */
const TRACED_CALLS = 12;

async function withModel<T>(
  job: Job,
  work: (model: LoadedModel) => Promise<T>,
  profilePrefix?: string,
): Promise<T> {
  const { packages, name, version, variant, threads } = job;
  const engine = new Engine({
    ...{ packages, variant, intraOpThreads: threads },
    ...(profilePrefix !== undefined && { profilePrefix }),
  });
  try {
    return await work(await engine.model({ name, version }));
  } finally {
    await engine.dispose();
  }
}

async function measureShape(job: Job): Promise<JobAnswer> {
  const startBytes = process.memoryUsage.rss();
  const shape = await withModel(job, async (model) => {
    const loadedBytes = process.memoryUsage.rss();
    const work = await workloadFor(model, job.packages, job);
    for (let run = 0; run < WARM_UP; run++) await work.run();
    const times: number[] = [];
    let cpuMs = Number.POSITIVE_INFINITY;
    const start = performance.now();
    while (times.length < job.runs && (times.length < 3 || performance.now() - start < job.budgetMs)) {
      const [before, used] = [performance.now(), process.cpuUsage()];
      await work.run();
      times.push(performance.now() - before);
      const { user, system } = process.cpuUsage(used);
      cpuMs = Math.min(cpuMs, (user + system) / 1_000);
    }
    return {
      ...{ tokens: work.tokens, batch: job.batch },
      ...{
        p50Ms: quantile(times, 0.5),
        p90Ms: quantile(times, 0.9),
        cpuMs,
        runs: times.length,
      },
      ...{ startBytes, loadedBytes, peakBytes: readPeak() },
    };
  });
  const arenaBytes = mostArenaBytes(await profiled(job, async (work) => void (await work.run())));
  return { shape: { ...shape, ...(arenaBytes !== undefined && { arenaBytes }) } };
}

async function traceCalls(job: Job): Promise<JobAnswer> {
  const calls: TracedCall[] = [];
  let tokens = 0;
  const profiles = await profiled(job, async (work) => {
    tokens = work.tokens;
    for (let call = 0; call < TRACED_CALLS; call++) {
      const startedAt = performance.timeOrigin + performance.now();
      const { timings } = await work.call();
      calls.push({
        startedAt,
        totalMs: performance.timeOrigin + performance.now() - startedAt,
        stages: [
          ['tokenize', timings.tokenizeMs],
          ['queue', timings.queueMs],
          ['infer', timings.inferMs],
          ['postprocess', timings.postprocessMs],
        ],
      });
    }
  });
  if (job.traceFile !== undefined) {
    const traceEvents = mergeTrace(calls, profiles);
    writeFileSync(job.traceFile, `${JSON.stringify({ traceEvents, displayTimeUnit: 'ms' })}\n`);
  }
  const counted = calls.slice(WARM_UP);
  const total = counted.reduce((sum, { totalMs }) => sum + totalMs, 0) / counted.length;
  const stages = (calls[0]?.stages ?? []).map(([name], at): [string, number] => [
    name,
    counted.reduce((sum, call) => sum + (call.stages[at]?.[1] ?? 0), 0) / counted.length,
  ]);
  const rest = Math.max(0, total - stages.reduce((sum, [, ms]) => sum + ms, 0));
  return {
    time: {
      ...{ tokens, batch: job.batch, calls: counted.length },
      stages: [...sharesOf([...stages, ['between stages', rest]], total)],
      operators: [...sumByOperator(profiles, { calls: calls.length, warm: WARM_UP })],
    },
  };
}

/** Runs work whose sessions ONNX Runtime profiles, and gives what it wrote. */
async function profiled(
  job: Job,
  use: (work: Awaited<ReturnType<typeof workloadFor>>) => Promise<void>,
): Promise<readonly RuntimeProfile[]> {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-profile-'));
  try {
    const measured = async (model: LoadedModel) => use(await workloadFor(model, job.packages, job));
    await withModel(job, measured, join(folder, 'session-'));
    return readdirSync(folder).map((file) =>
      parseRuntimeProfile(file, readFileSync(join(folder, file), 'utf8')),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Most bytes that this process has held. On Linux it is the high-water mark of its own memory: `maxRSS` counts that of the process that
 * started it, too.
 */
function readPeak(): number {
  if (process.platform !== 'linux') return 1024 * process.resourceUsage().maxRSS;
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
}

const job = jobSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
process.stdout.write(JSON.stringify(await (job.trace ? traceCalls(job) : measureShape(job))));
