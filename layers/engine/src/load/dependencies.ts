/** The things that loading a model needs. */
import type { CreateSession, CreateTokenizer, PackageStore } from '../ports.ts';
import type { PredictorSettings } from './options.ts';

export interface LoaderDependencies {
  readonly store: PackageStore;
  readonly createTokenizer: CreateTokenizer;
  readonly createSession: CreateSession;
  readonly settings: PredictorSettings;
}
