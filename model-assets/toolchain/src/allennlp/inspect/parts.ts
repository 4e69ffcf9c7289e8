/** The parts of a model and of its reader, as config.json nests them. */
import { z } from 'zod';
import { isAllenNlpName } from './known-names.ts';

export interface InspectedPart {
  /** `token embedder` */
  readonly kind: string;
  /** The path in config.json. */
  readonly at: string;
  /** The registrable name. */
  readonly type: string;
  /** Whether the name is one of the team's own, which `--include-package` loaded. */
  readonly isCustom: boolean;
}

/** What only training reads. */
const TRAINING: ReadonlySet<string> = new Set(['initializer', 'regularizer', 'distributed', 'trainer']);

const DEFAULT_TYPES: Readonly<Record<string, string>> = {
  'text field embedder': 'basic',
  'token embedder': 'embedding',
  'token indexer': 'single_id',
  feedforward: 'feedforward',
};

const objectSchema = z.record(z.string(), z.unknown());

/** The parts in a section, the outer before those in them. */
export function listParts(section: unknown, at: string, kind: string): InspectedPart[] {
  const parts: InspectedPart[] = [];
  visit(section, { at, kind }, parts);
  return parts;
}

interface Place {
  readonly at: string;
  readonly kind: string;
}

function visit(value: unknown, place: Place, parts: InspectedPart[]): void {
  const named = place.kind === 'tokenizer' && typeof value === 'string' ? { type: value } : value;
  if (Array.isArray(named)) {
    for (const [index, item] of named.entries()) {
      visit(item, { at: `${place.at}.${index}`, kind: place.kind.replace(/s$/, '') }, parts);
    }
    return;
  }
  const object = objectSchema.safeParse(named).data;
  if (object === undefined) return;
  const type = typeof object.type === 'string' ? object.type : DEFAULT_TYPES[place.kind];
  if (type !== undefined) parts.push({ ...place, type, isCustom: !isAllenNlpName(type) });
  for (const [key, each] of Object.entries(object)) {
    if (!TRAINING.has(key)) visit(each, { at: `${place.at}.${key}`, kind: kindOf(key, place) }, parts);
  }
}

/** What a key holds; the keys of records are names of the archive's own, so there the record says it. */
function kindOf(key: string, { at }: Place): string {
  const parent = at.split('.').at(-1) ?? '';
  if (parent === 'token_embedders') return 'token embedder';
  if (parent.endsWith('indexers')) return 'token indexer';
  if (parent === 'readers') return 'reader';
  if (parent === 'heads') return 'head';
  if (key.endsWith('tokenizer')) return 'tokenizer';
  return key.replaceAll('_', ' ');
}
