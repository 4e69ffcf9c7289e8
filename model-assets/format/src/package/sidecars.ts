/**
 * Files that lie beside `model.json` and that it does not name, because they are about the whole package, or are made after it. Each says
 * the sha256 of the model.json that it is about; where that is another, it counts for nothing.
 */
export const SIDECAR_FILES = {
  /** Who vouches for the package. */
  signature: 'signature.json',
  /** What `models profile` measured. */
  profile: 'profile.json',
} as const;

export const sidecarPaths: readonly string[] = Object.values(SIDECAR_FILES);
