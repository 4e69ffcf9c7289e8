import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LambdaFunction, LocalLambda } from '@pilotlight/local';
import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import { builtPredict } from 'pilotlight/internal/start/lambda/built-functions';
import { LoadTimes } from 'pilotlight/internal/start/lambda/load-times';
import { describePackage } from '../../../layers/builders/src/models/index.ts';
import { LAMBDA_MODEL } from '../default-models.ts';
import { BenchError } from '../errors.ts';
import { ROOT, WORK } from '../paths.ts';
import type { Measured, Series, Stack } from '../results.ts';
import { median, pairedDifference } from '../statistics.ts';
import { alternateOrder } from '../subject-process.ts';
import { judge } from '../targets.ts';
import { Samples } from './context.ts';

const SUBJECTS = {
  model: `predict with ${LAMBDA_MODEL}`,
  bare: 'predict without a model',
  empty: 'an empty function',
} as const;
const PHASES = ['process', 'import and models', 'first request'] as const;
const STEPS = {
  open: 'OpenTime',
  verify: 'VerifyTime',
  tokenizer: 'TokenizerTime',
  session: 'SessionTime',
} as const;
/** The time that an API function may take before it has done anything. */
const IMPORT_LIMIT_MS = 80;

interface Subject {
  readonly name: string;
  readonly definition: LambdaFunction;
  readonly event: Buffer;
}

/** Measures, in every round, a new execution environment for each function: its init phase, its first request and one more. */
export async function measureLambda(rounds: number, progress: ProgressBar): Promise<Measured> {
  const loads = new LoadTimes();
  const subjects = await buildSubjects();
  const lambda = await LocalLambda.start({
    functions: subjects.map(({ definition }) => definition),
    log: (line) => loads.read(line),
  });
  const samples = new Samples();
  try {
    for (let round = -1; round < rounds; round++) {
      progress.count('cold starts in local Lambda', round + 1, rounds + 1);
      for (const subject of alternateOrder(round + 2, subjects)) {
        const measured = await coldAndWarm(lambda, subject, loads);
        if (round >= 0) for (const [metric, ms] of measured) samples.add(`${subject.name}/${metric}`, ms);
      }
    }
  } finally {
    await lambda.close();
  }
  progress.clear();
  return summarise(samples);
}

async function buildSubjects(): Promise<Subject[]> {
  const predict = await builtPredict([
    describePackage(join(ROOT, 'model-assets/packages'), { name: LAMBDA_MODEL }),
  ]);
  const empty = join(WORK, 'empty-function');
  mkdirSync(empty, { recursive: true });
  writeFileSync(join(empty, 'index.mjs'), 'export const handler = async () => ({ statusCode: 200 });\n');
  const { memoryMegabytes = 0 } = predict;
  return [
    { name: SUBJECTS.model, definition: predict, event: readEvent('predict') },
    {
      name: SUBJECTS.bare,
      definition: {
        ...predict,
        name: 'bare',
        environment: { ...predict.environment, PILOTLIGHT_PRELOAD_MODELS: '' },
      },
      event: readEvent('health'),
    },
    {
      name: SUBJECTS.empty,
      definition: { name: 'empty', taskRoot: empty, memoryMegabytes },
      event: readEvent('health'),
    },
  ];
}

const readEvent = (name: string): Buffer => readFileSync(join(ROOT, 'test/fixtures/events', `${name}.json`));

/** Milliseconds by metric. */
async function coldAndWarm(
  lambda: LocalLambda,
  { name, definition, event }: Subject,
  loads: LoadTimes,
): Promise<readonly (readonly [string, number])[]> {
  const start = performance.now();
  const cold = await lambda.invoke({ functionName: definition.name, payload: event });
  const total = performance.now() - start;
  const warm = await lambda.invoke({ functionName: definition.name, payload: event });
  lambda.recycle(definition.name);
  if (cold.init === undefined || cold.functionError || warm.functionError) {
    throw new BenchError('SUBJECT_FAILED', `${name} failed in local Lambda: ${cold.payload}`);
  }
  const [load] = loads.of(cold.environment);
  return [
    ['cold start', total],
    ['init phase', cold.init.totalMs],
    ['phase: process', cold.init.processMs],
    ['phase: import and models', cold.init.functionMs],
    ['phase: first request', cold.durationMs],
    ...Object.entries(STEPS).flatMap(([step, metric]) =>
      load ? [[`load step: ${step}`, load[metric]] as const] : [],
    ),
    ['a warm request', warm.durationMs],
  ];
}

function summarise(samples: Samples): Measured {
  const of = (key: keyof typeof SUBJECTS, metric: string) => samples.get(`${SUBJECTS[key]}/${metric}`);
  const importTime = pairedDifference(
    of('bare', 'phase: import and models'),
    of('empty', 'phase: import and models'),
  );
  return {
    series: samples.names().map((name): Series => {
      const [subject = '', metric = ''] = name.split('/');
      return { subject, metric, unit: 'ms', samples: samples.get(name) };
    }),
    comparisons: [
      judge({ name: `import: ${SUBJECTS.bare} - ${SUBJECTS.empty}`, unit: 'ms' }, importTime, {
        atMost: IMPORT_LIMIT_MS,
      }),
      {
        name: `cold start: ${SUBJECTS.model} - ${SUBJECTS.empty}`,
        unit: 'ms',
        value: pairedDifference(of('model', 'cold start'), of('empty', 'cold start')),
      },
    ],
    stacks: Object.values(SUBJECTS).map((subject): Stack => {
      const parts = PHASES.map((name) => ({ name, value: median(samples.get(`${subject}/phase: ${name}`)) }));
      return { subject, parts };
    }),
    notes: [
      'The bundle and the layers that would be deployed, run by local Lambda (docs/reference/local-lambda.md): one process for each execution environment, the Runtime API over loopback, 1,769 MB, which is one vCPU and one thread. The cold start is what a caller of Invoke waits for: init phase and first request.',
      'Lambda adds what no process on this machine shows: placing the environment, fetching code and layers, and less than a vCPU for functions below 1,769 MB. The vCPU is not enforced here.',
      'The import of the predict function includes one request to a private app of its own, so that the first real one finds everything loaded. Its load steps begin together, so that they overlap or wait for one another.',
      'The page cache is warm; code and layers are read from this disk.',
    ],
  };
}
