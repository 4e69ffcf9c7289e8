/** Who generates in `bench generate`. */
import { join } from 'node:path';
import type { PythonPackages } from '../peers/python.ts';
import { BEAMS } from './cells.ts';
import type { GenerateSubject } from './generate-process.ts';
import { GGUFS } from './gguf/write-ggufs.ts';
import type { InstalledLlama } from './node-llama-cpp.ts';
import { CHECKPOINT, PACKAGES, PEER, type PreparedGenerator } from './prepare.ts';

export const NAMES = {
  own: 'Pilotlight',
  transformersJs: 'transformers.js',
  hfBeams: 'the layout of Hugging Face, beams in JavaScript',
  torch: 'PyTorch',
  llama: 'node-llama-cpp',
  products: 'the int8 products of Pilotlight alone',
} as const;

const SUBJECTS = join(import.meta.dirname, 'subjects');
const SLOTS = 32;

interface Peers {
  readonly threads: number;
  readonly python: PythonPackages | undefined;
  readonly llama: InstalledLlama | undefined;
}

export function listGenerateSubjects(
  { folder, name, hasEncoder }: PreparedGenerator,
  { threads, python, llama }: Peers,
): readonly [GenerateSubject, ...GenerateSubject[]] {
  const config = { precision: 'int8', hasEncoder, threads, slots: SLOTS } as const;
  const node = (file: string) => ({ command: process.execPath, args: [join(SUBJECTS, file)] });
  return [
    {
      ...{ name: NAMES.own, ...node('pilotlight.ts'), beams: [1, BEAMS] },
      config: { ...config, models: join(folder, PACKAGES), model: name },
    },
    {
      ...{ name: NAMES.transformersJs, ...node('transformers-js.ts'), beams: [1] },
      config: { ...config, models: folder, model: PEER },
    },
    ...(hasEncoder
      ? [
          {
            ...{ name: NAMES.hfBeams, ...node('hf-beams.ts'), beams: [BEAMS] as const },
            config: { ...config, models: folder, model: PEER },
          },
        ]
      : []),
    ...(python
      ? [
          {
            ...{ name: NAMES.torch, command: python.command, beams: [1, BEAMS] as const },
            args: [join(import.meta.dirname, 'python', 'generate_torch.py')],
            config: { ...config, models: folder, model: CHECKPOINT },
          },
        ]
      : []),
    ...(llama && !hasEncoder
      ? [
          {
            ...{ name: NAMES.llama, command: process.execPath, beams: [1] as const },
            args: [join(SUBJECTS, 'node-llama-cpp.ts'), llama.module],
            config: { ...config, models: join(folder, GGUFS), model: name },
          },
        ]
      : []),
  ];
}
