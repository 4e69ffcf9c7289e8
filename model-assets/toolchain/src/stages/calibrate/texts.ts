/** Texts to calibrate with. */
export const CALIBRATION_TEXTS: readonly string[] = ['The quick brown fox jumps over the lazy dog.'];
