/** Texts to calibrate with: written for it, of many domains and lengths, in several languages. No judge of quality has them. */
import { CHAT, OPINIONS, QUESTIONS, REQUESTS } from './texts/everyday.ts';
import { LANGUAGES, NAMES_AND_ODDITIES } from './texts/languages.ts';
import { LONG } from './texts/long.ts';
import { KNOWLEDGE, NEWS, PROFESSIONS, STORIES } from './texts/prose.ts';
import { SERVICE, SOCIAL, TRAVEL } from './texts/services.ts';
import { TECHNICAL } from './texts/technical.ts';

export const CALIBRATION_TEXTS: readonly string[] = [
  ...[...REQUESTS, ...QUESTIONS, ...CHAT, ...OPINIONS, ...SERVICE, ...SOCIAL, ...TRAVEL],
  ...[...NEWS, ...KNOWLEDGE, ...PROFESSIONS, ...STORIES],
  ...[...TECHNICAL, ...LANGUAGES, ...NAMES_AND_ODDITIES, ...LONG],
];
