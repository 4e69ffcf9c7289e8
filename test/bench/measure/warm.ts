import type { Comparison, Curve, Measured, Series } from '../results.ts';
import { median, pairedDifference, pairedRatio, quantile } from '../statistics.ts';
import { alternateOrder, withSubjects } from '../subject-process.ts';
import { NAMES, type SubjectKey } from '../subjects.ts';
import { compare, either, type Target } from '../targets.ts';
import { TextMaker } from '../texts.ts';
import { type Context, pause, Samples, SEED, specifySubjects } from './context.ts';

const SUBJECTS: readonly SubjectKey[] = ['pilotlight', 'raw', 'peer', 'peerFp32'];
/** Lengths with a target, and those that only make the curve. */
const TARGET_TOKENS = [16, 128];
const TOKENS = [8, 16, 32, 64, 128, 256];
const CALLS = 8;
/** Lets threads that still spin after one subject's turn come to rest before the next one's. */
const REST_MS = 30;

/** Keeps one process of each subject alive and lets them take turns: a few single calls of one text each. */
export async function measureWarm(context: Context): Promise<Measured> {
  const { prepared, rounds, progress } = context;
  const texts = new TextMaker(prepared.tokenizer, SEED.warm);
  const lengths = TOKENS.filter((tokens) => tokens <= prepared.maxTokens);
  const middles = new Samples();
  const all = new Samples();

  await withSubjects(specifySubjects(SUBJECTS, context, texts.ofTokens(16)), async (subjects) => {
    for (let round = -1; round < rounds; round++) {
      progress.count('single calls', round + 1, rounds + 1);
      for (const tokens of lengths) {
        const calls = Array<string>(CALLS).fill(texts.ofTokens(tokens));
        for (const subject of alternateOrder(round + 2, subjects)) {
          await pause(REST_MS);
          const { milliseconds } = await subject.calls(calls);
          if (round < 0) continue;
          middles.add(`${subject.name}/${tokens}`, median(milliseconds));
          for (const value of milliseconds) all.add(`${subject.name}/${tokens}`, value);
        }
      }
    }
  });
  progress.clear();

  const names = SUBJECTS.map((key) => NAMES[key]);
  return {
    series: names.flatMap((subject) =>
      lengths.map((tokens): Series => {
        const metric = `single call of ${tokens} tokens`;
        return { subject, metric, unit: 'ms', samples: all.get(`${subject}/${tokens}`) };
      }),
    ),
    comparisons: TARGET_TOKENS.filter((tokens) => tokens <= prepared.maxTokens).flatMap((tokens) =>
      comparisonsAt(tokens, middles, prepared.model),
    ),
    curves: names.map((subject): Curve => {
      return {
        subject,
        points: lengths.map((tokens) => [tokens, quantile(all.get(`${subject}/${tokens}`), 0.5)]),
      };
    }),
    notes: [
      `Each subject makes ${CALLS} calls of one text in its turn, after one call that is not counted; a ratio is formed from the medians of the turns of one round.`,
      `session.run int8 is the same package graph with the same session options and tensors made beforehand: what is above it is tokenisation, tensors and results.`,
      "How far int8 gets ahead of fp32 is the processor's doing: with AVX512-VNNI a core does four times as many int8 as fp32 operations, with AMX many times more, with neither hardly more.",
      'Both sides let idle threads spin for a moment, each by its own default: latency is what a Lambda function pays for, and it runs one request at a time.',
    ],
  };
}

function comparisonsAt(tokens: number, middles: Samples, model: string): Comparison[] {
  const at = (key: SubjectKey) => middles.get(`${NAMES[key]}/${tokens}`);
  const ratio = (name: string, other: SubjectKey, target?: Target) =>
    compare({ name: `${name} at ${tokens} tokens`, model }, pairedRatio(at('pilotlight'), at(other)), target);
  const difference = pairedDifference(at('pilotlight'), at('raw'));
  return [
    ratio('single call: Pilotlight int8 / transformers.js q8', 'peer', { atMost: 0.9 }),
    ...either([
      ratio('single call: Pilotlight int8 / session.run', 'raw', { atMost: 1.05 }),
      compare(
        { name: `single call: Pilotlight int8 - session.run at ${tokens} tokens`, unit: 'ms', model },
        difference,
        {
          atMost: 0.3,
        },
      ),
    ]),
    ratio('fp32 checkpoint: Pilotlight int8 / transformers.js fp32', 'peerFp32', { atMost: 0.2 }),
  ];
}
