/** The tokens that a model generates, in a namespace of its vocabulary. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { TextArchive } from '../../text/text-archive.ts';

export interface TargetTokens {
  readonly namespace: string;
  /** The class that sequences begin from, and the one that they end with. */
  readonly start: number;
  readonly end: number;
  /** The tokens of a sequence up to its end. */
  words(sequence: readonly number[]): string[];
}

/** @throws EngineError PACKAGE_INVALID where the archive has no such namespace */
export function openTargetTokens({ vocabulary }: TextArchive, namespace: string): TargetTokens {
  const symbol = (token: string): number => {
    if (vocabulary.has(namespace)) return vocabulary.id(token, namespace);
    throw new EngineError(
      'PACKAGE_INVALID',
      `The archive has no vocabulary ${namespace}, whose tokens it generates.`,
    );
  };
  const end = symbol('@end@');
  return {
    namespace,
    start: symbol('@start@'),
    end,
    words: (sequence) => beforeEnd(sequence, end).map((index) => vocabulary.token(index, namespace) ?? ''),
  };
}

/** The classes of a sequence before its end. */
export function beforeEnd(sequence: readonly number[], end: number): readonly number[] {
  const place = sequence.indexOf(end);
  return place < 0 ? sequence : sequence.slice(0, place);
}
