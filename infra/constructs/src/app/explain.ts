/** The text that a synth prints: where the models of each function are, why they fit, and what goes to the server. */
import { parseModelRef } from '@pilotlight/model-format';
import { explainPlacement, type Placement } from '../index.ts';
import type { PilotlightStage } from './pilotlight-stage.ts';
import type { ServerStack } from './stacks/server-stack.ts';

export function explain({ service, batch, server }: PilotlightStage): string {
  const placements: [name: string, placement: Placement][] = [
    ...[...service.functions].map(
      ([name, { placement }]) => [`function ${name}`, placement] as [string, Placement],
    ),
    ...(batch ? [['batch function', batch.upload.placement] as [string, Placement]] : []),
  ];
  return [
    ...placements.map(([name, placement]) => `${name}\n${indent(explainPlacement(placement))}`),
    ...(server ? [`server\n${indent(explainServer(server, service.functions))}`] : []),
  ].join('\n');
}

/** Lists what the image has, and for each model which functions hand over to it and what they do while no server runs. */
function explainServer(
  { image, packages, models, instances }: ServerStack,
  functions: Functions,
): string {
  const contents =
    packages.length > 0
      ? explainPlacement({ kind: 'gpu', packages: [...packages], functionBytes: 0, runtimeLayerBytes: 0 })
      : `Image ${image}, which is pushed already.`;
  const callers = [...functions].filter(([, { serverModels }]) => serverModels.length > 0);
  const rows = Object.entries(models).map(([ref, fallback]) => {
    const model = parseModelRef(ref).name;
    const [answering] = [...functions].find(([, { modelNames }]) => modelNames.includes(model)) ?? [];
    const what = answering === undefined ? 'every request' : `what is too heavy for function ${answering}`;
    const meanwhile = fallback === 'cpu' ? `function ${answering} answers` : 'it waits as a job';
    return `${model}: ${what}; while no server runs, ${meanwhile}.`;
  });
  const calledBy = `Called by: ${callers.map(([name]) => name).join(', ')}.`;
  return [contents, ...rows, calledBy, explainQuota(instances)].join('\n');
}

/** Without a quota no deployment fails, and no server starts. */
function explainQuota({ most, types, spot }: ServerStack['instances']): string {
  const quota = spot ? 'All G and VT Spot Instance Requests' : 'Running On-Demand G and VT instances';
  return `Needs a quota for ${most} of ${types.join(', ')}; new accounts have none: see "${quota}" in Service Quotas.`;
}

type Functions = PilotlightStage['service']['functions'];

const indent = (text: string): string => text.replaceAll(/^/gm, '  ');
