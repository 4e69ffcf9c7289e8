/** When the subject's own code began, imported first of all: milliseconds since the process began. */
export const started = performance.now();
