/** HTML that cannot be broken out of: what is not HTML already is escaped where it is put in. */
import { escapeMarkup } from './escape.ts';

/** Markup that `html` or `trustedHtml` made. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type HtmlValue = string | number | Html | undefined | readonly HtmlValue[];

/** A template of markup: `` html`<p>${text}</p>` ``. Strings are escaped, lists are joined, nothing is written for undefined. */
export function html(markup: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(markup.map((part, index) => part + write(values[index])).join(''));
}

/** Takes markup as it is: only for drawings that this folder makes. */
export function trustedHtml(markup: string): Html {
  return new Html(markup);
}

function write(value: HtmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(write).join('');
  return escapeMarkup(String(value));
}
