import { relative } from 'node:path';
import {
  buildModelLayer,
  explainPlacement,
  megabytes,
  type Placement,
} from '@pilotlight/layers/internal/models/index';
import {
  buildRuntimeLayer,
  type LayerBuild,
  RUNTIME_BUDGET_BYTES,
} from '@pilotlight/layers/internal/runtime/index';
import { table } from '../kit/table.ts';
import type { Options } from './options.ts';
import { planPlacements } from './plan.ts';

interface BuiltLayer extends LayerBuild {
  /** The content of the layer: `runtime-arm64`, or its models. */
  readonly holds: readonly string[];
  /** Unzipped, where the layer has one of its own. */
  readonly budgetBytes?: number;
}

/** Builds the runtime layer and those of the models that are placed in layers. */
export function build(options: Options): string {
  const { architecture, output, json } = options;
  const placements = planPlacements(options);
  const layers: BuiltLayer[] = [
    {
      holds: [`runtime-${architecture}`],
      budgetBytes: RUNTIME_BUDGET_BYTES[architecture],
      ...buildRuntimeLayer(architecture, output),
    },
    ...placements.flatMap(groupLayers).map((packages) => ({
      holds: packages.map(({ name, version }) => `${name}@${version}`),
      ...buildModelLayer(packages, output),
    })),
  ];
  if (json) return JSON.stringify({ layers, placements }, null, 2);
  return [sizes(layers), ...placements.map(explainPlacement)].join('\n\n');
}

function groupLayers(placement: Placement) {
  if (placement.kind === 'layer') return placement.layers;
  return placement.kind === 's3' ? placement.inLayers : [];
}

function sizes(layers: readonly BuiltLayer[]): string {
  return table(
    [
      { title: 'LAYER' },
      { title: 'UNZIPPED', align: 'right' },
      { title: 'BUDGET', align: 'right' },
      { title: 'ZIPPED', align: 'right' },
      { title: 'ZIP' },
    ],
    layers.map(({ holds, bytes, budgetBytes, zippedBytes, zip }) => [
      holds.join(', '),
      megabytes(bytes),
      budgetBytes === undefined ? '' : megabytes(budgetBytes),
      megabytes(zippedBytes),
      relative('', zip),
    ]),
  );
}
