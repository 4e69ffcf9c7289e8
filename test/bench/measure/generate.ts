/** Generation of text beside transformers.js, and beside PyTorch and node-llama-cpp where they are installed. */
import { join } from 'node:path';

import { BenchError } from '../errors.ts';
import { measureBandwidth } from '../generate/bandwidth.ts';
import { writeGgufs } from '../generate/gguf/write-ggufs.ts';
import { findLlama, type InstalledLlama } from '../generate/node-llama-cpp.ts';
import { PACKAGES, prepareGenerator } from '../generate/prepare.ts';
import { StepProducts } from '../generate/products.ts';
import { reportGenerate } from '../generate/report.ts';
import { measureGenerateRounds } from '../generate/rounds.ts';
import { findShape } from '../generate/shapes.ts';
import { listGenerateSubjects, NAMES } from '../generate/subjects.ts';
import { describeInt8 } from '../package-model.ts';
import type { PeersOptions } from '../peers/options.ts';
import { findPython } from '../peers/python.ts';
import type { Measured } from '../results.ts';

export interface GenerateContext {
  readonly options: Pick<PeersOptions, 'python' | 'llama'>;
  /** The name of a shape. */
  readonly model: string;
  readonly threads: number;
  readonly rounds: number;
  /** Told of each figure as it is measured. */
  readonly say: (line: string) => void;
}

export const GENERATE_ROUNDS = { full: 5, quick: 3 } as const;

/** @throws BenchError NOT_INSTALLED where this is no Linux; ANSWERS_DIFFER, BAD_CHECKPOINT, SUBJECT_FAILED; CliError USAGE */
export async function measureGenerate(context: GenerateContext): Promise<Measured> {
  const { options, threads, rounds, say } = context;
  const shape = findShape(context.model);
  if (process.platform !== 'linux')
    throw new BenchError(
      'NOT_INSTALLED',
      'bench generate reads the memory of processes in /proc: run it on Linux.',
    );
  const found = findPython(options.python);
  const python = found.has('torch', 'transformers') ? found : undefined;
  const llama = findLlama(options.llama);
  const bandwidth = await measureBandwidth(threads);
  const notes = [
    python
      ? `PyTorch computes in float32: ${python.versions('torch', 'transformers')}.`
      : 'Not measured: PyTorch (pip install torch transformers, and name that Python by --python).',
    ...describeLlama(llama, shape.hasEncoder),
    `Memory is read at ${(bandwidth / 1e9).toFixed(1)} GB/s.`,
  ];
  for (const note of notes) say(note);
  const model = await prepareGenerator(shape, say);
  if (llama && !shape.hasEncoder) writeGgufs(model);
  const subjects = listGenerateSubjects(model, { threads, python, llama });
  const products = await StepProducts.open(model, threads);
  const samples = await measureGenerateRounds({ model, subjects, bandwidth, products, rounds, say }).finally(
    () => products.release(),
  );
  const scheme = describeInt8(NAMES.own, join(model.folder, PACKAGES), shape.name);
  return reportGenerate(samples, shape, [...notes, ...scheme]);
}

function describeLlama(llama: InstalledLlama | undefined, hasEncoder: boolean): readonly string[] {
  if (hasEncoder) return ['Not measured: node-llama-cpp, which has no models with an encoder.'];
  if (!llama)
    return [
      'Not measured: node-llama-cpp (npm install node-llama-cpp in a folder of its own, and name that by --llama).',
    ];
  return [
    `node-llama-cpp ${llama.version} runs a GGUF of the same weights, in Q8_0 where Pilotlight is int8, with caches in float32. It has no beams.`,
  ];
}
