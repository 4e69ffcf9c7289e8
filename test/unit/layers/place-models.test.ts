import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  LayerError,
  type PackageDescription,
  type Placement,
  type PlacementProps,
  placeModels,
} from '../../../layers/builders/src/models/index.ts';
import { packageOf } from './model-packages.ts';

const MB = 1_000_000;
/** The limits that AWS states, in its MB of 1,048,576 bytes: 250 MB unzipped, five layers, 512 to 10,240 MB of /tmp. */
const UNZIPPED = 262_144_000;
const LARGEST_STORAGE = 10_240;

const place = (packages: readonly PackageDescription[], rest: Partial<PlacementProps> = {}) =>
  placeModels({ packages, functionBytes: 2 * MB, runtimeLayerBytes: 30 * MB, ...rest });

const names = (packages: readonly PackageDescription[]) => packages.map(({ name }) => name);

describe('a placement', () => {
  test('has a layer for each model while there are enough of them', () => {
    const placement = place([packageOf('a', MB), packageOf('b', 2 * MB), packageOf('c', 3 * MB)]);
    expect(placement.kind === 'layer' && placement.layers.map(names)).toEqual([['c'], ['b'], ['a']]);
  });

  test('joins small models when there would be more than four layers beside the runtime', () => {
    const placement = place([90, 80, 5, 5, 4, 4].map((size, i) => packageOf(`m${i}`, size * MB)));
    expect(placement.kind === 'layer' && placement.layers.map(names)).toEqual([
      ['m0'],
      ['m1'],
      ['m2', 'm3'],
      ['m4', 'm5'],
    ]);
  });

  test('needs fewer bytes than 250 MB of Lambda, function and layers together', () => {
    const room = UNZIPPED - 32 * MB;
    expect(place([packageOf('a', room - 1)]).kind).toBe('layer');
    expect(place([packageOf('a', room)]).kind).toBe('s3');
  });

  test('fetches from S3 what is left over, which is as little as leaving the largest in layers makes it', () => {
    const placement = place([packageOf('a', 150 * MB), packageOf('b', 120 * MB), packageOf('c', 40 * MB)]);
    expect(placement).toMatchObject({
      kind: 's3',
      inLayers: [[{ name: 'a' }], [{ name: 'c' }]],
      fetched: [{ name: 'b' }],
      ephemeralStorageMegabytes: 512,
    });
  });

  test.each([
    [400 * MB, 512],
    [402_653_184, 512],
    [402_653_185, 513],
    [1000 * MB, 954 + 128],
  ])('for %i fetched bytes has %i MB of ephemeral storage', (bytes, megabytes) => {
    expect(place([packageOf('a', bytes)])).toMatchObject({ ephemeralStorageMegabytes: megabytes });
  });

  test('fills /tmp up to 10,240 MB and no further', () => {
    const tooMuch = (LARGEST_STORAGE - 128) * 1_048_576;
    expect(place([packageOf('a', tooMuch)])).toMatchObject({
      kind: 's3',
      ephemeralStorageMegabytes: LARGEST_STORAGE,
    });
    expect(() => place([packageOf('a', tooMuch + 1)])).toThrow(
      expect.objectContaining({ code: 'PLACEMENT_IMPOSSIBLE' }),
    );
  });

  test('is on the server where the tier says so', () => {
    expect(place([packageOf('a', 900 * MB, 'gpu'), packageOf('b', MB, 'gpu')])).toMatchObject({
      kind: 'gpu',
      packages: [{ name: 'a' }, { name: 'b' }],
    });
  });

  test('of no model is no layer', () => {
    expect(place([])).toMatchObject({ kind: 'layer', layers: [] });
  });
});

describe('a wish for a placement', () => {
  test.each([
    ['layer', 'layer'],
    ['s3', 's3'],
    ['image', 'image'],
  ] as const)('%s is met', (prefer, kind) => {
    expect(place([packageOf('a', MB)], { prefer }).kind).toBe(kind);
  });

  test('s3 means every model', () => {
    const placement = place([packageOf('a', MB), packageOf('b', MB)], { prefer: 's3' });
    expect(placement).toMatchObject({ inLayers: [], fetched: [{ name: 'a' }, { name: 'b' }] });
  });

  test('layer is refused with the sizes where the models do not fit', () => {
    expect(() => place([packageOf('a', 150 * MB), packageOf('b', 120 * MB)], { prefer: 'layer' })).toThrow(
      "Placement 'layer' is refused: the models have 270.0 MB (a@1.0.0 150.0 MB, b@1.0.0 120.0 MB), and there is " +
        'room for 230.1 MB. Leave the placement out to have it chosen, or divide the models among functions.',
    );
  });

  test.each(['s3', 'image'] as const)('%s is refused above its limit', (prefer) => {
    expect(() => place([packageOf('a', 11_000 * MB)], { prefer })).toThrow(
      expect.objectContaining({ code: 'PLACEMENT_REFUSED' }),
    );
  });

  test('is refused for a model of the tier gpu, which no function serves', () => {
    expect(() => place([packageOf('a', MB, 'gpu')], { prefer: 'layer' })).toThrow(
      "Placement 'layer' is refused: a@1.0.0 1.0 MB has the tier 'gpu'",
    );
  });

  test('image is met where function and runtime alone are too large for layers', () => {
    const large = { runtimeLayerBytes: UNZIPPED };
    expect(place([packageOf('a', MB)], { ...large, prefer: 'image' }).kind).toBe('image');
    expect(() => place([packageOf('a', MB)], large)).toThrow(/alone reach the 262\.1 MB/);
  });
});

describe('models are refused', () => {
  test('that fit nowhere, with all sizes and what can be done', () => {
    expect(() => place([packageOf('giant', 11_000 * MB)])).toThrow(
      'The models fit nowhere: they have 11000.0 MB (giant@1.0.0 11000.0 MB); layers have room for 230.1 MB, /tmp ' +
        'for 10603.2 MB fetched from S3, an image for 10105.4 MB. Divide them among functions, package a smaller ' +
        "variant (int8), or give them the tier 'gpu' in the catalog.",
    );
  });

  test('of two tiers in one function', () => {
    expect(() => place([packageOf('a', MB, 'gpu'), packageOf('b', MB)])).toThrow(
      "Models of two tiers cannot share a function: a@1.0.0 1.0 MB has the tier 'gpu', b@1.0.0 1.0 MB has not.",
    );
  });

  test('that are named twice', () => {
    expect(() => place([packageOf('a', MB), packageOf('a', MB)])).toThrow('Model a@1.0.0 is there twice.');
  });
});

describe('whatever the models', () => {
  const models = fc
    .array(
      fc.oneof(
        fc.integer({ min: 1, max: 20 * MB }),
        fc.integer({ min: 1, max: 260 * MB }),
        fc.integer({ min: 1, max: 9_000 * MB }),
      ),
      { maxLength: 24 },
    )
    .map((sizes) => sizes.map((bytes, i) => packageOf(`m${i}`, bytes)));
  const prefer = fc.option(fc.constantFrom('layer', 's3', 'image'), { nil: undefined });

  const attempt = (packages: readonly PackageDescription[], wish: PlacementProps['prefer']) => {
    try {
      return place(packages, wish === undefined ? {} : { prefer: wish });
    } catch (error) {
      if (error instanceof LayerError) return error.message;
      throw error;
    }
  };
  const bytesOf = (packages: readonly PackageDescription[]) =>
    packages.reduce((sum, { bytes }) => sum + bytes, 0);

  test('each is placed once, and no limit is broken', () => {
    fc.assert(
      fc.property(models, prefer, (packages, wish) => {
        const placement = attempt(packages, wish);
        if (typeof placement === 'string') return;
        const { layers, fetched, others } = partsOf(placement);
        expect(names([...layers.flat(), ...fetched, ...others]).sort()).toEqual(names(packages).sort());
        expect(layers.length).toBeLessThanOrEqual(4);
        expect(32 * MB + bytesOf(layers.flat())).toBeLessThan(UNZIPPED);
        if (placement.kind !== 's3') return;
        const storage = placement.ephemeralStorageMegabytes;
        expect(storage).toBeGreaterThanOrEqual(512);
        expect(storage).toBeLessThanOrEqual(LARGEST_STORAGE);
        expect(storage * 1_048_576).toBeGreaterThan(bytesOf(fetched));
      }),
    );
  });

  test('the order in which they are given changes nothing', () => {
    const shuffled = models.chain((packages) =>
      fc.tuple(fc.constant(packages), fc.shuffledSubarray(packages, { minLength: packages.length })),
    );
    fc.assert(
      fc.property(shuffled, prefer, ([packages, others], wish) => {
        expect(attempt(others, wish)).toEqual(attempt(packages, wish));
      }),
    );
  });

  test('nothing is fetched that would still fit into the layers', () => {
    fc.assert(
      fc.property(models, (packages) => {
        const placement = attempt(packages, undefined);
        if (typeof placement === 'string' || placement.kind !== 's3') return;
        const room = UNZIPPED - 1 - 32 * MB - bytesOf(placement.inLayers.flat());
        expect(placement.fetched.every(({ bytes }) => bytes > room)).toBe(true);
      }),
    );
  });
});

function partsOf(placement: Placement) {
  const none = { layers: [], fetched: [], others: [] };
  switch (placement.kind) {
    case 'layer':
      return { ...none, layers: placement.layers };
    case 's3':
      return { ...none, layers: placement.inLayers, fetched: placement.fetched };
    default:
      return { ...none, others: placement.packages };
  }
}
