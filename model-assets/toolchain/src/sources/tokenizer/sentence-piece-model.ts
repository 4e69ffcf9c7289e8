/** Reads the file of a SentencePiece model. */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import type { SourceFolder } from '../folder.ts';
import { specialToken } from './special-tokens.ts';
import type { AddedToken } from './tokenizer-json.ts';

const Model = protobuf
  .parse(readFileSync(new URL('./sentence-piece.proto', import.meta.url), 'utf8'), { keepCase: true })
  .root.lookupType('sentencepiece.Model');

const ALGORITHMS = { 1: 'unigram', 2: 'bpe' } as const;
const PIECE_TYPE = { control: 3, userDefined: 4 } as const;

/** No piece is near as long; the parts of longer ones would take too long to find. */
const LONGEST_PIECE = 1000;

const modelSchema = z.object({
  pieces: z
    .array(z.object({ piece: z.string().max(LONGEST_PIECE), score: z.number(), type: z.int() }))
    .min(1),
  trainer_spec: z.object({
    model_type: z.int(),
    treat_whitespace_as_suffix: z.boolean(),
    unk_id: z.int().nonnegative(),
    unk_piece: z.string(),
  }),
  normalizer_spec: z.object({ precompiled_charsmap: z.string() }),
});

export interface Piece {
  readonly piece: string;
  readonly score: number;
}

export interface SentencePieceModel {
  readonly pieces: readonly Piece[];
  readonly algorithm: 'unigram' | 'bpe';
  readonly unknown: { readonly id: number; readonly piece: string };
  /** The compiled rules of the normaliser, in base64; '' where there are none. */
  readonly charsmap: string;
  /** Control symbols and user-defined ones, which are cut out of a text before it is divided. */
  readonly symbols: readonly AddedToken[];
}

/** @throws ToolchainError SOURCE_INVALID where it is no such model, SOURCE_UNSUPPORTED for a kind that transformers has no fast tokenizer for */
export function readSentencePieceModel(folder: SourceFolder, file: string): SentencePieceModel {
  const { pieces, trainer_spec: trainer, normalizer_spec } = parse(readFileSync(folder.use(file)), file);
  const algorithm = Object.entries(ALGORITHMS).find(([type]) => Number(type) === trainer.model_type)?.[1];
  if (algorithm === undefined || trainer.treat_whitespace_as_suffix) {
    const reason =
      algorithm === undefined ? 'is neither a unigram nor a BPE model' : 'puts white space after words';
    throw new ToolchainError('SOURCE_UNSUPPORTED', `${file} ${reason}, which is not supported.`);
  }
  return {
    pieces,
    algorithm,
    unknown: { id: trainer.unk_id, piece: trainer.unk_piece },
    charsmap: normalizer_spec.precompiled_charsmap,
    symbols: pieces
      .filter(({ type }) => type === PIECE_TYPE.control || type === PIECE_TYPE.userDefined)
      .map(({ piece, type }) => specialToken(piece, { special: type === PIECE_TYPE.control })),
  };
}

function parse(bytes: Uint8Array, file: string): z.infer<typeof modelSchema> {
  try {
    const message = Model.toObject(Model.decode(bytes), { defaults: true, bytes: String, arrays: true });
    return modelSchema.parse(message);
  } catch (cause) {
    throw new ToolchainError('SOURCE_INVALID', `${file} is not a SentencePiece model.`, { cause });
  }
}
