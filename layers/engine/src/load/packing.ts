/** When the weights of a graph are packed: what the caller asked for, as far as scheme and memory let it. See session/ADR-packing.md. */
import { describeScheme, type Variant } from '@pilotlight/model-format';
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
  const weights = files.reduce((sum, { bytes }) => sum + bytes, 0);
  return availableBytes > 2 * weights + SESSION_BYTES;
}

/** Opens sessions of a variant on the CPU by `create`; one that packs later is opened twice. */
export function packingSessions(
  variant: Variant,
  create: CreateSession,
  { when, afterRuns }: PackingSettings,
  availableBytes: () => number = () => process.availableMemory(),
): CreateSession {
  return async (file, graph, options): Promise<Session> => {
    const foldWeights = describeScheme(variant.scheme).foldWeights ?? false;
    const open = (packs: boolean) => create(file, graph, { ...options, foldWeights, packs });
    const chosen = choosePacking(variant, when, availableBytes());
    if (chosen !== 'later') return open(chosen === 'first');
    return openPackingSession({
      openUnpacked: () => open(false),
      openPacked: () => open(true),
      afterRuns,
      hasRoom: () => hasRoom(variant.files, availableBytes()),
    });
  };
}
