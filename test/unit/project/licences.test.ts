/** What may stand in the house: every package that users install has a licence that lets them use it at work. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const ROOT = resolve(import.meta.dirname, '../../..');
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MIT-0',
]);
/** Alternatives of which we take the permissive one. */
const ALTERNATIVES = new Set(['(MIT OR CC0-1.0)', '(MIT OR GPL-3.0-or-later)']);
/** libvips, which sharp loads as a library of its own; it is optional and only images need it. */
const SHARED_LIBRARY = /^node_modules\/@img\/sharp-/;

const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      license: z.optional(z.string()),
      integrity: z.optional(z.string()),
      dev: z.optional(z.boolean()),
      link: z.optional(z.boolean()),
      optional: z.optional(z.boolean()),
      inBundle: z.optional(z.boolean()),
    }),
  ),
});

const installed = Object.entries(
  lock.parse(JSON.parse(readFileSync(resolve(ROOT, 'package-lock.json'), 'utf8'))).packages,
).filter(([path, { link }]) => path.includes('node_modules/') && !link);

describe('package-lock.json', () => {
  it('names a permissive licence for every package that is installed at run time', () => {
    const others = installed.filter(([path, { license = 'none', dev = false, optional = false }]) => {
      if (dev || PERMISSIVE.has(license) || ALTERNATIVES.has(license)) return false;
      return !(optional && SHARED_LIBRARY.test(path) && license.includes('LGPL-3.0-or-later'));
    });
    expect(others.map(([path, { license }]) => `${path}: ${license ?? 'none'}`)).toEqual([]);
  });

  it('has a checksum for every package', () => {
    const unchecked = installed.filter(([, { integrity, inBundle = false }]) => !integrity && !inBundle);
    expect(unchecked.map(([path]) => path)).toEqual([]);
  });
});
