import { PilotlightError } from '@pilotlight/model-format/errors';

/** Every way in which bundling refuses or fails. The meaning of a code never changes. */
export const BUNDLE_ERROR_CODES = ['BUNDLE_FAILED'] as const;
export type BundleErrorCode = (typeof BUNDLE_ERROR_CODES)[number];

/** A function cannot be bundled; the message has the reason that the bundler gave, in one line. */
export class BundleError extends PilotlightError<BundleErrorCode> {
  override readonly name = 'BundleError';
}
