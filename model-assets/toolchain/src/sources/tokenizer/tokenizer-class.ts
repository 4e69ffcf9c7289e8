import type { SourceFolder } from '../folder.ts';
import type { Draft } from './draft.ts';
import type { Template } from './post-processors.ts';
import type { PieceRecipe } from './sentence-piece.ts';
import type { TokenizerSettings } from './settings.ts';
import type { SpecialTokens } from './special-tokens.ts';

/** A tokenizer class of transformers: what it brings along by itself. */
export interface TokenizerClass {
  readonly kind: 'word-piece' | 'byte-level' | 'sentence-piece';
  /** The file of the vocabulary. */
  readonly file: string;
  readonly special: (settings: TokenizerSettings) => SpecialTokens;
  /** Special tokens beside the named ones. */
  readonly further?: (settings: TokenizerSettings) => readonly string[];
  /** The special tokens around texts; none at all, or those of RoBERTa, which trims the offsets of its tokens. */
  readonly template: (settings: TokenizerSettings) => Template | 'byte-level' | 'roberta';
  /** Whether the class puts its template in place of what a tokenizer.json has. @default - never */
  readonly rewritesProcessor?: (settings: TokenizerSettings) => boolean;
  /** Whether a model gets token types, where no `model_input_names` says it. */
  readonly typeIds: boolean;
  /** The recipe for a SentencePiece model; for the kind of that name alone. */
  readonly pieces?: PieceRecipe;
  /** Drafts what the class has in place of a SentencePiece model alone. @default - it is made by `pieces` */
  readonly draft?: (folder: SourceFolder, settings: TokenizerSettings) => Draft;
  /** Whether a space stands before every text, whatever a tokenizer.json says that 4.57 wrote. @default - never */
  readonly spacesFirst?: (settings: TokenizerSettings) => boolean;
}
