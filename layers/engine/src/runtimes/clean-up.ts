/** What `clean_up_tokenization` of transformers replaces, in its order: the spaces that tokens leave before punctuation. */
const CLEANED = [' .', ' ?', ' !', ' ,', " ' ", " n't", " 'm", " 's", " 've", " 're"] as const;

export function cleanUp(text: string): string {
  return CLEANED.reduce((cleaned, spaced) => cleaned.replaceAll(spaced, spaced.trim()), text);
}
