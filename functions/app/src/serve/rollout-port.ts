/** The interface to whoever knows which version of a model a call gets. */
import type { Context } from 'hono';

/** `Engine` is the part of an engine that calls use. */
export interface Rollout<Engine> {
  /** The models as one call sees them: what names mean does not change before its end. */
  begin(call: CalledModel<Engine>): RolledCall<Engine>;
  /** Has these told of what happens, and of what happened before. */
  listen(listeners: readonly RolloutListener[]): void;
}

/** A call of a model, whose body was read. */
export interface CalledModel<Engine> {
  readonly c: Context;
  readonly id: string;
  /** Name of its API key, where keys are asked for. */
  readonly caller: string | undefined;
  /** Whether nobody waits for its answer. */
  readonly background: boolean;
  /** The JSON of its body. */
  body(): unknown;
  /** Has the models of another engine do what it asks, behind calls that somebody waits for, and gives the results. */
  repeat(engine: Engine): Promise<readonly unknown[]>;
}

export interface RolledCall<Engine> {
  /** Its `model` and `predictor` follow routing rules and aliases. */
  readonly engine: Engine;
  /** Is told of the results that are about to be answered. */
  predicted(results: readonly unknown[]): void;
  /** Lets go of the versions that the call used. Call it once, when its answer is made. */
  end(): void;
}

export interface RolloutListener {
  rolledOut?(record: RolloutRecord): void;
}

/** One thing that became of versions of a model. */
export type RolloutRecord =
  /** The record of a model was asked for; `ageMs`: how long ago it was last read, 0 where it was read now. */
  | { readonly kind: 'read'; readonly model: string; readonly ageMs: number }
  /** Names mean these versions from now on. */
  | { readonly kind: 'accepted'; readonly model: string; readonly aliases: readonly AcceptedAlias[] }
  /** A version that a name was to mean cannot be served, and names mean what they meant. */
  | { readonly kind: 'refused'; readonly model: string; readonly version: string; readonly code: string }
  /** A shadow was to read a call of `prod`: `differing` is another decision for one of its inputs. */
  | {
      readonly kind: 'shadow';
      readonly model: string;
      readonly version: string;
      readonly outcome: ShadowOutcome;
    };

export type ShadowOutcome = 'same' | 'differing' | 'dropped' | 'failed';

export interface AcceptedAlias {
  readonly alias: string;
  readonly version: string;
  readonly checksum: string;
}
