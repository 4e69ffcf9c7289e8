/** The greeting of `pilotlight start`: the models, where the time of the cold start went, and lines to copy. */
import type { OnnxManifest, PackageEntry, PackageManifest } from '@pilotlight/engine';
import { type GenerationManifest, TASK_FACTS } from '@pilotlight/model-format';
import { paint } from '../kit/style.ts';
import { table } from '../kit/table.ts';
import type { LocalModel } from './load-models.ts';

/** Texts that show what the default models do; other models get the example of their task. */
const EXAMPLES: Readonly<Record<string, string>> = {
  intent: 'what is my balance',
  slots: 'play jazz by Miles Davis',
};

type Shown =
  | Pick<OnnxManifest, 'runtime' | 'name' | 'task' | 'textProcessing'>
  | Pick<GenerationManifest, 'runtime' | 'name' | 'example'>;

/** The server that requests are handed over to, and the models that are handed over. */
export interface ShownServer {
  readonly url: string;
  readonly models: Readonly<Record<string, unknown>>;
}

/** `base` is the address that the service listens on, `s3` that of the bucket `uploads`. */
export function banner(
  models: readonly LocalModel[],
  base: string,
  s3: string,
  server?: ShownServer,
): string {
  const predictors = models.flatMap(({ predictor }) => predictor ?? []);
  const lines = curlLines(
    models.filter(({ predictor }) => predictor),
    base,
  );
  return [
    servesAt(base),
    modelTable(models),
    ...(server ? [`Handed over to ${server.url}: ${Object.keys(server.models).join(', ')}`] : []),
    ...(predictors.length > 0 ? [coldStartTable(predictors)] : []),
    ...(lines.length > 0 ? [['Try:', ...lines].join('\n  ')] : []),
    `Files in s3://uploads/in/<model>/ at ${s3} come out in out/   ${paint('dim', 'docs/reference/batch-files.md')}`,
    paint('dim', 'Ctrl-C ends it.'),
  ].join('\n\n');
}

/** `summary` is about the function; the models are those that it serves. */
export function lambdaBanner(models: readonly PackageEntry[], summary: string, base: string): string {
  const lines = curlLines(models, base);
  return [servesAt(base), summary, ['Try:', ...lines].join('\n  '), paint('dim', 'Ctrl-C ends it.')].join(
    '\n\n',
  );
}

function servesAt(base: string): string {
  return `Pilotlight serves at ${paint(['bold', 'cyan'], base)}   ${paint('dim', `docs: ${base}/docs`)}`;
}

function modelTable(models: readonly LocalModel[]): string {
  const rows = models.map(({ name, version, manifest, state, predictor }) => {
    // The figures are those of weights that a refused package does not have.
    const quality = state === 'refused' ? undefined : manifest && findQuality(manifest);
    const weights = predictor
      ? `${predictor.variantName}, ${megabytes(predictor.bytes)}`
      : { text: state, style: state === 'refused' ? ('red' as const) : ('dim' as const) };
    return [name, version, manifest?.task ?? '', weights, quality ?? ''];
  });
  const titles = ['MODEL', 'VERSION', 'TASK', 'WEIGHTS', 'QUALITY'];
  return table(
    titles.map((title) => ({ title })),
    rows,
  );
}

function coldStartTable(predictors: readonly NonNullable<LocalModel['predictor']>[]): string {
  const phases = ['OPEN', 'VERIFY', 'TOKENIZER', 'SESSION', 'TOTAL'];
  const rows = predictors.map(({ manifest, loadTimings: timings }) => [
    manifest.name,
    ...[timings.openMs, timings.verifyMs, timings.tokenizerMs, timings.sessionMs, timings.totalMs].map(
      (milliseconds) => `${milliseconds.toFixed(0)} ms`,
    ),
  ]);
  const columns = [{ title: 'COLD START' }, ...phases.map((title) => ({ title, align: 'right' as const }))];
  return table(columns, rows);
}

/** A line to copy for each of the first four models. */
function curlLines(
  models: readonly { readonly manifest?: PackageEntry['manifest'] }[],
  base: string,
): string[] {
  return models
    .flatMap(({ manifest }) =>
      manifest?.runtime === 'onnx' || manifest?.runtime === 'generation' ? manifest : [],
    )
    .slice(0, 4)
    .map((manifest) => curlLine(manifest, base));
}

/** A call that the model answers, whatever its task. */
export function curlLine(manifest: Shown, base: string): string {
  // A shell ends the body at an apostrophe.
  const body = JSON.stringify(bodyFor(manifest)).replaceAll("'", '\\u0027');
  return `curl -d '${body}' ${base.replace('http://', '')}/models/${manifest.name}`;
}

function bodyFor(manifest: Shown): object {
  const { name } = manifest;
  const text = Object.hasOwn(EXAMPLES, name) ? EXAMPLES[name] : undefined;
  if (manifest.runtime === 'generation') return { inputs: text ?? manifest.example ?? 'Once upon a time' };
  if (text !== undefined) return { inputs: text };
  return TASK_FACTS[manifest.task].example(manifest.textProcessing.maskToken);
}

/** The first figure of a manifest. */
function findQuality(manifest: PackageManifest): string | undefined {
  if (manifest.runtime !== 'onnx' && manifest.runtime !== 'generation') return undefined;
  const { metric, served, dataset } = manifest.quality?.[0] ?? {};
  if (metric === undefined || served === undefined) return undefined;
  return `${metric} ${(100 * served).toFixed(1)} % on ${dataset}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
