/** Whatever the files of a source hold, they are read, or refused with a code. */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PilotlightError } from '@pilotlight/engine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { readLabels } from '../../../model-assets/toolchain/src/sources/labels.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { writeSafetensors } from '../../fixtures/safetensors.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const source = join(root, 'source');
const base = join(root, 'base');
const shape = { ...SHAPES.tiny, layers: 1, hidden: 8, heads: 2, feedForward: 8 };
writeCheckpoint({ family: 'bert', head: 'sequence-classification', shape, labels: ['a', 'b'] }, base);

/** Whether it worked; anything but an error with a code of ours is thrown. */
function isRefusal(error: unknown): false {
  if (PilotlightError.is(error)) return false;
  throw error;
}

const index = fc.oneof(fc.nat(3).map(String), fc.string());
const label = fc.oneof(fc.string(), fc.nat(3), fc.jsonValue());
const labels = fc.oneof(fc.jsonValue(), fc.dictionary(index, label), fc.array(label));

test('labels are distinct texts, or are refused', () => {
  fc.assert(
    fc.property(labels, (id2label) => {
      try {
        const read = readLabels(id2label);
        expect(new Set(read).size).toBe(read.length);
        expect(read.every((each) => each !== '')).toBe(true);
      } catch (error) {
        isRefusal(error);
      }
    }),
    { numRuns: 1000 },
  );
});

const FILES = [
  'config.json',
  'tokenizer_config.json',
  'modules.json',
  'config_sentence_transformers.json',
  'model.safetensors.index.json',
];
const KEYS = [
  'model_type',
  'architectures',
  'id2label',
  'num_labels',
  'hidden_size',
  'vocab_size',
  'path',
  'type',
  'prompts',
  'weight_map',
];

test('a checkpoint with any JSON in the place of a file is read or refused', async () => {
  const content = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom(...KEYS), fc.jsonValue()),
    fc.array(fc.dictionary(fc.constantFrom(...KEYS), fc.jsonValue())),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...FILES), content, async (file, json) => {
      rmSync(source, { recursive: true, force: true });
      cpSync(base, source, { recursive: true });
      if (file === 'model.safetensors.index.json') rmSync(join(source, 'model.safetensors'));
      writeFileSync(join(source, file), JSON.stringify(json));
      await readSource(source, { task: 'feature-extraction' }).catch(isRefusal);
    }),
    { numRuns: 150 },
  );
});

test('an adapter with any tensors is merged or refused', async () => {
  const module = fc.constantFrom(
    'bert.encoder.layer.0.output.dense',
    'classifier',
    'bert.embeddings.word_embeddings',
    'x',
    '',
  );
  const ending = fc.constantFrom(
    'lora_A.weight',
    'lora_B.weight',
    'lora_embedding_A',
    'lora_embedding_B',
    'weight',
    'bias',
    'x',
  );
  const tensor = fc.record({
    name: fc
      .tuple(fc.constantFrom('base_model.model.', ''), module, ending)
      .map(([start, path, end]) => `${start}${path}.${end}`),
    shape: fc.array(fc.constantFrom(0, 1, 2, 8), { maxLength: 3 }),
  });
  const config = fc.record({
    r: fc.constantFrom(1, 2, 0),
    lora_alpha: fc.oneof(fc.double(), fc.constant(4)),
    alpha_pattern: fc.oneof(fc.dictionary(fc.string(), fc.double()), fc.constant({})),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(tensor, { selector: ({ name }) => name }),
      config,
      async (tensors, options) => {
        rmSync(source, { recursive: true, force: true });
        cpSync(join(base, 'README.md'), join(source, 'README.md'));
        const adapter = { peft_type: 'LORA', task_type: 'SEQ_CLS', ...options };
        writeFileSync(join(source, 'adapter_config.json'), JSON.stringify(adapter));
        const zeros = (sizes: readonly number[]) =>
          new Float32Array(sizes.reduce((product, size) => product * size, 1));
        writeSafetensors(
          join(source, 'adapter_model.safetensors'),
          tensors.map((each) => ({ ...each, values: () => zeros(each.shape) })),
        );
        await readSource(source, { base }).catch(isRefusal);
      },
    ),
    { numRuns: 150 },
  );
});
