/** The version of this package, which results are recorded with; a test holds it to package.json. */
export const ENGINE_VERSION = '0.1.0';
