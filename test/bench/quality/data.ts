/** The texts on which the quality of int8 is measured; they lie beside the repository and are not part of it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { Random } from '../../fixtures/random.ts';
import { BenchError } from '../errors.ts';
import { ROOT } from '../paths.ts';
import type { Labelled } from './judge.ts';

const SHARED = join(ROOT, '..', 'shared');
const TEXTS = join(SHARED, 'findings', 'cases', 'independent', 'texts200.txt');
const BANKING = join(SHARED, 'datasets', 'banking77');

/** Rows of banking77 that are compared: those to find a neighbour among, and those that look for one. */
const ROWS = { train: 1500, test: 600 } as const;

export interface QualityData {
  /** 200 texts of banking77 and sst2. */
  readonly texts: readonly string[];
  readonly train: readonly Labelled[];
  readonly test: readonly Labelled[];
}

const rowSchema = z.object({ text: z.string(), label: z.string() });

/** @throws BenchError NOT_INSTALLED that names what is missing */
export function readQualityData(seed: number): QualityData {
  const missing = [TEXTS, BANKING].find((path) => !existsSync(path));
  if (missing !== undefined)
    throw new BenchError('NOT_INSTALLED', `bench quality reads ${missing}, which is not there.`);
  const random = new Random(seed);
  return {
    texts: readFileSync(TEXTS, 'utf8').trim().split('\n'),
    train: sample(readRows('train.jsonl'), ROWS.train, random),
    test: sample(readRows('test.jsonl'), ROWS.test, random),
  };
}

const readRows = (file: string): Labelled[] =>
  readFileSync(join(BANKING, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => rowSchema.parse(JSON.parse(line)));

/** `count` items, each at most once, in random order; all of them where there are fewer. */
export function sample<Item>(items: readonly Item[], count: number, random: Random): Item[] {
  const left = [...items];
  const taken: Item[] = [];
  while (taken.length < count && left.length > 0) taken.push(...left.splice(random.below(left.length), 1));
  return taken;
}
