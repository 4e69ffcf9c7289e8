import { describe, expect, it } from 'vitest';
import type { ArchiveSubject } from '../../../bench/allennlp/archive-process.ts';
import { ARCHIVE_KINDS, type MeasuredArchive } from '../../../bench/allennlp/archives.ts';
import { reportAllenNlp } from '../../../bench/allennlp/report.ts';
import {
  callsOf,
  measureAllenNlpRounds,
  SIZES,
  sampleName,
  startOf,
  WAYS,
  wayOf,
} from '../../../bench/allennlp/rounds.ts';
import { drawPlots } from '../../../bench/report/plots.ts';

/** A program of a few lines that needs no model: a call takes `callMs` of CPU, and an input `inputMs`. */
const PROGRAM = `
const [callMs, inputMs, label] = process.env.SUBJECT.split(' ');
const say = (reply) => process.stdout.write(JSON.stringify(reply) + '\\n');
say({ cpuMilliseconds: 100 * Number(callMs) });
require('node:readline').createInterface(process.stdin).on('line', (line) => {
  const { do: what, inputs, size, times } = JSON.parse(line);
  if (what === 'answers') return say({ answers: inputs.map(() => ({ label, score: Number(callMs) / 1e6 })) });
  const milliseconds = times * (Math.ceil(inputs.length / size) * callMs + inputs.length * inputMs);
  say({ milliseconds, cpuMilliseconds: milliseconds });
});
`;

/** The program stands where a script would, and \`env\` gives it its figures. */
const subject = (name: string, callMs: number, inputMs: number, label = 'good'): ArchiveSubject => ({
  name,
  command: '/usr/bin/env',
  args: (config) => [`SUBJECT=${callMs} ${inputMs} ${label}`, process.execPath, '-e', PROGRAM, config],
  place: ({ archive, model }) => ({ models: archive, model }),
});

const archives = ARCHIVE_KINDS.filter(({ name }) => !name.endsWith('cnn')).map(
  (kind): MeasuredArchive => ({
    ...kind,
    archive: 'model.tar.gz',
    model: kind.name,
    inputs: Array.from({ length: kind.field === 'source' ? 64 : 1000 }, (_, index) => ({
      [kind.field]: `text ${index}`,
    })),
  }),
);

const measure = (...subjects: readonly ArchiveSubject[]) =>
  measureAllenNlpRounds({ subjects, archives, threads: 1, rounds: 2, say: () => {} });

describe.runIf(process.platform === 'linux')('bench allennlp', () => {
  it('measures starts, calls of every size, and two processes, of both sides in every round', async () => {
    const samples = await measure(subject('Pilotlight', 1, 0.1), subject('AllenNLP', 20, 1));
    const [tagger, , generator] = archives;
    if (!tagger || !generator) throw new TypeError('There are three archives.');
    for (const name of ['Pilotlight', 'AllenNLP']) {
      for (const archive of archives) {
        expect(samples.get(sampleName(startOf(archive), 'RSS', name))).toHaveLength(2);
      }
      for (const size of SIZES) {
        expect(samples.get(sampleName(callsOf(tagger, size), 'rate', name))).toHaveLength(2);
      }
    }
    expect(samples.get(sampleName(callsOf(tagger, 1), 'CPU per input', 'Pilotlight'))[0]).toBeCloseTo(1.1);
    // Two calls of 32 sources side by side take as long as one, and the CPU of both.
    const divided = wayOf(generator, 'divided');
    expect(samples.get(sampleName(divided, 'rate', 'AllenNLP'))[0]).toBeCloseTo((64 / 52) * 1000);
    expect(samples.get(sampleName(divided, 'rate of CPU', 'AllenNLP'))[0]).toBeCloseTo((64 / 104) * 1000);

    const measured = reportAllenNlp({ samples, archives, subjects: ['Pilotlight', 'AllenNLP'], notes: [] });
    const found = (name: string) =>
      measured.comparisons.find((comparison) => comparison.name.startsWith(name));
    expect(found('crf_tagger: start to first prediction, CPU')).toMatchObject({
      target: 'at most 0.1x',
      met: true,
      value: { median: expect.closeTo(0.05) },
    });
    expect(found('crf_tagger: 1000 in a call, per CPU second')).toMatchObject({
      name: expect.stringContaining('AllenNLP at its best, 1000 in a call'),
      target: 'at least 2x',
      value: { median: expect.closeTo(1020 / 101) },
    });
    expect(found('crf_tagger, per second: Pilotlight, 1000 in a call / one at a time')).toMatchObject({
      target: 'at least 5x',
      met: true,
    });
    expect(found(`simple_seq2seq, beam 4, per second: Pilotlight, ${WAYS.together}`)).toMatchObject({
      target: 'at least 4x',
      value: { median: expect.closeTo((32 * 1.1) / 7.4) },
    });
    expect(drawPlots({ ...measured, ...where }).map(({ file }) => file)).toEqual([
      'allennlp-made_crf_tagger_bioul.svg',
      'allennlp-made_basic_classifier_lstm.svg',
    ]);
  }, 30_000);

  it('compares nothing with AllenNLP where it is not installed', async () => {
    const samples = await measure(subject('Pilotlight', 1, 0.1));
    const { comparisons } = reportAllenNlp({
      samples,
      archives,
      subjects: ['Pilotlight'],
      notes: ['It is missing.'],
    });
    expect(comparisons.map(({ name }) => name).filter((name) => name.includes('AllenNLP'))).toEqual([]);
    expect(comparisons.filter(({ target }) => target !== undefined).map(({ target }) => target)).toEqual([
      'at least 5x',
      'at least 4x',
    ]);
  }, 30_000);

  it('measures nothing where answers differ', async () => {
    const differing = measure(subject('Pilotlight', 1, 0.1), subject('AllenNLP', 20, 1, 'bad'));
    await expect(differing).rejects.toThrow(
      /disagree on made_crf_tagger_bioul: \.label is "good" instead of "bad"/,
    );
  });
});

const where = {
  measurement: 'allennlp',
  model: 'archives',
  rounds: 2,
  threads: 1,
  machine: {
    cpu: 'a processor',
    instructions: [],
    cores: 2,
    memoryGiB: 4,
    node: '24',
    onnxruntime: '1',
    transformersJs: '4',
    commit: 'abc',
    dirty: false,
    date: '2026-11-30',
  },
} as const;
