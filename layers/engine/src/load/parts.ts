/** Everything that loading a model takes. */
import type { PackageManifest } from '@pilotlight/model-format';
import type { CreateSession, CreateTokenizer, ModelPackage, PackageStore } from '../ports.ts';
import type { PredictorSettings } from './options.ts';

export interface LoaderParts {
  readonly store: PackageStore;
  readonly createTokenizer: CreateTokenizer;
  readonly createSession: CreateSession;
  readonly settings: PredictorSettings;
}

/** A package whose manifest has been read, and when its load began. */
export interface OpenedPackage<Manifest extends PackageManifest> {
  readonly opened: ModelPackage;
  readonly manifest: Manifest;
  /** `performance.now()` before the package was opened. */
  readonly start: number;
}
