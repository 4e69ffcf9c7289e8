/** Tasks that ask more of a model than one run: labels by the dozen, files of embeddings, a context of many windows. */

import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import { TASKS_MODEL } from '../default-models.ts';
import { BenchError } from '../errors.ts';
import { BENCH_TASKS, nameModel, type PreparedTasks } from '../prepare-tasks.ts';
import type { Comparison, Measured, Series, Unit } from '../results.ts';
import { median, pairedRatio } from '../statistics.ts';
import { alternateOrder, type SubjectProcess, type SubjectSpec, withSubjects } from '../subject-process.ts';
import type { BenchTask } from '../subjects/protocol.ts';
import { NAMES } from '../subjects.ts';
import { judge, type Target } from '../targets.ts';
import { inBatches, TextMaker } from '../texts.ts';
import { pause, Samples, SEED } from './context.ts';

const TEXTS = { tiny: 64, real: 1024 } as const;
const CONTEXT_TOKENS = { tiny: 400, real: 4000 } as const;
const TEXT_TOKENS = 24;
const BATCH = 32;
/** Calls of a turn where one takes some tens of milliseconds. */
const CALLS = 8;
const REST_MS = 100;
/** Scores differ by what quantising activations adds. */
const TOLERANCE = 0.05;
const LENGTHS = { typical: 14, sigma: 0.8, shortest: 5, longest: 200 } as const;

export interface TasksContext {
  readonly prepared: PreparedTasks;
  readonly threads: number;
  readonly rounds: number;
  readonly progress: ProgressBar;
}

const METRICS: Readonly<Record<BenchTask, { readonly metric: string; readonly unit: Unit }>> = {
  'zero-shot': { metric: 'zero-shot, 10 labels', unit: 'ms' },
  embeddings: { metric: 'embeddings', unit: 'texts/s' },
  questions: { metric: 'question over a long context', unit: 'ms' },
};

/** Both sides on each task, a process of each kept alive, turn by turn. */
export async function measureTasks(context: TasksContext): Promise<Measured> {
  const { prepared, rounds, progress } = context;
  const size = prepared.model === 'tiny' ? 'tiny' : 'real';
  const maker = new TextMaker(prepared.tokenizer, SEED.tasks);
  const text = maker.ofTokens(TEXT_TOKENS);
  const longest = Math.min(LENGTHS.longest, prepared.maxTokens);
  const mixed = maker.varied(TEXTS[size], { ...LENGTHS, longest }, Math.min(256, prepared.maxTokens));
  const document = maker.ofTokens(CONTEXT_TOKENS[size]);
  const samples = new Samples();
  const cut = new Samples();

  for (const task of BENCH_TASKS) {
    const input = task === 'questions' ? document : text;
    await withSubjects(specifyTask(task, context, text), async (subjects) => {
      const [own, peer] = subjects;
      if (own && peer && task !== 'questions') await expectSameAnswers(task, own, peer, [text]);
      for (let round = 0; round < rounds; round++) {
        progress.count(METRICS[task].metric, round, rounds);
        for (const subject of alternateOrder(round, subjects)) {
          await pause(REST_MS);
          const key = `${subject.name}/${task}`;
          if (task === 'embeddings') {
            const batches = subject.name === NAMES.pilotlight ? [mixed] : inBatches(mixed, BATCH);
            const { milliseconds } = await subject.batches(batches);
            samples.add(key, (1000 * mixed.length) / milliseconds);
          } else {
            const calls = Array<string>(task === 'questions' ? 1 : CALLS).fill(input);
            samples.add(key, median((await subject.calls(calls)).milliseconds));
          }
        }
      }
      if (task !== 'questions') return;
      for (const subject of subjects) {
        const [answer] = (await subject.batches([[document]])).answers;
        cut.add(subject.name, answer?.score ?? document.length);
      }
    });
  }
  progress.clear();
  return report(context, samples, cut, { texts: mixed.length, document: CONTEXT_TOKENS[size] });
}

function report(
  { prepared }: TasksContext,
  samples: Samples,
  cut: Samples,
  { texts, document }: { texts: number; document: number },
): Measured {
  const compareSides = (task: BenchTask) =>
    pairedRatio(samples.get(`${NAMES.pilotlight}/${task}`), samples.get(`${NAMES.peer}/${task}`));
  const compared = (name: string, task: BenchTask, target?: Target): Comparison => {
    const value = compareSides(task);
    const judged = target !== undefined && prepared.model === TASKS_MODEL;
    return judged ? judge({ name }, value, target) : { name, unit: 'x', value };
  };
  const cutBy = (name: string) => cut.get(name)[0] ?? document;
  const both = `${NAMES.pilotlight} / ${NAMES.peer}`;
  return {
    series: BENCH_TASKS.flatMap((task) =>
      [NAMES.pilotlight, NAMES.peer].map((subject): Series => {
        return { subject, ...METRICS[task], samples: samples.get(`${subject}/${task}`) };
      }),
    ),
    comparisons: [
      compared(`zero-shot, 10 labels: ${both}`, 'zero-shot', { atMost: 0.5 }),
      compared(`embeddings: ${both} in batches of ${BATCH}`, 'embeddings', { atLeast: 3 }),
      judge(
        { name: `question over ${document} tokens: share of them that ${NAMES.pilotlight} reads` },
        pairedRatio([document - cutBy(NAMES.pilotlight)], [document]),
        { atLeast: 1 },
      ),
      compared(`question over ${document} tokens: ${both}, which cuts it`, 'questions'),
    ],
    notes: [
      `Zero-shot: one text of ${TEXT_TOKENS} tokens and ten labels in each call, the median of ${CALLS} calls in each turn. transformers.js runs the model for each label, Pilotlight for all of them together.`,
      `Embeddings: ${texts} texts, most as long as a sentence and one in ten of any length up to 256 tokens, mean pooling, normalised. Pilotlight gets all of them in one call, transformers.js in batches of ${BATCH} in file order.`,
      `Question: a context of ${document} tokens. Pilotlight reads all of it in overlapping windows; transformers.js cuts ${cutBy(NAMES.peer)} tokens off, so that the times are not of the same work.`,
    ],
  };
}

function specifyTask(task: BenchTask, { prepared, threads }: TasksContext, text: string): SubjectSpec[] {
  const { bundles, packages, peers, model } = prepared;
  const config = { model: nameModel(model, task), scheme: 'int8', threads, text, task } as const;
  return [
    { name: NAMES.pilotlight, file: bundles.pilotlightTasks, config: { ...config, models: packages } },
    { name: NAMES.peer, file: bundles.peerTasks, config: { ...config, models: peers } },
  ];
}

/** Throws ANSWERS_DIFFER unless both sides say the same: else their times would not compare. */
async function expectSameAnswers(
  task: BenchTask,
  own: SubjectProcess,
  peer: SubjectProcess,
  texts: readonly string[],
): Promise<void> {
  const [ours, theirs] = await Promise.all([own.batches([texts]), peer.batches([texts])]);
  for (const [index, { score }] of ours.answers.entries()) {
    if (Math.abs(score - (theirs.answers[index]?.score ?? Number.NaN)) <= TOLERANCE) continue;
    const said = JSON.stringify([ours.answers[index], theirs.answers[index]]);
    throw new BenchError('ANSWERS_DIFFER', `the two sides disagree on ${task}: ${said}`);
  }
}
