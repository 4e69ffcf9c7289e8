/** One byte of a signed package is another, of whatever class of file and whatever runs the model: no answer is given, and the file is named. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, PilotlightError } from '@pilotlight/engine';
import { openFileSigner, signPackage, writeNewKey } from '@pilotlight/lifecycle';
import { packageGenerator, packageTransformersJs } from '@pilotlight/toolchain';
import { beforeAll, describe, expect, it } from 'vitest';
import { addExample } from '../e2e/example-archive.ts';
import { writeLlama } from '../fixtures/generators.ts';
import { writeImageModel } from '../fixtures/pipelines.ts';
import { Random } from '../fixtures/random.ts';
import { cases, sampled } from '../scale.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { MODEL } from './tampered-package.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const random = new Random(7);
let pem = '';

/** The files of each class, by the runtime of the package. */
const PACKAGES: Readonly<Record<string, { version: string; files: Readonly<Record<string, string>> }>> = {
  [MODEL.name]: {
    version: MODEL.version,
    files: {
      manifest: 'model.json',
      graph: 'int8/model.onnx',
      weights: 'int8/weights.bin',
      tokenizer: 'tokenizer.json',
      'the vocabulary of its tokenizer': 'tokenizer/vocab.txt',
      'the rest of its tokenizer': 'tokenizer/rest.json',
      goldens: 'goldens.jsonl',
      'model card': 'MODEL_CARD.md',
      signature: 'signature.json',
    },
  },
  chatter: {
    version: '1.0.0',
    files: {
      manifest: 'model.json',
      graph: 'fp32/step/model.onnx',
      weights: 'fp32/step/weights.bin',
      tokenizer: 'tokenizer.json',
      goldens: 'goldens.jsonl',
      'model card': 'MODEL_CARD.md',
      signature: 'signature.json',
    },
  },
  ner: {
    version: '1.0.0',
    files: {
      manifest: 'model.json',
      graph: 'fp32/model/model.onnx',
      weights: 'fp32/model/weights.bin',
      configuration: 'archive.json',
      vocabulary: 'vocabulary/labels.txt',
      goldens: 'goldens.jsonl',
      'model card': 'MODEL_CARD.md',
      signature: 'signature.json',
    },
  },
  colours: {
    version: '1.0.0',
    files: {
      manifest: 'model.json',
      graph: 'onnx/model.onnx',
      configuration: 'config.json',
      goldens: 'goldens.jsonl',
      'model card': 'MODEL_CARD.md',
      signature: 'signature.json',
    },
  },
};

beforeAll(async () => {
  const common = { packages, version: '1.0.0', force: false };
  const sentiment = join(MODEL.name, MODEL.version);
  cpSync(join('model-assets/packages', sentiment), join(packages, sentiment), { recursive: true });
  writeLlama(join(folder, 'llama'));
  await packageGenerator({ ...common, source: join(folder, 'llama'), name: 'chatter', variants: ['fp32'] });
  await addExample(packages);
  writeImageModel(join(folder, 'image'));
  const image = { source: join(folder, 'image'), task: 'image-classification' } as const;
  await packageTransformersJs({ ...common, ...image, name: 'colours' });
  const key = join(folder, 'key.pem');
  pem = await writeNewKey(key);
  for (const [name, { version }] of Object.entries(PACKAGES))
    await signPackage(packages, { name, version }, openFileSigner(key));
}, 120_000);

/** What loading the model of a package fails with; undefined where it loads. */
async function load(name: string): Promise<PilotlightError | undefined> {
  const engine = new Engine({ packages, signedBy: [pem] });
  try {
    await engine.model(name);
    return undefined;
  } catch (error) {
    if (PilotlightError.is(error)) return error;
    throw error;
  } finally {
    await engine.dispose();
  }
}

describe.each(Object.entries(PACKAGES))('the package %s', (name, { version, files }) => {
  it('loads where nobody touched it', async () => {
    expect(await load(name)).toBeUndefined();
  });

  it.each(sampled(Object.entries(files), { short: 4 }))(
    'does not load with a byte of its %s flipped',
    async (_, file) => {
      const path = join(packages, name, version, file);
      const content = readFileSync(path);
      try {
        for (let round = 0; round < cases({ short: 2, long: 40 }); round++) {
          const at = round === 0 ? content.length - 1 : Math.floor(random.uniform() * content.length);
          const flipped = Buffer.from(content);
          flipped.writeUInt8(content.readUInt8(at) ^ (round % 2 === 0 ? 1 : 0x41), at);
          writeFileSync(path, flipped);
          const refused = await load(name);
          expect(refused?.code, `byte ${at}`).toMatch(/^PACKAGE_(CORRUPT|INVALID)$/);
          expect(refused?.message).toMatch(file === 'model.json' ? /model\.json|its manifest/ : file);
        }
      } finally {
        writeFileSync(path, content);
      }
    },
  );
});
