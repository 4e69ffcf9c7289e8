/** What processors change of the scores of one row. A row that no processor touches costs nothing, and most touch few classes. */

export type Edit =
  /** Adds to the score of a class; -Infinity forbids it. */
  | { readonly kind: 'add'; readonly id: number; readonly amount: number }
  /** Divides the score of a class, or multiplies it where it is below 0. */
  | { readonly kind: 'scale'; readonly id: number; readonly amount: number }
  /** Adds so much of the score's own size to it, unless it is infinite. */
  | { readonly kind: 'raise'; readonly id: number; readonly amount: number }
  /** Adds a value to each class: 0, or -Infinity where a grammar forbids it. */
  | { readonly kind: 'mask'; readonly bias: Float32Array }
  /** Gives these classes a score of 0, and forbids all others. */
  | { readonly kind: 'only'; readonly ids: readonly number[] }
  /** Makes 0 of what is no number, and the largest and least float32 of what is infinite. */
  | { readonly kind: 'finite' };

type ClassEdit = Extract<Edit, { readonly id: number }>;

const LARGEST = 3.4028234663852886e38;

function isClassEdit(edit: Edit): edit is ClassEdit {
  return 'id' in edit;
}

/** Whether adding to the logits does the same. */
export function isAddition({ kind }: Edit): boolean {
  return kind === 'add' || kind === 'mask';
}

/** Whether it can only lower a score that is at most 0, as log probabilities are. */
export function lowers(edit: Edit): boolean {
  switch (edit.kind) {
    case 'add':
    case 'raise':
      return edit.amount <= 0;
    case 'scale':
      return edit.amount >= 1;
    default:
      return false;
  }
}

/** Classes that are edited by themselves, each once. */
export function touchedClasses(edits: readonly Edit[]): Set<number> {
  return new Set(edits.flatMap((edit) => (isClassEdit(edit) ? edit.id : [])));
}

/** Edits the scores of all classes, in place. `[vocabulary]` */
export function editAll(scores: Float32Array, edits: readonly Edit[]): void {
  for (const edit of edits) {
    switch (edit.kind) {
      case 'mask':
        for (let id = 0; id < scores.length; id++) scores[id] = (scores[id] ?? 0) + (edit.bias[id] ?? 0);
        break;
      case 'only':
        scores.fill(Number.NEGATIVE_INFINITY);
        for (const id of edit.ids) scores[id] = 0;
        break;
      case 'finite':
        for (let id = 0; id < scores.length; id++) scores[id] = finite(scores[id] ?? 0);
        break;
      default:
        // An id beyond the vocabulary has no score, and a typed array takes none.
        scores[edit.id] = edited(edit, scores[edit.id] ?? 0);
    }
  }
}

/** Edits the scores of some classes, in place. Edits of all classes cannot be done to some of them. */
export function editListed(classes: ArrayLike<number>, scores: Float32Array, edits: readonly Edit[]): void {
  if (edits.length === 0) return;
  const places = new Map(Array.from(classes, (id, place) => [id, place]));
  for (const edit of edits.filter(isClassEdit)) {
    const place = places.get(edit.id);
    if (place !== undefined) scores[place] = edited(edit, scores[place] ?? 0);
  }
}

function edited({ kind, amount }: ClassEdit, score: number): number {
  switch (kind) {
    case 'add':
      return score + amount;
    case 'scale':
      return score < 0 ? score * amount : score / amount;
    case 'raise':
      return Number.isFinite(score) ? score + Math.abs(score) * amount : score;
  }
}

function finite(score: number): number {
  return Number.isNaN(score) ? 0 : Math.min(LARGEST, Math.max(-LARGEST, score));
}
