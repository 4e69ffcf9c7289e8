/** What one call gets of the models: names mean the same for it from its begin to its end. */
import { formatModelRef, type ModelRef, parseModelRef } from '@pilotlight/engine';
import type { RegistryStore } from '@pilotlight/engine/internal/store/registry/registry-store';
import { ownValue } from '@pilotlight/model-format';
import { CANARY, PROD, SHADOW } from '@pilotlight/model-format/registry';
import { whenSent } from '../../http/answer/sending.ts';
import type { ServingEngine } from '../ports.ts';
import type { CalledModel, RolledCall } from '../rollout-port.ts';
import type { FollowedModel } from './followed-model.ts';
import { route } from './routing.ts';
import type { RoutingRule } from './routing-rules.ts';
import type { Shadows } from './shadow.ts';
import { isWithin, stickyKey } from './share.ts';
import { resolveUnmeant } from './unmeant.ts';

export interface CallDependencies {
  readonly engine: ServingEngine;
  readonly rules: readonly RoutingRule[];
  /** The models that are followed, once something is known of them. */
  readonly followed: (name: string) => Promise<FollowedModel> | undefined;
  readonly store: Pick<RegistryStore, 'resolveServed'> | undefined;
  readonly shadows: Shadows;
}

export class CallOfVersions implements RolledCall<ServingEngine> {
  readonly engine: ServingEngine;
  readonly #dependencies: CallDependencies;
  readonly #call: CalledModel<ServingEngine>;
  /** By the reference that was asked for. */
  readonly #chosen = new Map<string, Promise<ModelRef>>();
  readonly #held: (() => void)[] = [];
  /** The model of which the call got `prod`, without having asked for it by a version, and without a rule that says by which variant. */
  #ofProd: FollowedModel | undefined;

  constructor(dependencies: CallDependencies, call: CalledModel<ServingEngine>) {
    this.#dependencies = dependencies;
    this.#call = call;
    this.engine = viewOf(dependencies.engine, (ref) => this.#choose(ref));
  }

  predicted(results: readonly unknown[]): void {
    const { shadows, engine } = this.#dependencies;
    const { c, id, background } = this.#call;
    const model = this.#ofProd;
    const shadow = model?.aliases[SHADOW];
    if (!model || !shadow || background) return;
    const { version, share = 0 } = shadow;
    const { name, versions, aliases } = model;
    if (version === aliases[PROD]?.version || !isWithin(share, `${name}@${version} as a shadow`, id)) return;
    const end = versions.hold(version);
    const run = () => this.#call.repeat(viewOf(engine, async () => ({ name, version })));
    whenSent(c, () => shadows.offer({ model: name, version, results, run, end }));
  }

  end(): void {
    for (const letGo of this.#held.splice(0)) letGo();
  }

  #choose(ref: string): Promise<ModelRef> {
    const known = this.#chosen.get(ref);
    if (known) return known;
    const chosen = this.#follow(this.#route(parseModelRef(ref)));
    this.#chosen.set(ref, chosen);
    return chosen;
  }

  #route(asked: ModelRef): ModelRef {
    const { rules } = this.#dependencies;
    return (asked.version === undefined && route(rules, asked.name, this.#call)) || asked;
  }

  async #follow(ref: ModelRef): Promise<ModelRef> {
    const { followed, store } = this.#dependencies;
    const { name, version, variant } = ref;
    const model = await followed(name);
    if (!model || !store) return ref;
    const { aliases, versions } = model;
    const { [CANARY]: canary } = aliases;
    const asked = version ?? PROD;
    const isOfCanary =
      version === undefined &&
      canary?.share !== undefined &&
      isWithin(canary.share, `${name}@${canary.version}`, stickyKey(this.#call));
    const alias = isOfCanary ? canary : ownValue(aliases, asked);
    if (version === undefined && variant === undefined && alias && !isOfCanary) this.#ofProd = model;
    const meant = alias?.version ?? (await resolveUnmeant(store, ref, model)).version;
    this.#held.push(versions.hold(meant));
    return { name, version: meant, variant };
  }
}

/** The engine, whose models are those that `choose` gives. */
function viewOf(engine: ServingEngine, choose: (ref: string) => Promise<ModelRef>): ServingEngine {
  const chosen = (ref: string | ModelRef) => choose(typeof ref === 'string' ? ref : formatModelRef(ref));
  return {
    models: () => engine.models(),
    loaded: () => engine.loaded(),
    prepare: (...call) => engine.prepare(...call),
    model: async (ref) => engine.model(await chosen(ref)),
    predictor: async (ref) => engine.predictor(await chosen(ref)),
  };
}
