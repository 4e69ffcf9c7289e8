/** How the labels of tokens say where a span begins and ends: BIO, IOB1, BIOES, BILOU, BMES, or not at all. */

export interface Tag {
  /** What the span is of. */
  readonly tag: string;
  /** Whether a span begins here even behind one of the same kind. */
  readonly begins: boolean;
  /** Whether the span ends here even before one of the same kind. */
  readonly ends: boolean;
}

const PREFIXED = /^([BIMELSUW])-(.+)$/s;
const BEGINNINGS = 'BSUW';
const ENDINGS = 'ELSUW';

/**
 * Reads the labels of one model. `B-` and `I-` are prefixes wherever they stand, as in Hugging Face's pipelines; the
 * others only where the model has one of them for a kind that it has a `B-` for too, so that a bare label `E-mail` stays
 * what it is.
 */
export function tagsOf(labels: readonly string[]): (label: string) => Tag {
  const known = new Set(labels);
  const closes = labels.some((label) => {
    const [, prefix = '', tag] = PREFIXED.exec(label) ?? [];
    return prefix !== '' && !'BI'.includes(prefix) && known.has(`B-${tag}`);
  });
  const read = (label: string): Tag => {
    const [, prefix = '', tag = ''] = PREFIXED.exec(label) ?? [];
    if (prefix === '' || !(closes || 'BI'.includes(prefix)))
      return { tag: label, begins: false, ends: false };
    return { tag, begins: BEGINNINGS.includes(prefix), ends: closes && ENDINGS.includes(prefix) };
  };
  const tags = new Map(labels.map((label) => [label, read(label)]));
  return (label) => tags.get(label) ?? read(label);
}
