/** Writes the graphs of a variant, each in a folder of its own, optimised and with its weights beside it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveVariant, PackageFile } from '@pilotlight/model-format';
import { type OnnxModel, readOpset } from '../../graph/onnx.ts';
import { externalise, GRAPH_FILE } from '../../stages/externalise.ts';
import { optimise, RUNTIME_VERSION } from '../../stages/optimise.ts';
import { refuseDamaged } from '../../stages/refuse-damaged.ts';
import type { ArchiveGraphs } from '../modules/module.ts';

export interface VariantPlace {
  /** The folder of the package. */
  readonly folder: string;
  /** `fp32` */
  readonly variant: string;
  /** A folder of the same file system for what the optimiser writes. */
  readonly root: string;
}

/** `change` is done to each optimised graph. @throws ToolchainError WEIGHTS_INVALID where the archive is damaged, OPTIMISE_FAILED */
export async function writeVariant(
  graphs: ArchiveGraphs,
  { folder, variant, root }: VariantPlace,
  facts: Pick<ArchiveVariant, 'scheme' | 'tokenBudget'>,
  change: (model: OnnxModel) => void = () => {},
): Promise<ArchiveVariant> {
  const described: Record<string, ArchiveVariant['graphs'][string]> = {};
  const files: PackageFile[] = [];
  let opset = 0;
  for (const [name, { model, inputs, outputs }] of Object.entries(graphs)) {
    refuseDamaged(model);
    const scratch = mkdtempSync(join(root, 'scratch-'));
    try {
      const optimised = await optimise(model, { scratch });
      change(optimised);
      const place = `${variant}/${name}`;
      for (const file of externalise(optimised, join(folder, place))) {
        files.push({ ...file, path: `${place}/${file.path}` });
      }
      opset = readOpset(optimised);
      described[name] = {
        file: `${place}/${GRAPH_FILE}`,
        inputs: inputs.map((input) => ({ name: input.name, type: input.type })),
        outputs: outputs.map((output) => ({ name: output.name })),
      };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  return { graphs: described, files, opset, onnxruntime: RUNTIME_VERSION, tier: 'lambda', ...facts };
}
