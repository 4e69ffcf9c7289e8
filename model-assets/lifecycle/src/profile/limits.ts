/** Proposes limits where the curves of a profile bend, each with its reason. */
import { MEGABYTES_PER_VCPU } from '@pilotlight/model-format';
import type { Profile, ProposedLimit, Shape } from './profile.ts';

/** A token may cost so many times what it costs at the best length. */
const DEARER = 1.5;
/** A smaller batch is as good as the fastest one where it reaches this share of its tokens per second of processors. */
const AS_FAST = 0.95;
/** Room beside what was measured: requests, other lengths in the arena, a garbage collection that comes late. */
const ROOM = 1.25;
const MEGABYTE = 2 ** 20;
/** Lambda takes any number of megabytes; rounder ones are easier to compare. */
const STEP = 64;

interface Measured extends Pick<Profile, 'measures'>, Pick<Profile['machine'], 'threads'> {
  readonly shapes: readonly Shape[];
}

/** Limits of the shapes that were measured; a model whose length cannot be chosen has none of lengths. */
export function proposeLimits(
  { shapes, measures, threads }: Measured,
  budget?: number,
): readonly ProposedLimit[] {
  const longest = proposeLongest(shapes);
  const batch = measures === 'runs of the graph' ? proposeBudget(shapes, budget) : undefined;
  const memory = proposeMemory(shapes, { longest: longest?.value, batch: batch?.value, threads });
  return [longest, batch, memory].filter((limit) => limit !== undefined);
}

/** Attention grows with the square of the length: the longest text before a token costs half as much again as at its cheapest. */
function proposeLongest(shapes: readonly Shape[]): ProposedLimit | undefined {
  const alone = shapes
    .filter(({ batch }) => batch === 1)
    .toSorted((left, right) => left.tokens - right.tokens);
  if (new Set(alone.map(({ tokens }) => tokens)).size < 2) return undefined;
  const cost = ({ cpuMs, tokens }: Shape) => cpuMs / tokens;
  const cheapest = alone.reduce((best, shape) => (cost(shape) < cost(best) ? shape : best));
  const from = alone.indexOf(cheapest);
  const bend = alone.findIndex((shape, index) => index > from && cost(shape) > DEARER * cost(cheapest));
  const last = alone.at(bend < 0 ? -1 : bend - 1) ?? cheapest;
  const per = (shape: Shape) => `${cost(shape).toPrecision(2)} ms of a processor at ${shape.tokens} tokens`;
  const dear = bend < 0 ? undefined : alone[bend];
  const reason = dear
    ? `a token costs ${per(cheapest)} and ${per(dear)}, ${(cost(dear) / cost(cheapest)).toFixed(1)} times as much`
    : `a token costs ${per(cheapest)} and ${per(last)}, the longest that was measured: no bend yet`;
  return { name: 'maxTokens', value: last.tokens, reason };
}

/** Past the batch that keeps the cores busy, more tokens take more memory and give nothing. */
function proposeBudget(shapes: readonly Shape[], now: number | undefined): ProposedLimit | undefined {
  const speed = ({ tokens, batch, cpuMs }: Shape) => (1_000 * tokens * batch) / cpuMs;
  const best = shapes.reduce((most, shape) => Math.max(most, speed(shape)), 0);
  const product = ({ tokens, batch }: Shape) => tokens * batch;
  const enough = shapes
    .filter((shape) => speed(shape) >= AS_FAST * best)
    .toSorted((a, b) => product(a) - product(b))[0];
  if (!enough) return undefined;
  const said = `${enough.batch} × ${enough.tokens} tokens give ${Math.round(speed(enough))} tokens a second of processors, ${Math.round((100 * speed(enough)) / best)} % of the fastest shape`;
  const beside = now === undefined ? '' : `; the manifest has ${now}`;
  return { name: 'tokenBudget', value: product(enough), reason: `${said}${beside}` };
}

function proposeMemory(
  shapes: readonly Shape[],
  {
    longest = Number.POSITIVE_INFINITY,
    batch = 0,
    threads,
  }: { readonly longest?: number | undefined; readonly batch?: number | undefined; readonly threads: number },
): ProposedLimit | undefined {
  const within = shapes.filter(
    (shape) => shape.tokens <= longest && (shape.batch === 1 || shape.tokens * shape.batch <= batch),
  );
  const worst = (within.length > 0 ? within : shapes).toSorted((a, b) => b.peakBytes - a.peakBytes)[0];
  if (!worst) return undefined;
  const megabytes = worst.peakBytes / MEGABYTE;
  const part = (bytes: number) => Math.max(0, Math.round(bytes / MEGABYTE));
  const { startBytes, loadedBytes, peakBytes } = worst;
  const value = STEP * Math.ceil((ROOM * megabytes) / STEP);
  const parts = `${part(startBytes)} MB before the model, ${part(loadedBytes - startBytes)} MB by loading it, ${part(peakBytes - loadedBytes)} MB by the runs`;
  const cores = threads === 1 ? 'one core, which' : `${threads} cores, which`;
  const bought = (threads * MEGABYTES_PER_VCPU).toLocaleString('en-US');
  const reason = `with ${worst.batch} × ${worst.tokens} tokens the process held ${Math.ceil(megabytes)} MB (${parts}), and a quarter of that is left free; as fast as here it is on ${cores} ${bought} MB buy`;
  return { name: 'memoryMegabytes', value, reason };
}
