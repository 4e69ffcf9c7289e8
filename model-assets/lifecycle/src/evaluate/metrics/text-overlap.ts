/** Character n-grams of a text that may be as one of several references. */
import {
  chrFOfCounts,
  compareGrams,
  type GramCounts,
} from '@pilotlight/toolchain/internal/generation/package/chrf';

/** The counts beside the reference that the text is most like, by its chrF: so does sacreBLEU choose among several. */
export function bestGrams(text: string, references: readonly string[]): GramCounts {
  const [first = compareGrams(text, ''), ...others] = references.map((one) => compareGrams(text, one));
  return others.reduce((best, one) => (chrFOfCounts([one]) > chrFOfCounts([best]) ? one : best), first);
}
