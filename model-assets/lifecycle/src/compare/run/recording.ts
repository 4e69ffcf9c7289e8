/** Answers in a file, so that they are compared with those of another machine, engine or year. */
import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { type PackageManifest, parseManifest, parseModelRef } from '@pilotlight/model-format';
import { textLines } from '@pilotlight/toolchain/internal/sources/text-lines';
import * as z from 'zod';
import { LifecycleError } from '../../errors.ts';
import { type Answer, answerSchema } from '../answers/answer.ts';
import { machineSchema } from './machine.ts';
import { type Sample, sampleSchema } from './samples.ts';
import type { AnsweredBy } from './side.ts';

const FORMAT = 1;

const headerSchema = z.strictObject({
  answers: z.literal(FORMAT),
  /** model.json of the package, as it is written there. */
  manifest: z.looseObject({ name: z.string(), version: z.string() }),
  variant: z.string(),
  checksum: z.string(),
  machine: machineSchema,
});
const lineSchema = z.strictObject({ sample: sampleSchema, answer: answerSchema });

/** Answers that were given before, here or elsewhere. */
export interface Recording extends AnsweredBy {
  readonly samples: readonly Sample[];
  readonly answers: readonly Answer[];
}

/** Writes answers, one line for each text after a line on the model and the machine. The file is there whole, or not at all. */
export async function writeRecording(file: string, recording: Recording): Promise<void> {
  const { manifest, variant, checksum, machine, samples, answers } = recording;
  const lines = [
    { answers: FORMAT, manifest, variant, checksum, machine },
    ...samples.map((sample, index) => ({ sample, answer: withShortVector(answers[index]) })),
  ];
  const part = `${file}.${process.pid}.part`;
  try {
    await writeFile(part, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
    await rename(part, file);
  } catch (cause) {
    throw new LifecycleError('USAGE', `The answers cannot be written to ${file}.`, { cause });
  }
}

/** @throws LifecycleError DATASET_INVALID with the number of the line */
export async function readRecording(file: string): Promise<Recording> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LifecycleError('DATASET_INVALID', `The answers ${file} cannot be read. Check the path.`, {
      cause,
    });
  });
  const [first, ...rest] = textLines(content);
  const header = parseLine(headerSchema, first?.line ?? '', `Line 1 of ${file}`);
  const lines = rest.map(({ line, number }) => parseLine(lineSchema, line, `Line ${number} of ${file}`));
  const { manifest: json, ...by } = header;
  const ref = { ...parseModelRef(json.name), version: json.version };
  const manifest: PackageManifest = parseManifest(JSON.stringify(json), ref);
  return {
    ...by,
    manifest,
    samples: lines.map(({ sample }) => sample),
    answers: lines.map(({ answer }) => answer),
  };
}

/** Whether a file has answers in it, by its first line. */
export async function isRecording(file: string): Promise<boolean> {
  const beginning = await readBeginning(file).catch(() => '');
  return /^\ufeff?\{"answers":\d/.test(beginning);
}

async function readBeginning(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(32), 0, 32, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function parseLine<Line>(schema: z.ZodType<Line>, line: string, place: string): Line {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    throw new LifecycleError(
      'DATASET_INVALID',
      `${place} is no line of recorded answers. Record them with "pilotlight models diff MODEL --record FILE".`,
      { cause },
    );
  }
}

/** Vectors are 32-bit floats, which nine digits hold. */
function withShortVector(answer: Answer = { decisions: [], scores: [] }): Answer {
  const { vector } = answer;
  return vector ? { ...answer, vector: vector.map((value) => Number(value.toPrecision(9))) } : answer;
}
