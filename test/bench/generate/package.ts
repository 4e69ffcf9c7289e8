/**
 * Packages a checkpoint of random weights in fp32 and in the fastest int8 of the ladder, without the gate of `models add`: its texts are judged on trained
 * weights, and random ones turn the least noise into other words. With `reduceRange` the weights have seven bits.
 */
import { calibrateGenerator } from '../../../model-assets/toolchain/src/generation/package/calibrate-generator.ts';
import { TEXT_RUNGS } from '../../../model-assets/toolchain/src/generation/package/ladder.ts';
import type { GeneratorOptions } from '../../../model-assets/toolchain/src/generation/package/options.ts';
import { readGenerator } from '../../../model-assets/toolchain/src/generation/package/read-generator.ts';
import { StagedGenerator } from '../../../model-assets/toolchain/src/generation/package/staged-generator.ts';
import { stageGraphs } from '../../../model-assets/toolchain/src/generation/package/staged-graphs.ts';
import { writeGeneratorVariant } from '../../../model-assets/toolchain/src/generation/package/write-variant.ts';
import { publish } from '../../../model-assets/toolchain/src/package/publish.ts';
import { withStaging } from '../../../model-assets/toolchain/src/package/staging.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import { schemeOf } from '../../../model-assets/toolchain/src/schemes/rung.ts';
import { optimise } from '../../../model-assets/toolchain/src/stages/optimise.ts';
import { BenchError } from '../errors.ts';

/** @throws ToolchainError */
export async function packageRandomGenerator(
  source: string,
  packages: string,
  name: string,
  reduceRange: boolean,
): Promise<void> {
  const options: GeneratorOptions = { source, packages, name, version: '1.0.0', force: true };
  const [rung] = TEXT_RUNGS;
  if (!rung) throw new BenchError('BAD_CHECKPOINT', 'the toolchain has no scheme for text');
  await withStaging(options, async (staging) => {
    const { built, ...facts } = readGenerator(source, {});
    const graphs = stageGraphs(built, staging.root);
    const staged = await StagedGenerator.open(staging, facts, options, undefined);
    const fp32 = await writeGeneratorVariant(
      graphs,
      staging,
      { name: 'fp32', scheme: 'fp32' },
      (graph, scratch) => optimise(graph.load(), { scratch }),
    );
    const manifest = await staged.write({ fp32: { variant: fp32, tolerance: 1 } }, []);
    const calibration = calibrateGenerator(staged, manifest, fp32);
    const settings = { keep: [], reduceRange };
    const int8 = await writeGeneratorVariant(
      graphs,
      staging,
      { name: 'int8', scheme: schemeOf(rung, settings) },
      async (graph, scratch) =>
        (
          await rung.build(graph.load(), {
            ...{ settings, progress: silent, scratch },
            calibration: () => calibration(graph.name),
          })
        ).model,
    );
    const both = { int8: { variant: int8, tolerance: 1 }, fp32: { variant: fp32, tolerance: 1 } };
    await publish(staging, await staged.write(both, []), true);
  });
}
