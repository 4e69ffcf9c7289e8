import { describe, expect, it } from 'vitest';
import {
  CALL_WAYS,
  callsRow,
  cellRow,
  makePrefixed,
  makePrompts,
  PROMPT,
  processesRow,
  sampleName,
  streamsRow,
} from '../../../bench/generate/cells.ts';
import type { GenerateSubject } from '../../../bench/generate/generate-process.ts';
import { reportGenerate } from '../../../bench/generate/report.ts';
import { measureGenerateRounds } from '../../../bench/generate/rounds.ts';
import { findShape } from '../../../bench/generate/shapes.ts';
import { NAMES } from '../../../bench/generate/subjects.ts';

/** A program of a few lines that needs no model: a token takes `tokenMs` of CPU, a batch of calls waits for its longest, and a prompt whose begin is kept takes a quarter. */
const PROGRAM = `
const [tokenMs, word] = process.env.SUBJECT.split(' ').map(Number);
const { prefixBytes = 0 } = JSON.parse(process.argv[1]);
const say = (reply) => process.stdout.write(JSON.stringify(reply) + '\\n');
say({ ready: true });
require('node:readline').createInterface(process.stdin).on('line', (line) => {
  const { do: what, prompts, tokens, beams = 1, together } = JSON.parse(line);
  if (what === 'stream') return say({ firstMs: prompts.map(() => 8 * tokenMs), gapsMs: prompts.map(() => tokenMs) });
  const lengths = prompts.map((_, at) => (what === 'calls' ? tokens[at] : tokens));
  const sum = lengths.reduce((total, length) => total + length, 0);
  const waits = what === 'calls' && together < prompts.length ? 2 : 1;
  const share = prefixBytes > 0 ? 0.25 : 1;
  const milliseconds = share * waits * beams * tokenMs * sum;
  say({ milliseconds, cpuMilliseconds: milliseconds, ids: lengths.map((length) => Array(length).fill(word)) });
});
`;

/** The program stands where a script would, and `env` gives it its figures. */
const subject = (
  name: string,
  beams: GenerateSubject['beams'],
  tokenMs: number,
  word = 1,
): GenerateSubject => ({
  name,
  beams,
  command: '/usr/bin/env',
  args: [`SUBJECT=${tokenMs} ${word}`, process.execPath, '-e', PROGRAM],
  config: { models: '.', model: 'm', precision: 'int8', hasEncoder: true, threads: 1, slots: 32 },
});

/** The products of a step take a millisecond a row. */
const LIMITS = { bandwidth: 1e9, products: { measure: async (rows: number) => rows } };

const shape = findShape('t5-60m');
const measure = (rounds: number, ...[own, ...others]: readonly [GenerateSubject, ...GenerateSubject[]]) =>
  measureGenerateRounds({
    model: { ...shape, bytesOfStep: 1e6 },
    subjects: [own, ...others],
    ...LIMITS,
    rounds,
    say: () => {},
  });

describe.runIf(process.platform === 'linux')('bench generate', () => {
  it('measures each side in every cell of every round, and judges the pairs', async () => {
    const samples = await measure(
      2,
      subject(NAMES.own, [1, 4], 2),
      subject(NAMES.transformersJs, [1], 4),
      subject(NAMES.hfBeams, [4], 6),
    );
    const one = cellRow(shape, { texts: 1, beams: 1 });
    const beams = cellRow(shape, { texts: 8, beams: 4 });
    expect(samples.get(sampleName(one, 'CPU', NAMES.own))).toEqual([2, 2]);
    expect(samples.get(sampleName(one, 'CPU', NAMES.hfBeams))).toEqual([]);
    expect(samples.get(sampleName(beams, 'CPU', NAMES.transformersJs))).toEqual([]);
    // A millisecond for each row of a step is one for each token.
    const many = cellRow(shape, { texts: 32, beams: 1 });
    expect(samples.get(sampleName(many, 'CPU', NAMES.products))).toEqual([1, 1]);
    expect(samples.get(sampleName(beams, 'CPU', NAMES.products))).toEqual([]);
    // 1 MB at 1 GB/s is a millisecond, of the two that a token takes.
    expect(samples.get(sampleName(one, 'limit', NAMES.own))[0]).toBeCloseTo(50);
    expect(samples.get(sampleName(streamsRow(shape), 'first p99', NAMES.own))[0]).toBeCloseTo(16);
    expect(samples.get(sampleName(processesRow(shape, 'two'), 'RSS', NAMES.own))).toHaveLength(2);

    const { comparisons, series } = reportGenerate(samples, shape, []);
    const found = (name: string) => comparisons.find((comparison) => comparison.name.startsWith(name));
    expect(found(`${one}, CPU per token`)).toMatchObject({
      target: 'at most 0.7x',
      met: true,
      value: { median: expect.closeTo(0.5) },
    });
    expect(found(`${many}, CPU per token: ${NAMES.products}`)?.value.median).toBeCloseTo(0.25);
    expect(found(`${many}, CPU`)).toMatchObject({
      target: 'at most 0.45x',
      met: false,
    });
    expect(found(`${beams}, tokens per second`)).toMatchObject({
      target: 'at least 2.5x',
      met: true,
      value: { median: expect.closeTo(3) },
    });
    expect(found(`${shape.label}, 24 calls of other lengths`)).toMatchObject({
      target: 'at least 1.3x',
      value: { median: expect.closeTo(2) },
    });
    expect(comparisons.filter(({ name }) => name.includes(NAMES.torch))).toEqual([]);
    expect(series.map(({ row }) => row)).toContain(callsRow(shape, 'static'));
    expect(callsRow(shape, 'continuous')).toContain(CALL_WAYS.continuous);
  }, 30_000);

  it('promises nothing of the small shapes of a quick run', async () => {
    const samples = await measure(1, subject(NAMES.own, [1, 4], 2));
    const { comparisons } = reportGenerate(samples, { name: 't5-tiny', label: shape.label }, []);
    expect(comparisons.length).toBeGreaterThan(0);
    expect(comparisons.filter(({ target }) => target !== undefined)).toEqual([]);
  }, 30_000);

  it('measures prompts that begin alike where the model has no encoder, read anew and with what they share kept', async () => {
    const gpt2 = findShape('gpt2-124m');
    const samples = await measureGenerateRounds({
      model: { ...gpt2, bytesOfStep: 1e6 },
      subjects: [subject(NAMES.own, [1, 4], 2)],
      ...LIMITS,
      rounds: 2,
      say: () => {},
    });
    const { comparisons } = reportGenerate(samples, gpt2, []);
    const found = (what: string) =>
      comparisons.find(({ name }) => name.startsWith(`${gpt2.label}, prompts that begin alike, ${what}`));
    expect(found('CPU per token')).toMatchObject({ value: { median: expect.closeTo(0.25) } });
    expect(found('per second')).toMatchObject({ value: { median: expect.closeTo(4) } });
    expect(comparisons.filter(({ name }) => name.includes('in one process'))).toEqual([]);
  }, 30_000);

  it('asks for prompts that begin alike and go on in other words', () => {
    const prompts = makePrefixed(4000);
    expect(new Set(prompts.map(({ length }) => length))).toEqual(new Set([268]));
    expect(new Set(prompts.map((prompt) => prompt.slice(0, 256).join())).size).toBe(1);
    expect(new Set(prompts.map((prompt) => prompt.slice(256).join())).size).toBe(prompts.length);
  });

  it('judges one text and eight beside node-llama-cpp, and says no more of others', async () => {
    const gpt2 = findShape('gpt2-124m');
    const samples = await measureGenerateRounds({
      model: { ...gpt2, bytesOfStep: 1e6 },
      subjects: [subject(NAMES.own, [1, 4], 1), subject(NAMES.llama, [1], 2)],
      ...LIMITS,
      ...{ rounds: 1, say: () => {} },
    });
    const { comparisons } = reportGenerate(samples, gpt2, []);
    const beside = comparisons.filter(({ name }) => name.endsWith(NAMES.llama));
    expect(beside.map(({ value, target, met }) => [value.median, target, met])).toEqual([
      [0.5, 'at most 0.85x', true],
      [0.5, 'at most 0.35x', false],
      [0.5, undefined, undefined],
    ]);
  }, 30_000);

  it('times nothing where one side generates other tokens', async () => {
    const differing = measure(
      1,
      subject(NAMES.own, [1, 4], 2),
      subject(NAMES.transformersJs, [1], 4),
      subject(NAMES.hfBeams, [4], 6, 2),
    );
    await expect(differing).rejects.toMatchObject({
      code: 'ANSWERS_DIFFER',
      message: expect.stringContaining(NAMES.hfBeams),
    });
  }, 30_000);

  it('asks for the same prompts in every process, without the word that ends a text', () => {
    const prompts = makePrompts(3, 40);
    expect(prompts).toEqual(makePrompts(3, 40));
    expect(prompts.map(({ length }) => length)).toEqual([PROMPT, PROMPT, PROMPT]);
    expect(Math.max(...prompts.flat())).toBeLessThan(39);
  });
});

describe('the shapes of bench generate', () => {
  it('are refused by name where there is none, with those that there are', () => {
    expect(() => findShape('22m')).toThrow(
      /There is no shape 22m to generate with; choose t5-60m, gpt2-124m/,
    );
  });
});
