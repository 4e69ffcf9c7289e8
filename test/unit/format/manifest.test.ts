import { createHash } from 'node:crypto';
import {
  findChecksum,
  manifestText,
  modelNameSchema,
  modelVersionSchema,
  packagePathSchema,
  parseManifest,
  sha256Schema,
} from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { manifestOf } from '../engine/fakes.ts';

const ref = { name: 'parity', version: '1.0.0' };
const { goldens, variants } = manifestOf();
const withVariant = (changes: object) => ({ int8: { ...variants.int8, ...changes } });
const parseChanged = (changes: object) => () =>
  parseManifest(JSON.stringify({ ...manifestOf(), ...changes }), ref);

describe('a manifest that is read', () => {
  it('has the sha256 of its very text, which one that comes from no file does not have', () => {
    const text = `${manifestText(manifestOf())}\n\n`;
    const checksum = createHash('sha256').update(text).digest('hex');
    expect(findChecksum(parseManifest(text, ref))).toBe(checksum);
    expect(findChecksum(manifestOf())).toBeUndefined();
  });

  it('is refused where it is not JSON, with the model and the cause', () => {
    expect(() => parseManifest('{', ref)).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_INVALID',
        message: 'Model parity@1.0.0 is refused: its model.json is not JSON.',
        details: { model: 'parity', version: '1.0.0' },
        cause: expect.any(SyntaxError),
      }),
    );
  });

  it.each(['[]', '7', 'null', '"onnx"'])('is refused where it is %s and no object', (text) => {
    expect(() => parseManifest(text, ref)).toThrow(
      /^Model parity@1\.0\.0 is refused: its manifest is not valid at /,
    );
  });

  it.each([{ name: 'other' }, { version: '1.0.1' }, { name: 'other', version: '2.0.0' }])(
    'is refused where it is that of another model or version: %j',
    (changes) => {
      const { name, version } = { ...ref, ...changes };
      expect(parseChanged(changes)).toThrow(
        `Model parity@1.0.0 is refused: its manifest is that of ${name}@${version}.`,
      );
    },
  );

  it.each([
    [{ defaultVariant: 'fp32' }, 'at defaultVariant: must name one of the variants'],
    [{ defaultVariant: 'constructor' }, 'at defaultVariant: must name one of the variants'],
    [{ defaultVariant: '__proto__' }, 'at defaultVariant: must name one of the variants'],
    [
      { taskDefaults: { prompts: {}, defaultPrompt: 'toString' } },
      'at taskDefaults.defaultPrompt: must name one of the prompts',
    ],
    [{ variants: withVariant({ files: [goldens] }) }, 'at variants: must list the file of each graph'],
    [{ variants: withVariant({ tokenBudget: 1e12 }) }, 'tokenBudget: must be at most'],
    [
      { taskDefaults: { defaultPrompt: 'query' } },
      'at taskDefaults.defaultPrompt: must name one of the prompts',
    ],
    [
      { taskDefaults: { prompts: { passage: '' }, defaultPrompt: 'query' } },
      'at taskDefaults.defaultPrompt: must name one of the prompts',
    ],
    [{ labels: [] }, 'at labels: must not be empty for a classification task'],
    [{ labels: ['even', 'even'] }, 'at labels: must be distinct'],
    [{ formatVersion: 2 }, 'made by a later Pilotlight'],
    [{ later: 1 }, 'later'],
    [{ variants: {} }, 'at defaultVariant: must name one of the variants'],
  ])('is refused with the field at fault where it says %j', (changes, reason) => {
    expect(parseChanged(changes)).toThrow(reason);
    expect(parseChanged(changes)).toThrow(expect.objectContaining({ code: 'PACKAGE_INVALID' }));
  });

  it.each([
    ['more labels than there may be', Array(100_001).fill('x'), 'at labels: must have at most 100000 items'],
    ['as many that are no texts', Array(100_001).fill(1), 'at labels: must have at most 100000 items'],
    ['90,000 that are no texts', Array(90_000).fill(1), 'at labels.0: must be a text'],
  ])('is refused for %s', (_, labels, reason) => {
    expect(parseChanged({ labels })).toThrow(reason);
  });

  it.each(['"name":', '"int8":', '"path":'])('is refused where %s has a neighbour __proto__', (key) => {
    const text = manifestText(manifestOf()).replace(key, `"__proto__": 1, ${key}`);
    expect(() => parseManifest(text, ref)).toThrow('its model.json has the key __proto__');
  });

  it('may leave labels out where its task has none, and name one of its prompts', () => {
    expect(parseChanged({ task: 'feature-extraction', labels: [] })()).toMatchObject({ labels: [] });
    const taskDefaults = { prompts: { query: 'query: ' }, defaultPrompt: 'query' };
    expect(parseChanged({ taskDefaults })()).toMatchObject({ taskDefaults });
  });
});

describe('a manifest that is written', () => {
  it('is read again as it was', () => {
    expect(parseManifest(manifestText(manifestOf()), ref)).toEqual(manifestOf());
  });

  it('is refused where it is not valid', () => {
    expect(() => manifestText(manifestOf({ defaultVariant: 'fp32' }))).toThrow(
      'must name one of the variants',
    );
  });
});

/** What a schema makes of texts, by text. */
function accepted(schema: { safeParse(text: string): { success: boolean } }, texts: readonly string[]) {
  return texts.filter((text) => schema.safeParse(text).success);
}

describe('the parts of a manifest', () => {
  it('have names of 1 to 64 characters that begin and end with a letter or digit', () => {
    const good = ['a', '7', 'a.b-c_d', 'a'.repeat(64)];
    const bad = ['', '.a', 'a.', '-', 'A', 'a b', 'a/b', 'a'.repeat(65), 'a\n'];
    expect(accepted(modelNameSchema, [...good, ...bad])).toEqual(good);
  });

  it('have versions of three numbers, with or without a tag', () => {
    const good = ['0.0.0', '1.10.200', '1.0.0-rc.1', '1.0.0-a-b'];
    const bad = ['1', '1.0', '1.0.0.0', '1.0.0-', 'v1.0.0', '1.0.0-ä', ' 1.0.0', '1.0.x'];
    expect(accepted(modelVersionSchema, [...good, ...bad])).toEqual(good);
  });

  it('have paths that cannot lead out of the package', () => {
    const good = ['a', 'a/b.json', '.hidden', 'a/..b', '...'];
    const bad = ['', '.', '..', '../a', 'a/..', 'a/../b', 'a/./b', '/a', 'a//b', 'a/', 'a\\b', 'a b'];
    expect(accepted(packagePathSchema, [...good, ...bad])).toEqual(good);
  });

  it('have checksums of 64 hexadecimal digits in lower case', () => {
    const good = ['0123456789abcdef'.repeat(4)];
    const bad = ['', 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), 'g'.repeat(64)];
    expect(accepted(sha256Schema, [...good, ...bad])).toEqual(good);
  });
});
