import type { IntentRules } from '../types.ts';

/** Another language for this call, from now on. Languages that are only talked about are none. */
export const LANGUAGE_SWITCH: IntentRules = {
  intent: 'languageSwitch',
  says: [
    [
      0.97,
      [
        'habla|hablas|hablan|hablo|parlez|parle|sprechen|sprichst|parla|fala|falo',
        'en espanol|francais',
        'switch|change|go|move|put *4 to|into|in @language',
        'switch to|into *1 @language',
      ],
    ],
    [
      0.95,
      [
        'do|does|anyone|anybody|someone|somebody|you|there|person|who|that|agent|representative|operator|could *4 speak|speaks|speaking|talk|talks|spoke|spoken @language',
        'i|we|he|she|they|mother|father|mom|dad|wife|husband|grandmother|parents|only *1 only speak|speaks|know|knows|understand|understands|talk @language',
        'speak|speaks|know|knows|understand|understands|talk|talks *1 @language only',
        'speak|speaks|know|knows|understand|understands only *1 @language',
        'i|he|she dont|doesnt|not|no *1 speak|understand|know *1 english *4 @language',
        'could|can|would|possible|continue|speak|talk|do|conduct|want|wanna|prefer|like|rather|have|need|help|someone|somebody|anyone|proceed|explain|say|hear|conversation *6 in @language',
        '^ *2 in @language $',
        '^ @language|espanol $|please|speaker|interpreter|only|por',
        'have|has|need|needs|want|wants|wanna|got|prefer|like|use|get|request|require *4 @language $|@languageEnd',
        'have|need|want|prefer|get *1 @language *1 $',
        '@language is|would|be *1 possible|available|better|easier|preferred|preferable|best',
        'is|are @language|in? possible|available|@language possible|available',
        'someone|somebody|anyone|anybody|person|agent|representative|rep|interpreter|translator|help|assistance|operator *3 in|speak|speaks|who|that|for|with *1 @language',
        '@language interpreter|translator|speaker|speaking|line|representative|agent|person',
        'back|return to @language',
        'language *4 to|is|be|using|with|as *2 @language',
        'make|set|change|switch|alter|fix|adjust|changing|switching *4 language|languages',
        'respond|answer|reply|chat|converse|communicate *3 in|using @language',
        'using @language',
        'only|start|begin|communicating|speaking|talking *3 in @language',
        'use @language as|please|from|now|$',
        '^ *1 speak|talk @language $|to|please|from|with|now',
        'do you know @language',
        'can|could|may|shall|lets we|i|us? *1 speak|talk|do|use @language',
        'speak|talk in the language',
        'dont|no|not|cant|doesnt|little|never *1 speak|understand|know|talk|have *3 english',
        '^ no|not *1 english',
        'english *2 no|not|bad|poor|isnt|weak|limited *2 good|$|well|great|very',
      ],
    ],
    [
      0.9,
      [
        'want|need|get|have|use|there|could|request|require|with *4 interpreter|translator',
        '^ interpreter|translator $',
        'speak|do|have|use|in|other|switch|prefer|change|talk|any *3 other|another|different|native language|languages|tongue',
        'in|speak my|our *1 own|native|mother *1 language|tongue',
        'in|speak|speaks|speaking|talk|talks|use|know|knows my|our language',
        'option|menu|service|line|version|press for|in @language',
        '@language speaking|speaker|speakers|version|option|menu',
        'first|main|mother|native language is *1 @language',
        'other|another|different language|languages than|$|available|please',
      ],
    ],
  ],
  lookAlikes: [
    'driver|guy|neighbor|tenant|contractor|mover|man|lady|woman *2 only|didnt|doesnt|dont|no *1 speak|spoke|speaks|understand *1 @language',
    'only spoke @language',
    'say that|it|this in english',
    'plain|simple english',
    'how|whats|what|word|translate|translation|mean *8 in|into|to @language',
    'say !it|that|this *6 in @language',
    'in english|french|spanish|german|italian|greek|chinese class|school|canada|restaurant|fork|town|history|literature|college',
    '@language door|doors|shepherd|style|restaurant|food|oak|maple|drive|street|colonial|car|cars|teacher|class|lessons|bulldog|horn|fries|national|citizen|beer|wine|market|made|built|architecture|roof|tile',
    'learning|learn|study|studies|studied|studying|teach|teaches|taught|took|class *2 @language',
    'i|we|you|she|he *1 speak|speaks|understand|know english',
    'im|am|was|work|as a|an *3 interpreter|translator',
    'english is fine|good|okay|ok|great',
    '@language is fine|my|from',
    'the|a|your @language !interpreter|translator|speaker|speaking|line|option|please|agent|representative|person|if',
  ],
  isReportable: false,
};

/** ISO 639-1; 639-3 for those without. Words of another language than English stand for theirs. */
export const LANGUAGE_CODES: ReadonlyMap<string, string> = new Map(
  (
    'spanish es,espanol es,habla es,hablas es,hablan es,hablo es,french fr,francais fr,parlez fr,parle fr,german de,' +
    'deutsch de,sprechen de,sprichst de,italian it,parla it,portuguese pt,fala pt,falo pt,mandarin zh,chinese zh,' +
    'cantonese yue,vietnamese vi,korean ko,japanese ja,russian ru,ukrainian uk,polish pl,arabic ar,hindi hi,urdu ur,' +
    'punjabi pa,bengali bn,tagalog tl,filipino tl,creole ht,haitian ht,greek el,hebrew he,turkish tr,farsi fa,' +
    'persian fa,somali so,swahili sw,thai th,dutch nl,armenian hy,khmer km,hmong hmn,lao lo,romanian ro,english en,' +
    'nepali ne,gujarati gu,amharic am,albanian sq,serbian sr,bosnian bs,croatian hr,hungarian hu,czech cs,swedish sv,' +
    'norwegian no,danish da,finnish fi'
  )
    .split(',')
    .map(pair => pair.split(' ') as [string, string]),
);
