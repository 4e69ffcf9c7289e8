/** @pilotlight/model-format/drift: traffic in fixed bins, and how far it is from the reference of a package. */
export {
  FEATURES,
  type Feature,
  SCRIPTS,
  type Script,
  SHARE_BINS,
  TOKEN_BOUNDS,
  UNKNOWN_BOUNDS,
} from './bins.ts';
export { Counts } from './counts.ts';
export type { Reading } from './reading.ts';
export {
  LEAST_REFERENCE_TEXTS,
  parseReference,
  type Reference,
  referenceText,
} from './reference.ts';
export { compareBins, LEAST_PSI, type Shift } from './shift.ts';
