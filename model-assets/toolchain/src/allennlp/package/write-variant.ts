/** Writes the graphs of a variant of an archive, optimised. */
import type { ArchiveVariant } from '@pilotlight/model-format';
import type { OnnxModel } from '../../graph/onnx.ts';
import { type VariantPlace, writeGraphs } from '../../package/write-graphs.ts';
import { optimise, RUNTIME_VERSION } from '../../stages/optimise.ts';
import { refuseDamaged } from '../../stages/refuse-damaged.ts';
import type { ArchiveGraphs } from '../modules/module.ts';

/** `change` is done to each optimised graph. @throws ToolchainError WEIGHTS_INVALID where the archive is damaged, OPTIMISE_FAILED */
export async function writeVariant(
  graphs: ArchiveGraphs,
  place: VariantPlace,
  facts: Pick<ArchiveVariant, 'scheme' | 'tokenBudget'>,
  change: (model: OnnxModel) => void = () => {},
): Promise<ArchiveVariant> {
  const written = await writeGraphs(graphs, place, async ({ model }, scratch) => {
    refuseDamaged(model);
    const optimised = await optimise(model, { scratch });
    change(optimised);
    return optimised;
  });
  return { ...written, onnxruntime: RUNTIME_VERSION, tier: 'lambda', ...facts };
}
