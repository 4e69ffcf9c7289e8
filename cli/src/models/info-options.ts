import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON } from './options.ts';

export const OPTIONS = { ...COMMON } as const satisfies Options;

export type InfoLine = CommandLine<typeof OPTIONS>;
