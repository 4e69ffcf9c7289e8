/** What a run of `bench allennlp` says: tables, ratios of pairs with their targets, curves by the size of a call. */
import type { Samples } from '../measure/context.ts';
import type { Chart, Comparison, Measured, Series, Unit } from '../results.ts';
import { median, pairedRatio, spread } from '../statistics.ts';
import { judge, type Target } from '../targets.ts';
import type { MeasuredArchive } from './archives.ts';
import { callsOf, type Metric, SIZES, sampleName, startOf, WAYS, wayOf } from './rounds.ts';

export interface AllenNlpReport {
  readonly samples: Samples;
  readonly archives: readonly MeasuredArchive[];
  /** Pilotlight, and AllenNLP where it is installed. */
  readonly subjects: readonly [own: string, other?: string];
  readonly notes: readonly string[];
}

const UNITS: Readonly<Record<Metric, Unit>> = {
  wall: 'ms',
  CPU: 'ms',
  RSS: 'MB',
  'RSS after all calls': 'MB',
  rate: 'texts/s',
  'rate of CPU': 'texts/s',
  'CPU per input': 'ms',
};
const TITLES: Readonly<Partial<Record<Metric, string>>> = {
  rate: 'per second',
  'rate of CPU': 'per CPU second',
};
const BYTES_PER_MB = 1e6;

/** The project's promises beside AllenNLP, and of batches beside single calls. */
const TARGETS = {
  firstPrediction: { atMost: 0.1 },
  memory: { atMost: 0.4 },
  batches: { atLeast: 2 },
  single: { atMost: 0.5 },
  tagger: { atLeast: 5 },
  generation: { atLeast: 4 },
} as const;
/** The archive for which batches are promised beside single calls. */
const TAGGER = 'made_crf_tagger_bioul';

const ALL = SIZES.at(-1) ?? 1;

export function reportAllenNlp({ samples, archives, subjects, notes }: AllenNlpReport): Measured {
  const [own, other] = subjects;
  const readers = archives.filter(({ field }) => field === 'sentence');
  const generators = archives.filter(({ field }) => field === 'source');
  const series = [
    ...archives.flatMap((archive) => rows(samples, startOf(archive), ['wall', 'CPU', 'RSS'], subjects)),
    ...readers.flatMap((archive) =>
      SIZES.flatMap((size) => rows(samples, callsOf(archive, size), CALL_METRICS, subjects)),
    ),
    ...readers.flatMap((archive) => rows(samples, startOf(archive), ['RSS after all calls'], subjects)),
    ...generators.flatMap((archive) =>
      WAY_NAMES.flatMap((way) =>
        rows(samples, wayOf(archive, way), ['rate', 'rate of CPU', 'RSS'], subjects),
      ),
    ),
  ];
  const beside = (name: string, metric: Metric, left: Place, right: Place, target?: Target): Comparison[] => {
    const [above, below] = [left, right].map(([row, subject]) =>
      samples.get(sampleName(row, metric, subject)),
    );
    if (!above?.length || !below?.length) return [];
    const value = pairedRatio(above, below);
    return [target ? judge({ name }, value, target) : { name, unit: 'x', value }];
  };
  const withPeer = (row: string, metric: Metric, target: Target): Comparison[] =>
    other === undefined
      ? []
      : beside(
          `${row}, ${TITLES[metric] ?? metric}: ${own} / ${other}`,
          metric,
          [row, own],
          [row, other],
          target,
        );
  return {
    series,
    comparisons: [
      ...archives.flatMap((archive) => [
        ...withPeer(startOf(archive), 'CPU', TARGETS.firstPrediction),
        ...withPeer(startOf(archive), 'RSS', TARGETS.memory),
      ]),
      ...readers.flatMap((archive) => {
        const list = callsOf(archive, ALL);
        const best = bestSize(samples, archive, other);
        return [
          ...withPeer(callsOf(archive, 1), 'CPU per input', TARGETS.single),
          ...(other === undefined
            ? []
            : beside(
                `${list}, per CPU second: ${own} / ${other} at its best, ${best} in a call`,
                'rate of CPU',
                [list, own],
                [callsOf(archive, best), other],
                TARGETS.batches,
              )),
          ...(['rate', 'rate of CPU'] as const).flatMap((metric) =>
            beside(
              `${archive.label}, ${TITLES[metric]}: ${own}, ${ALL} in a call / one at a time`,
              metric,
              [list, own],
              [callsOf(archive, 1), own],
              archive.name === TAGGER && metric === 'rate' ? TARGETS.tagger : undefined,
            ),
          ),
        ];
      }),
      ...generators.flatMap((archive) =>
        [own, ...(other === undefined ? [] : [other])].flatMap((subject) =>
          (['singly', 'divided'] as const).flatMap((way) =>
            beside(
              `${archive.label}, per second: ${own}, ${WAYS.together} / ${subject}, ${WAYS[way]}`,
              'rate',
              [wayOf(archive, 'together'), own],
              [wayOf(archive, way), subject],
              way === 'singly' ? TARGETS.generation : undefined,
            ),
          ),
        ),
      ),
    ],
    charts: readers.flatMap((archive) => chart(samples, archive, subjects)),
    notes: [...METHOD, ...notes],
  };
}

type Place = readonly [row: string, subject: string];

const CALL_METRICS = ['rate', 'rate of CPU', 'CPU per input'] as const;
const WAY_NAMES = ['together', 'divided', 'singly'] as const;

function rows(
  samples: Samples,
  row: string,
  metrics: readonly Metric[],
  subjects: AllenNlpReport['subjects'],
): Series[] {
  return subjects.flatMap((subject = '') =>
    metrics.flatMap((metric): Series[] => {
      const unit = UNITS[metric];
      const measured = samples.get(sampleName(row, metric, subject));
      if (measured.length === 0) return [];
      const inUnit = unit === 'MB' ? measured.map((bytes) => bytes / BYTES_PER_MB) : measured;
      return [{ row, subject, metric: TITLES[metric] ?? metric, unit, samples: inUnit }];
    }),
  );
}

/** The size of calls with which AllenNLP has the best median. */
function bestSize(samples: Samples, archive: MeasuredArchive, other = ''): (typeof SIZES)[number] {
  const rate = (size: number) => {
    const measured = samples.get(sampleName(callsOf(archive, size), 'rate of CPU', other));
    return measured.length === 0 ? 0 : median(measured);
  };
  return SIZES.reduce((best, size) => (rate(size) > rate(best) ? size : best));
}

function chart(samples: Samples, archive: MeasuredArchive, subjects: AllenNlpReport['subjects']): Chart[] {
  const curves = subjects.flatMap((subject = '') => {
    const points = SIZES.flatMap((size) => {
      const measured = samples.get(sampleName(callsOf(archive, size), 'rate of CPU', subject));
      return measured.length === 0 ? [] : [[size, spread(measured).median] as const];
    });
    return points.length === 0 ? [] : [{ subject, points }];
  });
  const title = `${archive.label}: inputs per CPU second by inputs of a call`;
  return [{ name: archive.model, title, x: 'inputs of a call', y: 'inputs per CPU second', curves }];
}

const METHOD = [
  'The archive is the same, and so are the inputs: 1,000 sentences of 4 to 25 words, or 64 sources of 3 to 8, of the words that its reference has. Answers are compared before anything is timed: everything but numbers equal, numbers within 1e-3. One thread on each side; CPU is that of the process, of all of its threads, as it counts it itself.',
  'Both sides split sentences of the tagger at white space: AllenNLP would tag them by spaCy first, which takes more than the model. AllenNLP imports what the archive needs and nothing else.',
  'A start ends with the first prediction; files are in the page cache. Pilotlight is bundled as a function is deployed and compares the sha256 of every file. RSS is read right after the first prediction, and after all calls.',
  'A call of many is predict_batch_json, which pads in the given order, and a list of inputs for Pilotlight, which makes its own batches of it. Two processes start together with half of the sources each, and the slower one counts; their RSS is the sum.',
] as const;
