/** Whether the goldens of a package can prove anything: enough of them, whole, and with a tolerance that wrong answers miss. */
import type { Golden } from '@pilotlight/engine';
import { type GoldenOutput, MINIMUM_GOLDENS } from '@pilotlight/engine/internal/predict/goldens/golden';
import { type OnnxManifest, ownValue, type Variant } from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import type { Goldens } from '../../package-files/goldens-file.ts';

type Ref = Pick<OnnxManifest, 'name' | 'version' | 'labels'>;

/**
 * The largest share of the highest value that a tolerance may have. What `add` measures is below a tenth; at the whole of it,
 * a model that answers nothing but zeros would be proven.
 */
const MOST_TOLERANCE = 0.5;

/**
 * Gives the tolerance of a variant.
 *
 * @throws ToolchainError VERIFY_FAILED where the goldens say too little of it
 */
export function requireEvidence(
  { labels, goldens, tolerance }: Goldens,
  manifest: Ref,
  [name, { graphs }]: readonly [string, Pick<Variant, 'graphs'>],
): number {
  const fail = (reason: string) =>
    new ToolchainError('VERIFY_FAILED', `The goldens of ${manifest.name}@${manifest.version} ${reason}.`);
  const texts = new Set(goldens.map(({ text, pair }) => JSON.stringify([text, pair])));
  if (texts.size < MINIMUM_GOLDENS)
    throw fail(`have ${texts.size} different texts; at least ${MINIMUM_GOLDENS} prove a package`);
  if (labels && JSON.stringify(labels) !== JSON.stringify(manifest.labels))
    throw fail('are of a model with other labels, or with the same in another order');
  for (const { role } of graphs.model.outputs) {
    const line = goldens.findIndex(({ outputs }) => !isWhole(outputs[role], role));
    if (line >= 0) throw fail(`do not have the whole ${role} in line ${line + 2}`);
  }
  const accepted = ownValue(tolerance, name);
  if (accepted === undefined) throw fail(`have no tolerance for ${name}`);
  const most = largestTolerance(goldens);
  if (accepted > most) {
    const numbers = `${accepted.toPrecision(3)}; above ${most.toPrecision(3)} it proves nothing`;
    throw fail(`have a tolerance for ${name} of ${numbers}`);
  }
  return accepted;
}

/** The largest tolerance with which goldens prove something. */
export function largestTolerance(goldens: readonly Golden[]): number {
  return MOST_TOLERANCE * highestValue(goldens);
}

/** Whether a golden has at least one row of an output or values from all over it, and of logits the highest of each row. */
function isWhole(output: GoldenOutput | undefined, role: string): boolean {
  if (output === undefined) return false;
  const { dims, values, stride, top } = output;
  const columns = dims.at(-1) ?? 0;
  const size = dims.reduce((product, dim) => product * dim, 1);
  const least = stride === undefined ? columns : Math.ceil(size / stride);
  const rows = columns === 0 ? 0 : size / columns;
  return rows > 0 && values.length >= least && (!role.endsWith('logits') || top?.length === rows);
}

function highestValue(goldens: readonly Golden[]): number {
  let highest = 0;
  for (const { outputs } of goldens)
    for (const output of Object.values(outputs))
      for (const value of output?.values ?? []) highest = Math.max(highest, Math.abs(value));
  return highest;
}
