/** What a synth tells on its way: where the models of each function are, and why they fit; and what is handed over. */
import { explainPlacement, type Placement } from '@pilotlight/constructs';
import { parseModelRef } from '@pilotlight/model-format';
import type { GpuStack } from './gpu-stack.ts';
import type { PilotlightStage } from './pilotlight-stage.ts';

export function explain({ service, batch, gpu }: PilotlightStage): string {
  const placements: [name: string, placement: Placement][] = [
    ...[...service.functions].map(
      ([name, { placement }]) => [`function ${name}`, placement] as [string, Placement],
    ),
    ...(batch ? [['batch function', batch.upload.placement] as [string, Placement]] : []),
  ];
  return [
    ...placements.map(([name, placement]) => `${name}\n${indent(explainPlacement(placement))}`),
    ...(gpu ? [`GPU container\n${indent(explainContainer(gpu, service.functions))}`] : []),
  ].join('\n');
}

/** What the image has, and for each model which functions hand over to it and what they do where no container runs. */
function explainContainer({ image, packages, models }: GpuStack, functions: Functions): string {
  const contents =
    packages.length > 0
      ? explainPlacement({ kind: 'gpu', packages: [...packages], functionBytes: 0, runtimeLayerBytes: 0 })
      : `Image ${image}, which is pushed already.`;
  const callers = [...functions].filter(([, { containerModels }]) => containerModels.length > 0);
  const rows = Object.entries(models).map(([ref, fallback]) => {
    const model = parseModelRef(ref).name;
    const [server] = [...functions].find(([, { modelNames }]) => modelNames.includes(model)) ?? [];
    const what = server === undefined ? 'every request' : `what is too heavy for function ${server}`;
    const meanwhile = fallback === 'cpu' ? `function ${server} answers` : 'it waits as a job';
    return `${model}: ${what}; while no container runs, ${meanwhile}.`;
  });
  return [contents, ...rows, `Called by: ${callers.map(([name]) => name).join(', ')}.`].join('\n');
}

type Functions = PilotlightStage['service']['functions'];

const indent = (text: string): string => text.replaceAll(/^/gm, '  ');
