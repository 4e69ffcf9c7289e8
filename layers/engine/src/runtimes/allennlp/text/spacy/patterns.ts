/**
 * The patterns by which spaCy's English tokenizer (3.6, MIT) cuts punctuation from the ends of a word and divides its middle.
 * Classes of characters are those of Unicode within the scripts that spaCy lists; the names follow spacy/lang/char_classes.py.
 */

/** Scripts without capitals, whose letters count as both small and capital. */
const UNCASED = [
  '\\u1200-\\u137f\\u0980-\\u09ff\\u0591-\\u05f4\\ufb1d-\\ufb4f\\u0620-\\u064a\\u066e-\\u06d5\\u06e5-\\u06ff\\u0750-\\u077f',
  '\\u08a0-\\u08bd\\ufb50-\\ufbb1\\ufbd3-\\ufd3d\\ufd50-\\ufdc7\\ufdf0-\\ufdfb\\ufe70-\\ufefc\\u{1ee00}-\\u{1eebb}\\u0d80-\\u0dff',
  '\\u0900-\\u097f\\u0c00-\\u0cff\\u0b80-\\u0bff\\uac00-\\ud7af\\u1100-\\u11ff\\u3040-\\u30ff\\u4e00-\\u9fff\\u3400-\\u4dbf',
  '\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2ebef}\\u2e80-\\u2fdf\\u2ff0-\\u303f\\u31c0-\\u31ef\\u3200-\\u33ff\\uf900-\\ufaff',
  '\\ufe30-\\ufe4f\\u{1f200}-\\u{1f2ff}\\u{2f800}-\\u{2fa1f}',
].join('');
const CASED = '[\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Greek}]';
const LOWER = `[[\\p{Ll}&&${CASED}]${UNCASED}]`;
const UPPER = `[[\\p{Lu}&&${CASED}]${UNCASED}]`;
const ALPHA = `[[\\p{L}&&${CASED}]${UNCASED}]`;

/** Symbols that are not in Unicode 11, whose list spaCy has. */
const NEWER_SYMBOLS = [
  '\\u166d\\u2b97\\u2bc9\\u2bff\\u2e50\\u2e51\\u32ff\\ufd40-\\ufd4f\\ufdcf\\ufdfe\\ufdff\\u{1019c}\\u{11fd5}-\\u{11ff1}',
  '\\u{1cc00}-\\u{1cfff}\\u{1d1e9}\\u{1d1ea}\\u{1e14f}\\u{1ed2e}\\u{1f10d}-\\u{1f10f}\\u{1f16c}-\\u{1f16f}\\u{1f1ad}',
  '\\u{1f6d5}-\\u{1f6df}\\u{1f6fa}-\\u{1f6fc}\\u{1f774}-\\u{1f77f}\\u{1f7d9}-\\u{1f7ff}\\u{1f8b0}-\\u{1f8ff}\\u{1f90c}-\\u{1f90f}',
  '\\u{1f93f}\\u{1f971}\\u{1f972}\\u{1f977}-\\u{1f979}\\u{1f97b}\\u{1f9a3}-\\u{1f9af}\\u{1f9ba}-\\u{1f9bf}\\u{1f9c3}-\\u{1f9cf}',
  '\\u{1fa00}-\\u{1fa5f}\\u{1fa6e}-\\u{1fbff}',
].join('');
const ICON = `[\\p{So}--[${NEWER_SYMBOLS}]]`;

const PUNCTUATION = '[…,:;!?¿؟¡\\(\\)\\[\\]\\{\\}<>_#*\\&。？！，、；：～·।،۔؛٪]';
const QUOTE = '[\'"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉⟦⟧]';
const CURRENCY = '(?:US\\$|C\\$|A\\$|[\\$£€¥฿₽﷼₴₠₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₵₶₷₸₹₺₻₼₾₿])';
const UNIT =
  '(?:k?m[²³]?|[dcm]m[²³]?|ha|µm|nm|yd|in|ft|kg|m?g|µg|t|lb|oz|m/s|km/h|kmh|mph|h?Pa|mbar|[mkgt]b|[MKGT]B|[TGMK%]' +
  '|к?м[²³]?|[дсм]м[²³]?|нм|кг|м?г|м/с|км/ч|к?Па|мбар|К[бБ]|кб|[МГ][бБ]|[мг]б|Т[бБ]|тбكم' +
  '|كم[²³]?|[سم]?م[²³]?|غرام|جرام|جم|كغ|ملغ|كوب|اكواب)';

/** What is cut from the beginning of a word; sticky. */
export const PREFIX = new RegExp(
  `……|\\.\\.+|[§%=—–]|\\+(?![0-9])|${PUNCTUATION}|${QUOTE}|${CURRENCY}|${ICON}`,
  'vy',
);

/** The longest suffix but for full stops, with the character before it. */
export const LONGEST_SUFFIX = 12;

/** What is cut from the end of a word. A run of full stops is no part of it. */
export const SUFFIX = new RegExp(
  [
    `(?:……|${PUNCTUATION}|${QUOTE}|${ICON}|['’][sS]|[—–])$`,
    '(?<=[0-9])\\+$',
    '(?<=°[FfCcKk])\\.$',
    `(?<=[0-9])${CURRENCY}$`,
    `(?<=[0-9])${UNIT}$`,
    `(?<=[[0-9%²\\-+]${LOWER}${PUNCTUATION}${QUOTE}])\\.$`,
    `(?<=${UPPER}${UPPER})\\.$`,
  ].join('|'),
  'v',
);

/** What divides a word in its middle; global. */
export const INFIX = new RegExp(
  [
    `\\.\\.+|…|${ICON}`,
    '(?<=[0-9])[+\\-*\\^](?=[0-9\\-])',
    `(?<=[${LOWER}${QUOTE}])\\.(?=[${UPPER}${QUOTE}])`,
    `(?<=${ALPHA}),(?=${ALPHA})`,
    `(?<=[${ALPHA}0-9])(?:---|--|——|[\\-–—~])(?=${ALPHA})`,
    `(?<=[${ALPHA}0-9])[:<>=\\/](?=${ALPHA})`,
  ].join('|'),
  'gv',
);

/** Longer words are taken for no address: the pattern would look at them for too long. */
const LONGEST_URL = 500;
const HOST = '[A-Za-z0-9\\u00a1-\\uffff]';

const URL = new RegExp(
  [
    '^(?:[\\p{L}\\p{N}_+\\-.]{2,}:\\/\\/)?(?:\\S+(?::\\S*)?@)?(?:',
    '(?!(?:10|127)(?:\\.\\d{1,3}){3})(?!(?:169\\.254|192\\.168)(?:\\.\\d{1,3}){2})(?!172\\.(?:1[6-9]|2\\d|3[0-1])(?:\\.\\d{1,3}){2})',
    '(?:[1-9]\\d?|1\\d\\d|2[01]\\d|22[0-3])(?:\\.(?:1?\\d{1,2}|2[0-4]\\d|25[0-5])){2}(?:\\.(?:[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-4]))',
    `|(?:(?:${HOST}[A-Za-z0-9\\u00a1-\\uffff_\\-]{0,62})?${HOST}\\.)+(?:${LOWER}{2,63})`,
    ')(?::\\d{2,5})?(?:[\\/?#]\\S*)?$',
  ].join(''),
  'v',
);

/** Whether a word is an address of the web or of a mailbox, which is left whole. */
export function isUrl(word: string): boolean {
  return word.length <= LONGEST_URL && word.includes('.') && URL.test(word);
}
