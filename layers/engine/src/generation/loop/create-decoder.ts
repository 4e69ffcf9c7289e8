/** Opens the graphs of a model and the loop that runs them: in this thread, or in one of its own. */
import type { DecoderFacts, GenerationGraph } from '@pilotlight/model-format';
import type { SessionOptions } from '../../ports.ts';
import type { TokenTable } from '../text/token-table.ts';
import type { LoopSettings } from './decode-loop.ts';
import type { Decoder } from './decoder-port.ts';

/** Everything that the loop needs. It can go to another thread as it is. */
export interface DecoderPlan {
  /** The graphs, their files as absolute paths. */
  readonly step: GenerationGraph;
  /** @default - the model has no encoder */
  readonly encoder?: GenerationGraph | undefined;
  readonly facts: DecoderFacts;
  /** Texts of the ids, by which stop strings and grammars are told. */
  readonly table: TokenTable;
  readonly session: SessionOptions;
  readonly settings: LoopSettings;
}
