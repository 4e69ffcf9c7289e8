/**
 * Files that lie beside `model.json` and that it does not name, because they are about the whole package, or are made after it. Each says
 * the sha256 of the model.json that it is about; where that is another, it counts for nothing.
 */
export const SIDECAR_FILES = {
  /** Who vouches for the package. */
  signature: 'signature.json',
  /** How fast it was where it was made. */
  measured: 'measured.json',
  /** What `models profile` measured. */
  profile: 'profile.json',
  /** What the texts are like that the model was made for: see drift/reference.ts. */
  reference: 'reference.json',
} as const;

export type SidecarFile = (typeof SIDECAR_FILES)[keyof typeof SIDECAR_FILES];
/** Those that serving a model reads. */
export const SERVED_SIDECARS: readonly SidecarFile[] = [
  SIDECAR_FILES.signature,
  SIDECAR_FILES.measured,
  SIDECAR_FILES.reference,
];
/** None of them has more. */
export const MAX_SIDECAR_BYTES = 4_000_000;

export const sidecarFiles: readonly SidecarFile[] = Object.values(SIDECAR_FILES);
