/**
 * Packages the same seeded checkpoints on any machine, in fp32 and int8, to compare what they give: `node test/processors/add-same.ts FOLDER`.
 */
import { join } from 'node:path';
import { packageModel } from '@pilotlight/toolchain';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';

const [folder = ''] = process.argv.slice(2);
const shape = SHAPES.tiny;
const labels = ['bad', 'good'];
writeCheckpoint({ family: 'bert', head: 'sequence-classification', shape, labels }, join(folder, 'labels'));
writeCheckpoint({ family: 'mpnet', head: 'base', shape }, join(folder, 'vectors'));
for (const name of ['labels', 'vectors']) {
  await packageModel({
    ...{ source: join(folder, name), packages: join(folder, 'packages'), name, version: '1.0.0' },
    variants: ['fp32', 'int8'],
  });
}
