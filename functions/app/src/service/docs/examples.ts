/** The examples of the document: models of the service that answer, and bodies that they answer. */
import { type ArchiveManifest, type OnnxManifest, parseModelRef } from '@pilotlight/engine';
import { type GenerationManifest, TASK_FACTS } from '@pilotlight/model-format';
import * as z from 'zod/mini';
import { SENT_TO } from '../../openapi/fit.ts';
import { ABILITIES, findDefaultModel, isAble } from '../../serve/default-model.ts';
import type { AppDependencies } from '../../serve/ports.ts';
import { isJson, type Json } from './json.ts';

/** The manifests of models that examples are sent to. */
type Shown = OnnxManifest | ArchiveManifest | GenerationManifest;

/** See `SentTo`. */
const sentTo = z.object({
  abilities: z.array(z.enum(ABILITIES)),
  byDefault: z.optional(z.boolean()),
  header: z.optional(z.string()),
  body: z.optional(z.record(z.string(), z.unknown())),
  predictors: z.optional(z.enum(['list', 'tensor'])),
  bodyNamesModel: z.optional(z.boolean()),
});
type Example = z.infer<typeof sentTo>;

/**
 * Names a model that answers the operation, and the body that it answers. Nothing for one that the default model answers, where
 * there is none.
 */
export async function addExamples(
  { [SENT_TO]: marked, ...operation }: Json,
  manifests: readonly Shown[],
  parts: AppDependencies,
): Promise<Json | undefined> {
  if (marked === undefined) return sayThatNobodyAnswers(operation);
  const to = sentTo.parse(marked);
  const ref = to.byDefault ? await defaultFor(to.abilities, parts) : undefined;
  if (to.byDefault && to.header === undefined && ref === undefined) return undefined;
  const model = ref === undefined ? choose(manifests, to) : find(manifests, ref);
  if (!model) return sayThatNobodyAnswers(operation);
  const { requestBody, parameters } = operation;
  return {
    ...operation,
    ...(Array.isArray(parameters) && {
      parameters: parameters.map((parameter: unknown) => {
        if (!isJson(parameter)) return parameter;
        const isNeeded = parameter.name === to.header && ref === undefined;
        return parameter.in === 'path' || isNeeded ? withExample(parameter, model) : parameter;
      }),
    }),
    ...(isJson(requestBody) && { requestBody: withBody(requestBody, exampleFor(model, to)) }),
  };
}

/** The default model for the first of the abilities that has one. */
async function defaultFor(
  abilities: Example['abilities'],
  parts: AppDependencies,
): Promise<string | undefined> {
  for (const ability of abilities) {
    const { ref } = await findDefaultModel(parts, ability);
    if (ref !== undefined) return ref;
  }
  return undefined;
}

function sayThatNobodyAnswers(operation: Json): Json {
  if (!isJson(operation.requestBody)) return operation;
  return { description: 'No model of this service answers it.', ...operation };
}

function choose(manifests: readonly Shown[], { abilities }: Example): Shown | undefined {
  const packagedForIt = abilities.map((ability) => manifests.find(({ task }) => task === ability));
  const able = abilities.map((ability) => manifests.find((manifest) => isAble(manifest, ability)));
  return [...packagedForIt, ...able].find((manifest) => manifest !== undefined);
}

function find(manifests: readonly Shown[], ref: string): Shown | undefined {
  const { name, version } = parseModelRef(ref);
  return manifests.findLast(
    (manifest) => manifest.name === name && (version === undefined || manifest.version === version),
  );
}

/** The values of parameters, by their names; any other one is the name of the model. */
function withExample(parameter: Json, { name, version, ...manifest }: Shown): Json {
  const task = manifest.runtime === 'allennlp' ? 'predictor' : manifest.task;
  const example = parameter.name === 'version' ? version : parameter.name === 'task' ? task : name;
  return { ...parameter, required: true, schema: { ...Object(parameter.schema), example } };
}

/** A body that the model answers. */
function exampleFor(manifest: Shown, { body, bodyNamesModel, predictors }: Example): object {
  if (manifest.runtime === 'allennlp') return archiveExample(manifest, predictors);
  const own = body ?? ownExample(manifest);
  return { ...(bodyNamesModel && { model: manifest.name }), ...own };
}

function ownExample(manifest: OnnxManifest | GenerationManifest): object {
  if (manifest.runtime === 'generation') return { inputs: manifest.example ?? 'Once upon a time' };
  return TASK_FACTS[manifest.task].example(manifest.textProcessing.maskToken);
}

function archiveExample({ example = {} }: ArchiveManifest, predictors: Example['predictors']): object {
  if (predictors === 'list') return [example];
  if (predictors !== 'tensor') return example;
  const json = { name: 'json', shape: [1], datatype: 'BYTES', data: [JSON.stringify(example)] };
  return { inputs: [json] };
}

function withBody(requestBody: Json, example: object): Json {
  const content = isJson(requestBody.content) ? requestBody.content : {};
  return {
    ...requestBody,
    content: { ...content, 'application/json': { ...Object(content['application/json']), example } },
  };
}
