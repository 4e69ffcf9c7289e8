/** The texts that spaCy's English tokenizer has whole or divides in its own way, whatever stands in them (spaCy 3.6, MIT). */
import { CONTRACTIONS } from './english-contractions.ts';

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzäöü'].map((letter) => `${letter}.`);

const ABBREVIATIONS = `
  Mt. Ak. Ala. Apr. Ariz. Ark. Aug. Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. Ind. Jan. Jul. Jun. Kan. Kans. Ky. La.
  Mar. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. Ore. Pa. S.C. Sep. Sept. Tenn. Va.
  Wash. Wis. a.m. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. i.e. I.e. I.E. Inc. Jr. Ltd. Md. Messrs. Mo. Mont. Mr.
  Mrs. Ms. p.m. Ph.D. Prof. Rep. Rev. Sen. St. vs. v.s.`;

const WORDS = `
  doin Doin doin' Doin' goin Goin goin' Goin' nothin Nothin nothin' Nothin' nuthin Nuthin nuthin' Nuthin' ol Ol ol' Ol'
  somethin Somethin somethin' Somethin' lovin Lovin lovin' Lovin' havin Havin havin' Havin' em 'em ll 'll nuff 'nuff
  'S 's ‘S ‘s and/or w/o 're 'Cause 'cause 'cos 'Cos 'coz 'Coz 'cuz 'Cuz 'bout ma'am Ma'am o'clock O'clock 'd
  ' \\") <space> '' C++ \\t \\n —`;

const EMOTICONS = `
  :) :-) :)) :-)) :))) :-))) (: (-: =) (= :] :-] [: [-: [= =] :o) (o: :} :-} 8) 8-) (-8 ;) ;-) (; (-; :( :-( :(( :-(( :((( :-(((
  ): )-: =( >:( :') :'-) :'( :'-( :/ :-/ =/ =| :| :-| ]= =[ :1 :P :-P :p :-p :O :-O :o :-o :0 :-0 :() >:o :* :-* :3 :-3 =3 :> :->
  :X :-X :x :-x :D :-D ;D ;-D =D xD XD xDD XDD 8D 8-D ^_^ ^__^ ^___^ >.< >.> <.< ._. ;_; -_- -__- v.v V.V v_v V_V o_o o_O O_o O_O
  0_o o_0 0_0 o.O O.o O.O o.o 0.0 o.0 0.o @_@ <3 <33 <333 </3 (^_^) (-_-) (._.) (>_<) (*_*) (¬_¬) ಠ_ಠ ಠ︵ಠ (ಠ_ಠ) ¯\\(ツ)/¯
  (╯°□°）╯︵┻━┻ ><(((*>`;

function words(list: string): string[] {
  return list.trim().split(/\s+/);
}

const WHOLE = [...LETTERS, ...words(ABBREVIATIONS), ...words(WORDS), ...words(EMOTICONS)];
const ASCII: readonly (readonly string[])[] = [...WHOLE.map((text) => [text]), ...CONTRACTIONS];

/** The tokens of every exception by its text. All of them are known with the apostrophe of typographers too. */
export const ENGLISH_EXCEPTIONS: ReadonlyMap<string, readonly string[]> = new Map(
  [...ASCII, ...ASCII.map((parts) => parts.map((part) => part.replaceAll("'", '’')))].map((parts) => [
    parts.join(''),
    parts,
  ]),
);
