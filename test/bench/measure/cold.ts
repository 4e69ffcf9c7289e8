import type { Measured, Series, Stack } from '../results.ts';
import { median, pairedRatio } from '../statistics.ts';
import { alternateOrder, SubjectProcess } from '../subject-process.ts';
import { NAMES, type SubjectKey } from '../subjects.ts';
import { compare } from '../targets.ts';
import { TextMaker } from '../texts.ts';
import { type Context, Samples, SEED, specifySubjects } from './context.ts';

const SUBJECTS: readonly SubjectKey[] = [
  'pilotlight',
  'peer',
  'limit',
  'pilotlightHashed',
  'pilotlightFp32',
  'peerFp32',
];

/** A reader's names for the time up to each mark of a subject; 'process' is the time outside its own code. */
const PHASES = { import: 'import', load: 'load model', 'first run': 'first prediction' } as const;
const PROCESS = 'process';

/** Starts each subject anew in every round: from before its process exists to its first prediction. */
export async function measureCold(context: Context): Promise<Measured> {
  const { prepared, rounds, progress } = context;
  const { model } = prepared;
  const text = new TextMaker(prepared.tokenizer, SEED.cold).ofTokens(16);
  const specs = specifySubjects(SUBJECTS, context, text);
  const totals = new Samples();
  const phases = new Samples();
  const steps = new Samples();

  for (let round = -1; round < rounds; round++) {
    progress.count('cold starts', round + 1, rounds + 1);
    for (const spec of alternateOrder(round + 2, specs)) {
      const subject = await SubjectProcess.start(spec);
      await subject.stop();
      if (round < 0) continue;
      totals.add(spec.name, subject.coldMilliseconds);
      for (const [phase, value] of phasesOf(subject)) phases.add(`${spec.name}/${phase}`, value);
      for (const [step, value] of Object.entries(subject.ready.steps ?? {}))
        steps.add(`${spec.name}/${step}`, value);
    }
  }
  progress.clear();

  const total = (key: SubjectKey) => totals.get(NAMES[key]);
  const ratio = (own: SubjectKey, other: SubjectKey, target?: { atMost: number }) =>
    compare(
      { name: `cold start: ${NAMES[own]} / ${NAMES[other]}`, model },
      pairedRatio(total(own), total(other)),
      target,
    );
  const listed = (samples: Samples, label: (part: string) => string): Series[] =>
    samples.names().map((name) => {
      const [subject = '', part = ''] = name.split('/');
      return { subject, metric: label(part), unit: 'ms', samples: samples.get(name) };
    });
  return {
    series: [
      ...specs.map(
        ({ name }): Series => ({
          subject: name,
          metric: 'cold start',
          unit: 'ms',
          samples: totals.get(name),
        }),
      ),
      ...listed(phases, (part) => `phase: ${part}`),
      ...listed(steps, (part) => `load step: ${part}`),
    ],
    comparisons: [
      ratio('pilotlight', 'peer', { atMost: 0.3 }),
      ratio('pilotlight', 'limit', { atMost: 2 }),
      ratio('pilotlightHashed', 'peer'),
      ratio('pilotlightHashed', 'limit'),
      ratio('pilotlightFp32', 'peerFp32'),
      ratio('pilotlightFp32', 'limit'),
    ],
    stacks: specs.map(({ name }): Stack => {
      const parts = [PROCESS, ...Object.values(PHASES)];
      return {
        subject: name,
        parts: parts.map((part) => ({ name: part, value: median(phases.get(`${name}/${part}`)) })),
      };
    }),
    notes: [
      'From before the process is started to the arrival of its first prediction, for a text of 16 tokens, on the clock of the process that started it. The phases are medians each for itself, on the clock of the subject.',
      'The page cache is warm: every file was read before the first round that counts. A first read from disk, a download, and what Lambda does before a process runs are not in these figures.',
      'Pilotlight is measured as the predict function serves packages out of a Lambda layer: sizes are compared, the hash of the layer is Lambda\'s business. "Hashed" is what it does anywhere else: the sha256 of every served file is compared before the first answer, in a thread of its own while tokenizer and session are opened. transformers.js compares nothing.',
      'The load steps of Pilotlight begin together, so that they overlap or wait for one another.',
      'Without VNNI, an int8 session begins with a copy of its weights that are made unsigned, so that sums do not saturate: see layers/engine/src/session/ADR-precision.md. A package made with --reduce-range needs none.',
      'An int8 session opens with its weights as they are in the file, and packs them after some runs: see layers/engine/src/session/ADR-packing.md. In fp32 it packs first, which is most of what lies above Node and onnxruntime there. A package carries no packed weights: their layout depends on the instruction set.',
    ],
  };
}

function* phasesOf({ ready, coldMilliseconds }: SubjectProcess): Generator<[string, number]> {
  const { node = 0 } = ready.phases;
  let before = node;
  for (const [mark, phase] of Object.entries(PHASES)) {
    const at = ready.phases[mark] ?? before;
    yield [phase, at - before];
    before = at;
  }
  yield [PROCESS, coldMilliseconds - (before - node)];
}
