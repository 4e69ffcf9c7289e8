/** The text that a synth prints: where the models of each function are, why they fit, and what goes to the server. */
import { WEB_PACKAGE_LIMIT_BYTES } from '@pilotlight/layers/internal/web/index';
import { parseModelRef } from '@pilotlight/model-format';
import { explainPlacement, type Placement, type WebInferenceFunction } from '../index.ts';
import type { PilotlightStage } from './pilotlight-stage.ts';
import type { ServerStack } from './stacks/server-stack.ts';

export function explain({ service, web, batch, server }: PilotlightStage): string {
  const functions: Functions = service?.functions ?? new Map();
  const placements: [name: string, placement: Placement][] = [
    ...[...functions].map(([name, { placement }]) => [`function ${name}`, placement] as [string, Placement]),
    ...(batch ? [['batch function', batch.upload.placement] as [string, Placement]] : []),
  ];
  return [
    ...placements.map(([name, placement]) => `${name}\n${indent(explainPlacement(placement))}`),
    ...[...(web?.functions ?? [])].map(([name, one]) => `web function ${name}\n${indent(explainWeb(one))}`),
    ...(server ? [`server\n${indent(explainServer(server, functions))}`] : []),
  ].join('\n');
}

function explainWeb({ packages, package: { bytes } }: WebInferenceFunction): string {
  const models = packages.map(({ name, version, variant }) => `${name}@${version} ${variant}`).join(', ');
  return `${models}: one zip of ${Math.ceil(bytes / 1_048_576)} MB unzipped, of at most ${WEB_PACKAGE_LIMIT_BYTES / 1_048_576}.`;
}

/** Lists what the image has, and for each model which functions hand over to it and what they do while no server runs. */
function explainServer({ image, packages, models, instances }: ServerStack, functions: Functions): string {
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

type Functions = NonNullable<PilotlightStage['service']>['functions'];

const indent = (text: string): string => text.replaceAll(/^/gm, '  ');
