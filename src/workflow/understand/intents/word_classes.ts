const wordsOf = (text: string): readonly string[] => text.split(' ');

/** Words that patterns name as one: "@person" is any of them. Without apostrophes, as `normalise.ts` leaves words. */
export const CLASSES: Readonly<Record<string, readonly string[]>> = {
  // These three and `denial` have a meaning of their own: see `pattern.ts`.
  colour: wordsOf(
    'please kindly really very fucking fuckin motherfucking freaking frickin damn damned goddamn bloody ever even ' +
      'actually quite simply dear honey sweetheart sir maam buddy hell seriously literally',
  ),
  lead: wordsOf(
    'no yes yeah oh hey hi hello wait look listen hold on now then sorry and but hang up whoa yo excuse me god ' +
      'i said um thanks sure right ma nope',
  ),
  tail: wordsOf(
    'please thanks thank you dear honey sweetheart sir maam miss buddy man bro dude pal darling love now then ' +
      'right here there already sorry bye goodbye young son hon',
  ),
  denial: wordsOf(
    'dont not never didnt wouldnt neednt doesnt isnt arent wont shouldnt mustnt wasnt havent hasnt nobody without nor',
  ),

  me: wordsOf('me us my our this here hear the these'),
  self: wordsOf('me us him her them my our this that these his their'),
  off: wordsOf('off of out from form'),
  list: wordsOf(
    'list lists database system systems records record files file registry rolodex computer books roll',
  ),
  takeOff: wordsOf(
    'take taking taken get scratch cross strike scrub knock pull keep wipe bump drop remove delete erase',
  ),
  erase: wordsOf('remove removed delete deleted erase purge lose forget block scrub wipe expunge drop'),
  call: wordsOf(
    'call calls contact phone ring bother text dial telephone email message solicit robocall pester disturb',
  ),
  calling: wordsOf(
    'calling phoning contacting ringing bothering harassing texting messaging dialing soliciting pestering bugging ' +
      'spamming robocalling annoying telephoning disturbing hounding',
  ),
  calls: wordsOf(
    'calls texts communications communication solicitations solicitation contact robocalls messages',
  ),
  called: wordsOf('called contacted phoned texted solicited bothered disturbed messaged'),
  stop: wordsOf('stop stops stopped quit cease discontinue halt stopping refrain desist end'),

  det: wordsOf('a an the some any another one your this that'),
  kind: wordsOf(
    'real live actual human living breathing other different nice licensed senior competent proper genuine flesh ' +
      'customer service sales claims claim billing insurance support account accounts department care supervisor manager',
  ),
  person: wordsOf(
    'person persons human humans representative representatives rep reps agent agents operator manager supervisor ' +
      'specialist advisor adviser associate attendant being body receptionist boss staff superior teller',
  ),
  anyPerson: wordsOf(
    'person persons human humans representative representatives rep reps agent agents operator manager supervisor ' +
      'specialist advisor adviser associate attendant being body receptionist boss staff superior teller someone ' +
      'somebody anyone anybody people adjuster broker underwriter colleague individual lady gentleman guy man woman ' +
      'member team department billing claims sales support service department counselor one else real salesperson ' +
      'technician office dispatcher',
  ),
  machine: wordsOf(
    'machine machines robot robots computer computers bot bots recording recordings ai automated thing',
  ),

  fast: wordsOf('fast quick quickly rapid rapidly rushed speedy faster'),
  slow: wordsOf('slow slower slowly slowlier'),
  talk: wordsOf('talk talking speak speaking say saying go going read reading spoke move moving'),

  language: wordsOf(
    'spanish espanol french francais german deutsch italian portuguese mandarin cantonese chinese vietnamese korean ' +
      'japanese russian ukrainian polish arabic hindi urdu punjabi bengali tagalog filipino creole haitian greek ' +
      'hebrew turkish farsi persian somali swahili thai dutch armenian khmer hmong lao romanian english nepali ' +
      'gujarati amharic albanian serbian bosnian croatian hungarian czech swedish norwegian danish finnish',
  ),
  languageEnd: wordsOf(
    'please speaker speakers speaking interpreter translator line option instead if because i is or for there only ' +
      'person agent representative rep service support menu and thank thanks then too maybe possible possibly',
  ),

  fool: wordsOf(
    'idiot idiots moron morons asshole assholes bitch bitches bastard bastards jerk jerks scum loser losers pig pigs ' +
      'creep creeps dumbass dipshit prick dick dickhead cunt whore slut crook crooks thief thieves liar liars fraud ' +
      'frauds scammer scammers fool imbecile retard retards retarded trash garbage motherfucker motherfuckers shit ' +
      'bullshitter bullshitters cheat cheats criminal criminals douche douchebag douchebags jackass vermin parasite ' +
      'scumbag scumbags dirtbag dirtbags lowlife lowlifes sleazebag sleaze weirdo freak freaks dummy numbskull nitwit swine skank ' +
      'bozo bozos buffoon dimwit dunce bloodsucker bloodsuckers leech leeches vultures predators sob wanker twat arsehole arseholes ' +
      'parasites shithead con clown clowns',
  ),
  foolish: wordsOf(
    'stupid dumb useless worthless idiotic pathetic disgusting retarded moronic incompetent brainless rotten filthy',
  ),
  insulting: wordsOf(
    'a an the all are bunch of such complete total big stupid dumb worthless piece nothing but people guys lying ' +
      'thieving little lousy rotten dirty filthy miserable useless pathetic goddamn damn fucking bloody ugly old ' +
      'disgusting just whole pack absolute utter freaking is both real effing fat and joke only filthy sorry rude ignorant arrogant',
  ),

  now: wordsOf('$ now right help please hurry oh and i he she hes shes im we they theres come send'),
  kin: wordsOf(
    'husband wife mother father mom dad son daughter baby kid child brother sister grandma grandpa grandmother ' +
      'grandfather friend roommate neighbor mama papa boy girl',
  ),
  place: wordsOf(
    'house home kitchen building apartment car garage truck stove oven room bedroom basement roof place something ' +
      'everything engine couch bed trailer barn attic van',
  ),
  injury: wordsOf('stroke seizure overdose convulsion convulsions seizures'),

  card: wordsOf('card visa mastercard amex discover'),
  brand: wordsOf('visa mastercard amex discover credit debit'),
  otherCard: wordsOf(
    'insurance medicare medicaid id member membership library health rewards loyalty report business green score ' +
      'birthday sim identification student punch greeting christmas playing new group subscriber',
  ),
};
