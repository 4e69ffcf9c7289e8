/** A quantisation scheme and a kind of source each have one home and one registry: this counts the files that name one. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { SCHEME_NAMES } from '../../../model-assets/format/src/schemes.ts';
import { planVariants, SCHEMES } from '../../../model-assets/toolchain/src/schemes/index.ts';

const ROOT = 'model-assets/toolchain/src';
const SOURCES = globSync(`${ROOT}/**/*.ts`).sort();

/** Files of the toolchain that import the file. */
function importersOf(folder: string, name: string): string[] {
  const specifier = new RegExp(`(?:from |import\\()'(?:\\./|[^']*/${folder}/)${name}\\.ts'`);
  return SOURCES.filter((file) => {
    const isNeighbour = file.startsWith(join(ROOT, folder, '/'));
    const text = readFileSync(file, 'utf8');
    return specifier.test(isNeighbour ? text : text.replaceAll("'./", "'"));
  });
}

test.each(Object.keys(SCHEMES))('only the registry of the toolchain imports the scheme %s', (scheme) => {
  expect(importersOf('schemes', scheme)).toEqual([`${ROOT}/schemes/index.ts`]);
});

test('every file beside the registry of schemes is a scheme, or the interface of one', () => {
  const files = globSync(`${ROOT}/schemes/*.ts`).map((file) => basename(file, '.ts'));
  expect(files.sort()).toEqual([...Object.keys(SCHEMES), 'exported', 'index', 'rung', 'scheme'].sort());
});

test('an export that is quantised already is named by its width, and any other variant of it is refused', () => {
  const settings = { variants: ['int8'], quantise: { keep: [], reduceRange: false } } as const;
  for (const precision of ['int8', 'int4'] as const) {
    const { reference, others } = planVariants(settings, precision);
    expect(reference.scheme.nameInManifest(settings.quantise)).toBe(`${precision}-exported`);
    expect([reference.variant, others]).toEqual(['int8', []]);
    expect(() => planVariants({ ...settings, variants: ['fp32'] }, precision)).toThrow(
      'there is no fp32 of it',
    );
  }
});

test('each scheme names itself in the manifest by a scheme of the format', () => {
  for (const scheme of Object.values(SCHEMES))
    for (const reduceRange of [false, true])
      expect(SCHEME_NAMES).toContain(scheme.nameInManifest({ keep: [], reduceRange }));
});

test.each(['adapter', 'checkpoint', 'onnx-export'])(
  'only the registry of the toolchain imports the source %s',
  (kind) => {
    expect(importersOf('sources', kind)).toEqual([`${ROOT}/sources/index.ts`]);
  },
);

test('the registry of sources has every file that exports a reader', () => {
  const readers = SOURCES.filter((file) => /export const \w+Reader\b/.test(readFileSync(file, 'utf8')));
  const registry = readFileSync(`${ROOT}/sources/index.ts`, 'utf8');
  expect(readers).toHaveLength(3);
  for (const file of readers) expect(registry).toContain(`'./${basename(file)}'`);
});
