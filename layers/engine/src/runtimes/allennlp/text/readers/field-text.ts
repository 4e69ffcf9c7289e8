import type { FieldTensors } from '../indexers/indexer.ts';
import type { Token } from '../token.ts';

/** A text field of an instance: its tokens, and its tensors under the name of the field. */
export interface FieldText {
  readonly tokens: readonly Token[];
  readonly tensors: FieldTensors;
}
