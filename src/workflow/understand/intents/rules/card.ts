import type { IntentRules } from '../types.ts';

/**
 * The number or the code of a payment card is being told, or will be at once: the recording must not have it. The
 * last four digits may be kept (PCI DSS 3.4), so they are none. Runs of digits are judged in `card_digits.ts`.
 */
export const CARD: IntentRules = {
  intent: 'cardAboutToBeSpoken',
  says: [
    [
      0.97,
      [
        'my|the|this|our|a credit|debit|visa|mastercard|amex|bank|payment|discover card? number|numbers|no',
        'credit|debit|bank card number|numbers',
      ],
    ],
    [
      0.95,
      [
        'card number|numbers *1 is|its|was|reads|starts|begins|now|$|#',
        'card number|numbers|details|info|information *2 #',
        'car number is|its #',
        'my|heres|the|this card number|numbers|details|info|information',
        'number|numbers|digits of|on|off|from *2 @card',
        'give|read|tell|provide|have|take|giving|get|share|need|want|ready *5 card number|numbers|details|information|info',
        'give|read|giving|reading|dictate *4 @card $|out|ready|here|now|its|so|and|for|from|right|you|hold|to|over',
        'provide *3 credit|debit card',

        'long number on|across *1 front|card',
        '@card *1 heres|here *2 number|numbers',
        'cvv|cvc|csc|cvn *1 is|#|code|number|its|numbers',
        'security|verification code|number *3 is|#|its',
        'code|digits|numbers|number on|from *1 back',
        '@card starts|begins with|on|in?',
        '@card *4 starts|begins with #',
      ],
    ],
    [
      0.9,
      [
        'get|grab|getting|grabbing|find|finding|fetch|fetching|pull|dig|go *1 my|the|out|for *3 @card $|out|ready|here|now|its|so|and|for|from|right|you|hold|to|over',
        'get|grab|find|fetch|getting|grabbing my|the *2 wallet|purse|pocketbook|handbag *6 @card|credit|debit',
        'have|got|holding my|the|it *1 @card|credit|debit *2 here|ready|out|handy|right|hand|front',
        '@brand card|credit? *1 # # #',
        '@brand *3 number|numbers *1 is|# #|$',
        '@brand *3 # # # #',
        'card *4 # # # #',
        '@brand *1 # # #',
        'pay|paying|use|put|charge|do *4 @card|credit|debit *2 its|heres|number|starts|the #|number|a|visa|mastercard|amex|numbers',
        'here|heres goes|go|it|we is? *1 # # # #',
        'expiration|expires|expiry|exp|expiring *8 code|cvv|back',
        'three|four|3|4 digit|digits code|security|on',
        'have|got|holding|looking my|the|at the|my? @card|credit|debit *1 in|here|$|it|says|now',
        'full|whole|complete|entire number is|its|# #|is|its|$',
        'heres|here *2 credit|debit|my card information|info|details|number|numbers|$|its',
        'pay|paying|use with|by|my|a|on *2 @card *1 its|heres',
        'ready *4 card number',
      ],
    ],
  ],
  lookAlikes: [
    '@otherCard *1 card|code|number|numbers',
    'security|verification code for|to|of *2 gate|door|alarm|house|building|garage|system|unit',
    'gate|alarm|door|building|garage security|code',
    'ending|ends|end in|with',
    'last|final four|4|digits',
    'keep|have|store|stored|got|saved|save|did|change|update|updated|lost|lose|cancel|cancelled|canceled|stole|stolen|on *3 my|the|your|old|that *2 card number|numbers|info|information|details|on|last|anymore',
    '@card *3 on file',
    'get|getting|got|find a|the|another *1 @card !here|out|ready|now|its|number|so|for',
    'new|old @card',
    'why *5 card number|numbers|info|information|details',
    'social security *1 card|number|code',
    'cards|card on thursday|thursdays',
    'put|charged|charge|paid|pay|used|used *3 @card last|before|already|yesterday',
    'expiration|expires|expiry date|policy on|of|is *1 my|the *1 policy|license|registration|lease',
    'have|got the|my @card|credit|debit in|at *2 wallet|purse|mail|home|car|bag|drawer',
    'got|have the card for|from',
    'four|three digit|digits *1 zip|pin|year|policy',
    'credit|debit score|limit|rating|report|union|history|check|line|bureau|freeze|balance',
    'card|visa|mastercard|amex|discover card? application|rewards|points|balance|limit|apr|rate|bill|statement|company|reader|offer|declined|was|got|payment',
    'cant|couldnt|where|how *4 find|get|use',
    'number|numbers of|on my|the business|library|insurance|medicare',
  ],
  isReportable: true,
};
