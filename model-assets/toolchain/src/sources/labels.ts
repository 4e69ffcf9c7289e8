/** The labels of a classifier, as `id2label` of config.json has them: an object by index or a list, of texts or of numbers. */
import { ToolchainError } from '../errors.ts';

/** More than any classifier has, and few enough to be looked through at once. */
const MAX_LABELS = 100_000;

/**
 * The label of each logit, in order. Without id2label they are what transformers calls them: LABEL_0 and so on, `count` of them, two by
 * default. Throws SOURCE_INVALID when indices are left out, when a label is there twice or is none, and when there are too many.
 */
export function readLabels(id2label: unknown, count = 2): string[] {
  const byIndex =
    typeof id2label === 'object' && id2label !== null ? new Map(Object.entries(id2label)) : undefined;
  if (id2label != null && byIndex === undefined)
    throw invalid('id2label in config.json must be an object or a list');
  const length = byIndex?.size || count;
  if (length > MAX_LABELS)
    throw invalid(`config.json has ${length} labels; at most ${MAX_LABELS} are supported`);
  const labels = Array.from({ length }, (_, index) =>
    byIndex?.size ? readLabel(byIndex, index) : `LABEL_${index}`,
  );
  const seen = new Set<string>();
  for (const label of labels) {
    if (seen.has(label)) throw invalid(`id2label in config.json has the label '${label}' twice`);
    seen.add(label);
  }
  return labels;
}

function readLabel(byIndex: ReadonlyMap<string, unknown>, index: number): string {
  const label = byIndex.get(String(index));
  if (typeof label === 'number' || typeof label === 'boolean') return String(label);
  if (typeof label === 'string' && label !== '') return label;
  if (!byIndex.has(String(index))) {
    throw invalid(`id2label in config.json has no label ${index}: indices count from 0 without gaps`);
  }
  const is = label === null ? 'null' : label === '' ? 'empty' : 'no text';
  throw invalid(`id2label.${index} in config.json is ${is}: every label needs a name`);
}

function invalid(reason: string): ToolchainError {
  return new ToolchainError('SOURCE_INVALID', `${reason}.`);
}
