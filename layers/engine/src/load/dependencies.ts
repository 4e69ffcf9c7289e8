/** Everything that loading a model takes. */
import type { CreateSession, CreateTokenizer, PackageStore } from '../ports.ts';
import type { PredictorSettings } from './options.ts';

export interface LoaderParts {
  readonly store: PackageStore;
  readonly createTokenizer: CreateTokenizer;
  readonly createSession: CreateSession;
  readonly settings: PredictorSettings;
}
