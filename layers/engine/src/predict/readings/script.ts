/** The script that most letters of a text are of. */
import type { Script } from '@pilotlight/model-format/drift';

/** Letters that are looked at, spread over the whole text: 1 us, however long it is. */
const MOST_LETTERS = 48;

/** The scripts that are told apart, by the blocks of Unicode (Blocks.txt) that their letters lie in: [first, last, script]. */
const BLOCKS: readonly (readonly [number, number, Script])[] = [
  [0x0370, 0x03ff, 'greek'],
  [0x0400, 0x052f, 'cyrillic'],
  [0x0590, 0x05ff, 'hebrew'],
  [0x0600, 0x077f, 'arabic'],
  [0x08a0, 0x08ff, 'arabic'],
  [0x0900, 0x097f, 'devanagari'],
  [0x0e00, 0x0e7f, 'thai'],
  [0x1100, 0x11ff, 'hangul'],
  [0x1e00, 0x1eff, 'latin'],
  [0x1f00, 0x1fff, 'greek'],
  [0x3040, 0x30ff, 'kana'],
  [0x3130, 0x318f, 'hangul'],
  [0x3400, 0x4dbf, 'han'],
  [0x4e00, 0x9fff, 'han'],
  [0xac00, 0xd7a3, 'hangul'],
  [0xf900, 0xfaff, 'han'],
  [0xff66, 0xff9f, 'kana'],
];
const LETTER = /\p{L}/u;

/** `none` for a text without letters among those that are looked at, such as a number. */
export function scriptOf(text: string): Script {
  const step = Math.max(1, Math.floor(text.length / MOST_LETTERS));
  let latin = 0;
  let others: Map<Script, number> | undefined;
  for (let place = 0; place < text.length; place += step) {
    const script = scriptAt(text, place);
    if (script === 'latin') latin += 1;
    else if (script !== undefined) {
      others ??= new Map();
      others.set(script, (others.get(script) ?? 0) + 1);
    }
  }
  let [best, most]: [Script, number] = latin > 0 ? ['latin', latin] : ['none', 0];
  if (others) for (const [script, letters] of others) if (letters > most) [best, most] = [script, letters];
  return best;
}

function scriptAt(text: string, place: number): Script | undefined {
  const unit = text.charCodeAt(place);
  if (unit < 0xc0)
    return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) ? 'latin' : undefined;
  if (unit < 0x0370) return unit !== 0xd7 && unit !== 0xf7 ? 'latin' : undefined;
  const block = BLOCKS.find(([first, last]) => unit >= first && unit <= last);
  if (block) return block[2];
  // The second half of a letter beyond the first plane tells nothing by itself.
  const point = text.codePointAt(place) ?? unit;
  return LETTER.test(String.fromCodePoint(point)) ? 'other' : undefined;
}
