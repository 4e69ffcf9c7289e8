import { describe, expect, it } from 'vitest';
import {
  providerFor,
  requireVariant,
  variantFor,
} from '../../../model-assets/format/src/package/served-variant.ts';
import { manifestOf } from './fakes.ts';

const [int8] = Object.values(manifestOf().variants);
if (int8 === undefined) throw new TypeError('the fake manifest has an int8 variant');
const VARIANTS = {
  int8,
  fp32: { ...int8, scheme: 'fp32' as const },
  fp16: { ...int8, scheme: 'fp16' as const, tier: 'gpu' as const },
};

function served(names: readonly (keyof typeof VARIANTS)[], provider: 'cpu' | 'cuda' | 'webgpu') {
  const variants = Object.fromEntries(names.map((name) => [name, VARIANTS[name]]));
  const name = variantFor({ variants, defaultVariant: names[0] ?? '' }, provider);
  const variant = variants[name];
  return [name, variant && providerFor(variant, provider)];
}

describe('the variant that is served', () => {
  it.each([
    ['cpu', ['int8', 'fp32', 'fp16'], 'int8', 'cpu'],
    ['cpu', ['fp16', 'int8'], 'fp16', 'cpu'],
    ['cuda', ['int8', 'fp32', 'fp16'], 'fp16', 'cuda'],
    ['cuda', ['int8', 'fp32'], 'fp32', 'cuda'],
    ['cuda', ['int8'], 'int8', 'cpu'],
    ['webgpu', ['int8', 'fp32', 'fp16'], 'fp16', 'webgpu'],
    ['webgpu', ['int8', 'fp32'], 'int8', 'cpu'],
    ['webgpu', ['fp32'], 'fp32', 'cpu'],
  ] as const)('on %s of %j is %s, which %s runs', (provider, names, variant, runsOn) => {
    expect(served(names, provider)).toEqual([variant, runsOn]);
  });

  it('is the one that is named, else refused with those that there are', () => {
    const manifest = { name: 'sentiment', version: '1.0.0', variants: VARIANTS };
    expect(requireVariant(manifest, manifest.variants, 'fp32')).toBe(VARIANTS.fp32);
    for (const name of ['fp64', 'toString']) {
      expect(() => requireVariant(manifest, manifest.variants, name)).toThrow(
        expect.objectContaining({
          code: 'PACKAGE_INVALID',
          message: `Model sentiment@1.0.0 has no variant ${name}; it has int8, fp32, fp16. Choose one of them, or package the model again.`,
          details: { model: 'sentiment', version: '1.0.0' },
        }),
      );
    }
  });
});
