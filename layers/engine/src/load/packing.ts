/** When the weights of a graph are packed: what the caller asked for, as far as scheme and memory let it. See session/ADR-packing.md. */
import { describeScheme, sumOfBytes, type Variant } from '@pilotlight/model-format';
import type { CreateSession, Session } from '../ports.ts';
import { openPackingSession } from '../session/packing-session.ts';

export type Packing = 'first' | 'later' | 'never';

/** Runs after which packing in the thread that runs has paid: it takes as long as twenty runs of a short text save by it. */
export const RUNS_THAT_PAY = 16;

export interface PackingSettings {
  readonly when: Packing;
  /** Runs of a session after which `later` packs. */
  readonly afterRuns: number;
}

/** Weights of a model that are packed sooner than a second thread starts for them. */
const QUICKLY_PACKED_BYTES = 32 * 2 ** 20;

/** Memory that a second session takes beside its weights, with a thread of its own. */
const SESSION_BYTES = 64 * 2 ** 20;

/**
 * Chooses when a variant is packed. A variant whose answers would change by it is never packed later, and one that does not find
 * room is not packed at all, unless its answers would change by that.
 *
 * `availableBytes` are those that the process can still take.
 */
export function choosePacking(
  { scheme, keptFp32 = [], files }: Pick<Variant, 'scheme' | 'keptFp32' | 'files'>,
  when: Packing,
  availableBytes: number,
): Packing {
  if (when === 'never') return 'never';
  const exact = describeScheme(scheme).packsExactly === true && keptFp32.length === 0;
  if (!exact) return 'first';
  return hasRoom(files, availableBytes) ? when : 'never';
}

/** Packed weights are as large as those in the file, beside which they stand; as much again is left for what runs take. */
function hasRoom(files: Variant['files'], availableBytes: number): boolean {
  return availableBytes > 2 * sumOfBytes(files) + SESSION_BYTES;
}

/** Packing at once is done in a second thread, which a small model is not worth. */
function whenWorthIt({ files }: Pick<Variant, 'files'>, { when, afterRuns }: PackingSettings): Packing {
  return when === 'later' && afterRuns === 0 && sumOfBytes(files) <= QUICKLY_PACKED_BYTES ? 'first' : when;
}

/** Opens sessions of a variant on the CPU by `create`; one that packs later is opened twice. */
export function packingSessions(
  variant: Variant,
  create: CreateSession,
  packing: PackingSettings,
  availableBytes: () => number = () => process.availableMemory(),
): CreateSession {
  return async (file, graph, options): Promise<Session> => {
    const foldWeights = describeScheme(variant.scheme).foldWeights ?? false;
    const open = (packs: boolean) => create(file, graph, { ...options, foldWeights, packs });
    const chosen = choosePacking(variant, whenWorthIt(variant, packing), availableBytes());
    if (chosen !== 'later') return open(chosen === 'first');
    return openPackingSession({
      openUnpacked: () => open(false),
      openPacked: () => open(true),
      afterRuns: packing.afterRuns,
      hasRoom: () => hasRoom(variant.files, availableBytes()),
    });
  };
}
