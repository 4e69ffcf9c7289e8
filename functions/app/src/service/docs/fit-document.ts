/** Fits the OpenAPI document to the service that shows it: the parts that it has, and examples that its models answer. */
import { NEEDS, type Need } from '../../openapi/fit.ts';
import { type AppDependencies, isRemote } from '../../serve/ports.ts';
import type { OpenApiDocument } from './document.ts';
import { addExamples } from './examples.ts';
import { isJson, type Json } from './json.ts';

type Presence = Readonly<Record<Need, boolean>>;

const METHODS = ['get', 'post', 'delete'] as const;

export async function fitDocument(
  document: OpenApiDocument,
  parts: AppDependencies,
): Promise<OpenApiDocument> {
  const manifests = (await parts.engine.models()).flatMap((entry) =>
    isRemote(entry) || entry.problem !== undefined || !entry.manifest ? [] : entry.manifest,
  );
  const own = manifests.flatMap((manifest) => (manifest.runtime === 'transformers.js' ? [] : manifest));
  const has: Presence = {
    jobs: parts.jobs !== undefined,
    'hand-over': parts.handOver !== undefined,
    quotas: parts.callers?.quotas !== undefined,
    pipelines: manifests.some(({ runtime }) => runtime === 'transformers.js'),
    archives: own.some(({ runtime }) => runtime === 'allennlp'),
    generation: own.some(({ runtime }) => runtime === 'generation'),
  };
  const paths: Record<string, Json> = {};
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    const kept = keepPresent(item, has);
    for (const method of METHODS) {
      const operation = kept[method];
      const shown = isJson(operation) ? await addExamples(operation, own, parts) : undefined;
      if (shown) paths[path] = { ...paths[path], [method]: shown };
    }
  }
  const used = new Set(Object.values(paths).flatMap((item) => Object.values(item).flatMap(tagsOf)));
  const { components = {}, tags = [] } = document;
  const schemas = findUsed(paths, keepPresent(components.schemas ?? {}, has));
  return {
    ...document,
    components: { ...components, schemas },
    tags: tags.filter(({ name }) => used.has(name)),
    paths,
  };
}

/** A copy without the parts that need what is not there. A parameter or header needs what its schema needs. */
function keepPresent<T extends object>(part: T, has: Presence): T;
function keepPresent(part: unknown, has: Presence): unknown;
function keepPresent(part: unknown, has: Presence): unknown {
  const isPresent = (value: unknown): boolean => {
    const need = isJson(value)
      ? (value[NEEDS] ?? (isJson(value.schema) ? value.schema[NEEDS] : undefined))
      : undefined;
    return need === undefined || has[need as Need];
  };
  if (Array.isArray(part)) return part.filter(isPresent).map((value: unknown) => keepPresent(value, has));
  if (!isJson(part)) return part;
  const kept = Object.entries(part).filter(([key, value]) => key !== NEEDS && isPresent(value));
  return Object.fromEntries(kept.map(([key, value]) => [key, keepPresent(value, has)]));
}

/** The schemas that the paths refer to, and those that these refer to. */
function findUsed<T>(paths: object, schemas: Readonly<Record<string, T>>): Record<string, T> {
  const used = new Set<string>();
  const follow = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      follow(schemas[name]);
    }
  };
  follow(paths);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
}

function tagsOf(operation: unknown): unknown[] {
  return isJson(operation) && Array.isArray(operation.tags) ? operation.tags : [];
}
