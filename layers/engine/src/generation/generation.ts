export type * from '../predict/generation.ts';
