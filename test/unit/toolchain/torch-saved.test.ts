/** Files that torch 1.13.1 itself has saved: every type, views, parameters and buffers, in both layouts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { TorchFile } from '../../../model-assets/toolchain/src/torch/torch-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const saved = z
  .object({
    zip: z.string(),
    legacy: z.string(),
    tensors: z.record(z.string(), z.object({ shape: z.array(z.int()), values: z.array(z.number()) })),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/torch-saved.json'), 'utf8')));

it.each(['zip', 'legacy'] as const)(
  'weights that torch saved in the %s layout are those that it had',
  (layout) => {
    const path = join(root, layout);
    writeFileSync(path, Buffer.from(saved[layout], 'base64'));
    const file = new TorchFile(path);
    const read = Array.from(file.entries, ([name, { shape }]) => [
      name,
      { shape, values: [...file.read(name)] },
    ]);
    expect(Object.fromEntries(read)).toEqual(saved.tensors);
    file.close();
  },
);
