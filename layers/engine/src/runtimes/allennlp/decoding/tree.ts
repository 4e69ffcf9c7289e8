/** A constituency tree, written as NLTK writes one. */

export interface Tree {
  readonly label: string;
  /** Trees, or the word of a leaf. */
  readonly children: readonly (Tree | string)[];
}

/** `(S (NP (PRP I)) (VP (VBP run)))` */
export function formatTree({ label, children }: Tree): string {
  return `(${label} ${children.map((child) => (typeof child === 'string' ? child : formatTree(child))).join(' ')})`;
}

/** The words of a tree in their order. */
export function leaves({ children }: Tree): string[] {
  return children.flatMap((child) => (typeof child === 'string' ? [child] : leaves(child)));
}
