import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { ELEMENT } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { externalise } from '../../../model-assets/toolchain/src/stages/externalise.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { writeFp32Package } from '../../fixtures/fp32-package.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const checkpoint = join(folder, 'tiny');
writeCheckpoint({ family: 'distilbert', head: 'base', shape: SHAPES.tiny }, checkpoint);

describe('the externalise stage', () => {
  it('gives the size and sum of each file that it wrote', async () => {
    const { model } = await readSource(checkpoint);
    const files = externalise(model, join(folder, 'files'));
    expect(files.map(({ path }) => path)).toEqual(['model.onnx', 'weights.bin']);
    for (const { path, bytes, sha256 } of files) {
      const content = readFileSync(join(folder, 'files', path));
      expect({ bytes, sha256 }).toEqual({
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      });
    }
    expect(externalise(model, join(folder, 'again'))).toEqual(files);
  });

  it('writes no weights file for a graph without large weights', async () => {
    const graph = new GraphBuilder('identity');
    graph.input('x', ELEMENT.float32, [1]);
    graph.output(graph.op('Identity', ['x'], 'y'), ELEMENT.float32, [1]);
    const files = externalise(graph.build(), join(folder, 'small'));
    expect(files.map(({ path }) => path)).toEqual(['model.onnx']);
    expect(existsSync(join(folder, 'small', 'weights.bin'))).toBe(false);
  });

  it.runIf(process.platform === 'linux')(
    'writes weights that the runtime maps instead of reading them',
    async () => {
      const packages = join(folder, 'packages');
      await writeFp32Package(await readSource(checkpoint), packages);
      const weights = join(packages, 'tiny', '1.0.0', 'only', 'weights.bin');
      const engine = new Engine({ packages });
      await engine.predictor('tiny');
      const table = SHAPES.tiny.vocabulary * SHAPES.tiny.hidden * Float32Array.BYTES_PER_ELEMENT;
      expect(Math.max(...mappedBytes(weights))).toBeGreaterThanOrEqual(table);
      await engine.dispose();
      expect(mappedBytes(weights)).toEqual([]);
    },
  );
});

/** Sizes of the regions of this process that are backed by the file. */
function mappedBytes(file: string): number[] {
  const regions = readFileSync('/proc/self/maps', 'utf8').split('\n');
  return regions
    .filter((region) => region.endsWith(file))
    .map((region) => {
      const [start = 0, end = 0] = (region.split(' ')[0] ?? '')
        .split('-')
        .map((address) => Number.parseInt(address, 16));
      return end - start;
    });
}
