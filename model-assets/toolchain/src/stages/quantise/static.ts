/** Products of activations with constant scales: calibrated, their channels equalised. */
import type { OnnxModel } from '../../graph/onnx.ts';
import { type CalibrationOptions, calibrate } from './calibration.ts';
import { WeightStore, writeIntegerProduct, writeStaticActivations } from './forms.ts';
import { type Choice, inverseOf, searchStatic } from './search.ts';
import { type Group, readWeights } from './sites.ts';
import { Upstream } from './upstream.ts';
import type { Limit } from './weights.ts';
import { Writer } from './writer.ts';

export function chooseStatic(
  model: OnnxModel,
  groups: readonly Group[],
  limit: Limit,
  options: CalibrationOptions,
): Promise<ReadonlyMap<string, Choice>> {
  return calibrate(model, groups, options, ({ sites, sharesWeights }, activations, runner) =>
    searchStatic(runner, activations, sites.map(readWeights), { limit, equalises: !sharesWeights }),
  );
}

export function writeStatic(
  model: OnnxModel,
  groups: readonly Group[],
  choices: ReadonlyMap<string, Choice>,
  limit: Limit,
): void {
  const upstream = new Upstream(model.graph);
  const folded = new Set<string>();
  for (const { activations, sites } of groups) {
    const scaling = choices.get(activations)?.scaling;
    if (scaling !== undefined && upstream.divide(activations, sites.length, scaling)) folded.add(activations);
  }
  const writer = new Writer(model);
  const weights = new WeightStore(writer, limit);
  for (const { activations, sites } of groups) {
    const choice = choices.get(activations);
    const [first] = sites;
    if (choice === undefined || first === undefined) continue;
    const { scaling } = choice;
    const multiplier =
      scaling === undefined || folded.has(activations) ? undefined : inverseOf(scaling, scaling.length);
    let quantised: ReturnType<typeof writeStaticActivations> | undefined;
    for (const site of sites) {
      writer.replace(site.node, site.node.name || site.output, (op) => {
        quantised ??= writeStaticActivations(op, writer, activations, choice, multiplier);
        writeIntegerProduct(op, quantised, weights.store(site, scaling), site.bias, site.output);
      });
      if (site.adds !== undefined) writer.remove(site.adds);
    }
  }
  writer.finish();
}
