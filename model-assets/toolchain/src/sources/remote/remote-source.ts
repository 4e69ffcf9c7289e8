/** What every kind of remote source gives: the files of one version of a model, and a way to read them. */
import type { ObjectReader } from '@pilotlight/engine/internal/store/s3/objects';

/** What a file must be, by a sum that the place it comes from has of it: the sha256 of its content, or the id of its blob in Git. */
export interface Sum {
  readonly algorithm: 'sha256' | 'git';
  /** Lower-case hexadecimal. */
  readonly value: string;
}

/** A path of a file with forward slashes that does not lead out of its folder: others have written it. */
export const PATH_INSIDE = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\0\\]*[^\0/\\]$/;

export interface RemoteFile {
  /** Where it lies in the folder of the model, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  /** @default - the place has no sum of it: its size alone is compared, and the sum that it had when it was fetched from then on */
  readonly sum?: Sum | undefined;
  /** What tells this content from another one of the same name, where there is no sum. */
  readonly tag?: string | undefined;
}

/** One version of a model, which never changes. */
export interface RemoteVersion {
  /** The commit, or whatever else tells it from other versions: a plain file name. */
  readonly revision: string;
  readonly files: readonly RemoteFile[];
}

/** A model at a place, whose files are read by their paths. */
export interface RemoteModel {
  /** How messages call it, and what brings it again: `hf:org/model`. */
  readonly address: string;
  /** Its name in the manifest: `org/model`. */
  readonly id: string;
  /** Its folder in the cache, relative to that. */
  readonly cacheFolder: string;
  /** The revision that was asked for, such as a branch. */
  readonly asked: string;
  /** The version that `asked` is now. @throws ToolchainError, ObjectError */
  resolve(): Promise<Pick<RemoteVersion, 'revision'>>;
  /** @throws ToolchainError, ObjectError */
  list(revision: string): Promise<readonly RemoteFile[]>;
  /** Reads files of a version by their paths. */
  reader(revision: string): ObjectReader;
  /** Whether the place gives parts of files. @default true */
  readonly ranges?: boolean | undefined;
  /** Waits until the place takes requests again, where it asked for a pause. */
  pause?(signal: AbortSignal): Promise<void>;
  /** The error to show for an ObjectError: the place by its name. */
  host: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface OpenOptions {
  readonly revision?: string | undefined;
  readonly environment: Environment;
  /** Whether nothing may be asked over the network: then the model says its name alone. */
  readonly offline: boolean;
  /** Is told how long the place wants to be left alone, in words. */
  readonly onPause: (words: string) => void;
}

/** A kind of remote source. */
export interface RemoteKind {
  /** Addresses begin with it and a colon. */
  readonly prefix: string;
  /** @throws ToolchainError USAGE for an address of the kind that names nothing */
  open(address: string, options: OpenOptions): Promise<RemoteModel>;
}
