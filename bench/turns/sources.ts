/** Somebody who speaks: a person's recorded prompts, in whatever language, or a synthesiser's voice. */
export type TurnVoice =
  | { readonly by: 'person'; readonly folder: string }
  | { readonly by: 'flite' | 'espeak'; readonly voice: string };

/**
 * What callers are made of. In a template `/` is a place where one may pause, `~` one where one looks for words, `-` one
 * between groups of a number; {street} and the like are drawn.
 */
export interface TurnSources {
  readonly name: 'tuning' | 'judged';
  readonly seed: number;
  readonly voices: readonly TurnVoice[];
  readonly names: readonly string[];
  readonly streets: readonly string[];
  readonly towns: readonly string[];
  readonly hosts: readonly string[];
  readonly yesNo: readonly string[];
  readonly choices: readonly string[];
  readonly open: readonly string[];
  readonly numberLeads: readonly string[];
  readonly nameLeads: readonly string[];
}

const list = (text: string): readonly string[] => text.split(', ');

/** What rules and their numbers may be tuned on. */
export const TUNING: TurnSources = {
  name: 'tuning',
  seed: 90_125,
  voices: [
    { by: 'flite', voice: 'kal16' },
    { by: 'flite', voice: 'slt' },
    { by: 'espeak', voice: 'en-us+m3' },
    { by: 'person', folder: 'fr_CA_f_June' },
  ],
  names: list(
    'miller, garcia, olsen, patel, kowalski, brown, nguyen, fischer, romano, dubois, hughes, larsen',
  ),
  streets: list(
    'maple street, oak avenue, harbor road, second street, lincoln drive, mill lane, cedar court',
  ),
  towns: list('springfield, boston, salem, portland, concord, dover'),
  hosts: list('example dot com, gmail dot com, mailbox dot org, post dot net, company dot co dot uk'),
  yesNo: [
    'yes',
    'no',
    'yes please',
    "yeah / that's right",
    'no / it is the other one',
    'yes / but not before noon',
    'um ~ no',
    'correct',
    'i think so',
    'no thank you',
  ],
  choices: [
    'the first one',
    'the um ~ second one please',
    'the large one / in blue',
    'monday',
    'the cheaper one',
    'either one is fine',
  ],
  open: [
    'i would like to ~ move my appointment',
    'i would like to move my appointment / to next friday',
    'my order has not arrived yet',
    'i am calling about ~ the invoice from last month',
    'we have a piano / two beds and ~ a wardrobe',
    'because um ~ the lift is too small',
    'can you tell me / what the price is',
    'i need a table / four chairs / a lamp and ~ a desk',
    'it is broken',
    'the driver came / but he did not ring the bell',
    'if it rains tomorrow / we would rather wait',
    'i want to cancel my booking please',
    'that is all i wanted to know',
    'well / the kitchen is on the third floor / and the bedroom is above it',
    'my daughter will be there / she has the keys',
    'i do not know what it is called',
    'could you send me ~ a confirmation',
    'we are moving from ~ a small flat / to a house in the country',
    'the door is on the left side of the building',
    'i think / we need about twenty boxes',
  ],
  numberLeads: ['', 'it is /', 'my number is ~', 'sure / it is', "okay it's um ~"],
  nameLeads: ['', 'it is {name} / spelled', '{name} /', 'my last name is /', 'that is {name} ~'],
};

/** What the bench judges by: no voice, template, name, street, town, host or seed of the other. */
export const JUDGED: TurnSources = {
  name: 'judged',
  seed: 51_203,
  voices: [
    { by: 'person', folder: 'en_US_f_Allison' },
    { by: 'person', folder: 'it_IT_m_Carlo' },
    { by: 'flite', voice: 'rms' },
    { by: 'flite', voice: 'awb' },
    { by: 'espeak', voice: 'en-gb-scotland+f3' },
    { by: 'espeak', voice: 'en-us+m7' },
  ],
  names: list(
    'walker, schmidt, oconnor, tanaka, petrov, silva, jensen, moretti, abbott, quinn, zimmerman, lee',
  ),
  streets: list(
    'church lane, park avenue, washington boulevard, elm road, station road, tenth street, hill drive',
  ),
  towns: list('madison, oxford, arlington, newton, clinton, bristol'),
  hosts: list('hotmail dot com, university dot edu, bluebird dot net, village dot org, bakery dot co dot uk'),
  yesNo: [
    'yeah',
    'nope',
    'yes it is',
    'no / that is not what i said',
    'sure / go ahead',
    'well ~ yes',
    'yes / and there is a second one as well',
    'no thanks',
    'exactly',
    "i don't think so",
  ],
  choices: [
    'the morning',
    'er ~ the afternoon please',
    'the small van / with a driver',
    'wednesday',
    'the one on the ~ right hand side',
    'i will take the express delivery',
  ],
  open: [
    'my heating has stopped working',
    'i am phoning because / the parcel was damaged',
    'the parcel was damaged / when it got here',
    'i was wondering whether ~ you could come a bit earlier',
    'we ordered a sofa / two armchairs and ~ a small shelf',
    'there is a ~ strange noise in the engine',
    'could someone call me back / this afternoon',
    'so um ~ it started on sunday / and it has got worse since',
    'when i open the page / it says that my account is locked',
    'that is what i was looking for',
    'i forgot my password',
    'you sent me the wrong size / i asked for a medium',
    'the invoice is for ~ two hundred dollars / but i paid that already',
    'no one was there to meet us',
    'i would rather have ~ a window seat',
    'my mother is ninety / so she cannot climb the stairs',
    'please tell the doctor / that i will be late',
    "it should be under my wife's name",
    'we will need the van for ~ three days / maybe four',
    'thanks that was very helpful',
    'is there any chance of ~ a refund',
    'he said / that somebody would ring me',
  ],
  numberLeads: ['', "that's /", 'the number is ~', 'yes / that would be', 'hang on um ~'],
  nameLeads: ['', "{name} that's /", 'my surname is {name} ~', 'of course /', "i'll spell it ~"],
};
