/** Packages that differ in next to nothing of their tokenizers: a fingerprint and a comparison tell them from the original. */
import { join } from 'node:path';
import { diffModels, type Fingerprint, fingerprintModel, openSide, type Sample } from '@pilotlight/lifecycle';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGES, swap, type TokenizerJson, writeTwin } from '../../../fixtures/twin-package.ts';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';

const folder = temporaryFolder();
const samples: readonly Sample[] = [
  'A WONDERFUL film, and Paris in it',
  'What a waste of an evening.',
  'book a table for two at a restaurant in Rome',
  'play something quiet by Nina Simone',
].map((text) => ({ text }));

interface Twin {
  readonly name: string;
  readonly version: string;
  readonly edit: (tokenizer: TokenizerJson) => void;
  readonly said: RegExp;
}

const TWINS: Readonly<Record<string, Twin>> = {
  'lower-casing is off': {
    name: 'sentiment',
    version: '1.0.1',
    edit: ({ normalizer }) => {
      normalizer.lowercase = false;
    },
    said: /tokenizer\.json: lower-casing is off in B \(normalizer\.lowercase: true in A, false in B\)/,
  },
  'one entry of the vocabulary has moved': {
    name: 'sentiment',
    version: '1.0.1',
    edit: ({ model }) => swap(model.vocab, 'film', 'evening'),
    said: /tokenizer\.json: vocabulary: 2 entries with another id in B: "\w+" \d+ → \d+, "\w+" \d+ → \d+/,
  },
  'one merge is dropped': {
    name: 'frames',
    version: '1.1.0',
    edit: ({ model }) => {
      model.merges.splice(54, 1);
    },
    said: /tokenizer\.json: merges: 1 only in A: "/,
  },
};

describe.each(Object.entries(TWINS))(
  'a package in whose tokenizer %s',
  (title, { name, version, edit, said }) => {
    const twins = join(folder, title.replaceAll(' ', '-'));
    const open = async (packages: string) => openSide({ packages, ref: `${name}@${version}` });
    let sides: Awaited<ReturnType<typeof open>>[] = [];

    beforeAll(async () => {
      writeTwin({ name, version }, twins, edit);
      sides = [await open(PACKAGES), await open(twins)];
    });
    afterAll(async () => {
      for (const side of sides) await side.dispose();
    });

    it('has another fingerprint of token ids', async () => {
      const [own, other] = await Promise.all(sides.map((side) => fingerprintModel(side, samples)));
      expect(own?.corpus).toBe(other?.corpus);
      expect(own?.tokens).not.toBe(other?.tokens);
    });

    it('is told from the original: which tokens, and why', async () => {
      const [a, b] = sides;
      if (!a || !b) throw new Error('There are two sides.');
      const { answers, package: packages } = await diffModels(a, b, { samples, latency: false });
      expect(answers.tokens?.differences.length).toBeGreaterThan(0);
      expect(packages.tokenizer.join('\n')).toMatch(said);
    });
  },
);

describe('the fingerprint of a package', () => {
  const of = async (name: string, threads: number, batch: number): Promise<Fingerprint> => {
    const side = await openSide({ packages: PACKAGES, ref: name }, { threads });
    try {
      return await fingerprintModel(side, samples, { batch });
    } finally {
      await side.dispose();
    }
  };

  it.each(['sentiment', 'slots', 'frames'])(
    'of %s is the same by one thread and by two, and in any batches',
    async (name) => {
      const first = await of(name, 1, 1);
      expect(await of(name, 2, 3)).toEqual(first);
      expect(await of(name, 2, 32)).toEqual(first);
    },
  );
});

it('models of two tasks are not compared', async () => {
  const [a, b] = [
    await openSide({ packages: PACKAGES, ref: 'sentiment' }),
    await openSide({ packages: PACKAGES, ref: 'slots' }),
  ];
  await expect(diffModels(a, b, { samples })).rejects.toMatchObject({
    code: 'NOT_COMPARABLE',
    message: expect.stringMatching(
      /labels \(text-classification\), and slots@.* with spans \(token-classification\)/,
    ),
  });
  for (const side of [a, b]) await side.dispose();
});
