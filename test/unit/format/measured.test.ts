import { availableParallelism, cpus } from 'node:os';
import { parseManifest } from '@pilotlight/model-format';
import {
  addFigures,
  measuredText,
  parseMeasured,
  splitMeasured,
} from '@pilotlight/model-format/internal/package/measured';
import { expect, it } from 'vitest';
import { manifestOf } from '../engine/fakes.ts';

const REF = { name: 'parity', version: '1.0.0' };
const SUM = 'ab'.repeat(32);
const figures = { int8: { inferMsPerToken: 0.02, speedup: 2.5 } };

function withFigures() {
  const { int8, ...others } = manifestOf().variants;
  if (!int8) throw new TypeError('the fake manifest has an int8 variant');
  return manifestOf({ variants: { ...others, int8: { ...int8, ...figures.int8 } } });
}

it('what a clock says is taken out of a manifest, and put back as it was', () => {
  const { manifest, figures: taken } = splitMeasured(withFigures());
  expect(manifest).toEqual(manifestOf());
  expect(taken).toEqual(figures);
  const measured = parseMeasured(measuredText(SUM, taken), REF, SUM);
  addFigures(manifest, measured ?? { variants: {} });
  expect(manifest).toEqual(withFigures());
});

it('what a manifest of an earlier release says itself goes before the file beside it', () => {
  const manifest = withFigures();
  addFigures(manifest, { variants: { int8: { inferMsPerToken: 9, speedup: 9 }, other: { speedup: 2 } } });
  expect(manifest).toEqual(withFigures());
});

it('a file about another model.json counts for nothing', () => {
  expect(parseMeasured(measuredText(SUM, figures), REF, 'cd'.repeat(32))).toBeUndefined();
});

it('a manifest without figures, or without variants, has nothing that is taken out or put in', () => {
  expect(splitMeasured(manifestOf())).toStrictEqual({ manifest: manifestOf(), figures: {} });
  const { variants: _, ...plain } = manifestOf();
  const whole = plain as unknown as Parameters<typeof splitMeasured>[0];
  expect(splitMeasured(whole)).toStrictEqual({ manifest: whole, figures: {} });
  addFigures(whole, { variants: figures });
  expect(whole).not.toHaveProperty('variants');
});

it('a broken file is said to be of which model, and what to do without it', () => {
  expect(() => parseMeasured('{', REF, SUM)).toThrow(
    expect.objectContaining({
      code: 'PACKAGE_CORRUPT',
      message:
        'Model parity@1.0.0 is refused: its measured.json is not valid: it is not JSON. Restore the file, or delete it: then nothing is known of the speed.',
      details: { model: 'parity', version: '1.0.0' },
      cause: expect.any(SyntaxError),
    }),
  );
});

it.each([
  ['no JSON', '{', /measured\.json is not valid: it is not JSON/],
  ['a time without end', measuredText(SUM, figures).replace('0.02', '1e308'), /int8\.inferMsPerToken/],
  ['another field', measuredText(SUM, figures).replace('speedup', 'speedUp'), /speedUp/],
])('a file with %s is refused by its name', (_, text, message) => {
  expect(() => parseMeasured(text, REF, SUM)).toThrow(message);
});

it('the machine is named, and no moment, host or user', () => {
  const { machine, ...rest } = JSON.parse(measuredText(SUM, figures));
  expect(Object.keys(machine)).toEqual(expect.arrayContaining(['node', 'platform', 'arch', 'cores']));
  expect(Object.keys(machine).filter((key) => key !== 'cpu')).toHaveLength(4);
  const cpu = cpus()[0]?.model.trim();
  expect(machine.cpu).toBe(cpu === '' ? undefined : cpu);
  expect(machine).toMatchObject({ node: process.versions.node, cores: availableParallelism() });
  expect(Object.keys(rest)).toEqual(['formatVersion', 'manifestSha256', 'variants']);
});

it('a manifest is read without one as it is', () => {
  const text = JSON.stringify(manifestOf());
  expect(parseManifest(text, REF)).toEqual(manifestOf());
});
