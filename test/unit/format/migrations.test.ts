import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest } from '@pilotlight/model-format';
import { toCurrentFormat } from '@pilotlight/model-format/internal/manifest/migrations';
import { describe, expect, it } from 'vitest';
import { manifestOf } from '../engine/fakes.ts';

const REF = { name: 'parity', version: '1.0.0' };

describe('a manifest of a later format', () => {
  it('is refused in one line that says which Pilotlight reads it', () => {
    const later = { ...manifestOf(), formatVersion: 7, toolchain: { pilotlight: '3.2.0' } };
    const read = () => parseManifest(JSON.stringify(later), REF);
    expect(read).toThrow(
      'Model parity@1.0.0 is refused: it was made by a later Pilotlight, at least 3.2.0: its format is 7, and this one reads up to 1. Update first.',
    );
    expect(read).toThrow(expect.objectContaining({ code: 'PACKAGE_INVALID' }));
  });

  it('is refused where it says no release, or something else in its place, which is not repeated', () => {
    for (const toolchain of [undefined, null, 'x', { pilotlight: '1.0.0\nhttps://example.com' }]) {
      const read = () => toCurrentFormat({ formatVersion: 2, toolchain }, REF);
      expect(read).toThrow(/made by a later Pilotlight: its format is 2/);
    }
  });
});

describe('a manifest of an earlier format', () => {
  const migrations = {
    1: ({ labels, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, classes: labels }),
    2: (manifest: Readonly<Record<string, unknown>>) => ({ ...manifest, more: true }),
  };

  it('goes through each migration in turn, and is left as it was itself', () => {
    const made = { formatVersion: 1, labels: ['a'] };
    expect(toCurrentFormat(made, REF, { current: 3, migrations })).toEqual({
      ...{ formatVersion: 3, classes: ['a'], more: true },
    });
    expect(made).toEqual({ formatVersion: 1, labels: ['a'] });
  });

  it('of a version that never was is refused', () => {
    for (const formatVersion of [0, -4])
      expect(() => toCurrentFormat({ formatVersion }, REF)).toThrow(
        /never was; this Pilotlight reads 1 to 1/,
      );
  });

  it.each([[undefined], ['1'], [1.5], [null]])(
    'that says %s for it is left to the schema',
    (formatVersion) => {
      expect(() => parseManifest(JSON.stringify({ ...manifestOf(), formatVersion }), REF)).toThrow(
        /not valid at formatVersion/,
      );
    },
  );
});

describe('every shape of manifest that a commit of this project ever wrote', () => {
  const folder = 'test/fixtures/manifests';
  it.each(readdirSync(folder))('is read: %s', (file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const { name, version, toolchain } = JSON.parse(text);
    const manifest = parseManifest(text, { name, version });
    expect(manifest).toMatchObject({ formatVersion: 1, name, version, toolchain });
  });
});
