/** The vocabulary of an archive: tokens and ids by namespace, as the files of `vocabulary/` have them. */

export interface Vocabulary {
  /** Tokens of a namespace, padding and out-of-vocabulary entries included. */
  size(namespace: string): number;
  has(namespace: string): boolean;
  /** The id of a token, or of the out-of-vocabulary entry. @throws EngineError INVALID_INPUT in a namespace without that entry */
  id(token: string, namespace: string): number;
  token(id: number, namespace: string): string | undefined;
}
