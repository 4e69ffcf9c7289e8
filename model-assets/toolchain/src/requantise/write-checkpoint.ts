/** Writes a checkpoint as Hugging Face does: config.json and model.safetensors (https://huggingface.co/docs/safetensors). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { viewBytes } from '../graph/tensor.ts';
import type { Checkpoint } from './bert-checkpoint.ts';

/** Writes the two files into `folder`, which exists. Throws what `fs` throws. */
export function writeCheckpoint({ config, tensors }: Checkpoint, folder: string): void {
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const [name, { dims, values }] of tensors) {
    const end = offset + values.byteLength;
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padding = Buffer.alloc((8 - (json.length % 8)) % 8, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length + padding.length));
  const values = [...tensors.values()].map((tensor) => viewBytes(tensor.values));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, json, padding, ...values]));
}
