/** The whole models below the adapters: the same bytes each time, so that none of them is kept in the repository. */
import { join } from 'node:path';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';

const FAMILIES = ['bert', 'roberta', 'distilbert'] as const;

/** A language model of each family, as most adapters start from, and `bert-model`, whose names have no `bert.` before them. */
export function writeBases(folder: string): void {
  for (const family of FAMILIES)
    writeCheckpoint({ family, head: 'masked-lm', shape: SHAPES.tiny }, join(folder, family));
  writeCheckpoint({ family: 'bert', head: 'base', shape: SHAPES.tiny }, join(folder, 'bert-model'));
}
