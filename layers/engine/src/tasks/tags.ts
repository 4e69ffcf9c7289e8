/** How the labels of tokens say where a span begins and ends: BIO, IOB1, BIOES, BILOU, BMES, or not at all. */

export interface Tag {
  /** The kind of the span. */
  readonly tag: string;
  /** Whether a span begins here even behind one of the same kind. */
  readonly begins: boolean;
  /** Whether the span ends here even before one of the same kind. */
  readonly ends: boolean;
  /** Whether the label can stand before one that goes on with the span. */
  readonly open: boolean;
  /** Whether a well-formed sequence has it only behind a label of the same kind that is open. */
  readonly continues: boolean;
  /** Whether a well-formed sequence has one behind it that continues. */
  readonly unfinished: boolean;
}

const CLOSING = /^[MELSUW]-./s;
const PREFIXED = /^([BIMELSUW])-(.+)$/s;
const BARE = { begins: false, ends: false, open: false, continues: false, unfinished: false };
const BEGINNINGS = 'BSUW';
const ENDINGS = 'ELSUW';

/**
 * Reads the labels of one model. `B-` and `I-` are prefixes wherever they stand, as in Hugging Face's pipelines; the
 * others only where the model has one of them for a kind that it has a `B-` for too, so that a bare label `E-mail` stays
 * what it is.
 */
export function createTagReader(labels: readonly string[]): (label: string) => Tag {
  const known = new Set(labels);
  const closes = labels.some((label) => CLOSING.test(label) && known.has(`B-${label.slice(2)}`));
  const read = (label: string): Tag => {
    const [, prefix = '', tag = ''] = PREFIXED.exec(label) ?? [];
    if (prefix === '' || !(closes || 'BI'.includes(prefix))) return { ...BARE, tag: label };
    const begins = BEGINNINGS.includes(prefix);
    const open = !ENDINGS.includes(prefix);
    return {
      tag,
      begins,
      ends: closes && !open,
      open,
      continues: !begins && known.has(`B-${tag}`),
      unfinished: open && (known.has(`E-${tag}`) || known.has(`L-${tag}`)),
    };
  };
  const tags = new Map(labels.map((label) => [label, read(label)]));
  return (label) => tags.get(label) ?? read(label);
}
