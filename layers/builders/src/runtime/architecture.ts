/** Architectures of the processor, in Node's words; Lambda calls them `arm64` and `x86_64`. */
export const ARCHITECTURES = ['arm64', 'x64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];
